"""Parts of sorted lists, from prepared columns."""

from __future__ import annotations

import pytest

from ipv6matrix.summaries.prepared import columns
from ipv6matrix.web import edition as editions
from ipv6matrix.web.database import Summaries
from ipv6matrix.web.edition import edition
from ipv6matrix.web.figures import Slice
from ipv6matrix.web.v1 import figures as asked_figures
from ipv6matrix.web.v1.resources import HOSTS
from ipv6matrix.web.v1.sorting import part
from tests.web import client, summaries
from tests.web.v1.asking import ask

QUESTIONS = [
    f"/hosts?group={group}&limit=7&offset={offset}&sort={sort}{rest}"
    for group, rest in [("tld", ""), ("country", "&least=60"), ("type", "&tld=de,com"), ("tld", "&country=GB")]
    for offset in (0, 5, 1000)
    for sort in ("date", "-date", "-hosts", "ping_ratio", "-ipv6_share", group, f"-{group}")
]


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "LEAST", 1)
        return summaries.sqlite(tmp_path_factory.mktemp("sorted"))


async def test_rows_and_columns_give_the_same_parts(url, monkeypatch):
    """
    Of each order, with its ties and what is not known; beyond the end there is nothing.
    """
    async with client.of(url) as quick:
        found = [await ask(quick, question) for question in QUESTIONS]
    monkeypatch.setattr(asked_figures, "part", lambda *_, **__: None)
    async with client.of(url) as plain:
        assert found == [await ask(plain, question) for question in QUESTIONS]


def test_they_come_from_columns(url):
    """
    Where these are there, and only then.
    """
    asked = Slice(group="tld", only={"country": ["GB"]})
    reading = Summaries(url)
    with reading.connect() as connection:
        now = edition(connection)
        found = part(connection, HOSTS, asked, now, sort="-hosts", offset=0, limit=3)
        without = editions.Edition(now.dates, now.tag, has_totals=False, by_table=now.by_table)
        assert part(connection, HOSTS, asked, without, sort="-hosts", offset=0, limit=3) is None
    reading.close()

    assert found is not None
    assert 3 == len(found["hosts"])
    assert sorted(found["hosts"], reverse=True) == found["hosts"]
