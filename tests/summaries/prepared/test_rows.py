"""Questions answered from columns."""

from __future__ import annotations

from random import Random

import pytest

from ipv6matrix.summaries.prepared import columns
from ipv6matrix.summaries.prepared.figures import Slice
from ipv6matrix.summaries.prepared.resources import FIGURES
from ipv6matrix.summaries.prepared.rows import rows
from ipv6matrix.summaries.publication import publish
from ipv6matrix.summaries.rows import DomainPenetration, HostData
from ipv6matrix.web.figures import number, sums
from ipv6matrix.web.v1.resources import HOSTS, PENETRATION, REACHABLE
from tests.summaries.sample_rows import DATE, LATER
from tests.web import summaries

ALL = {**FIGURES, "v1 hosts": HOSTS, "v1 reach": REACHABLE, "v1 penetration": PENETRATION}
COUNTRY, TLD, KIND = {"country": ["GB"]}, {"tld": ["de", "com"]}, {"type": ["WWW", "MX"]}
ONLY = [{}, COUNTRY, TLD, KIND, COUNTRY | TLD, TLD | KIND, COUNTRY | KIND, COUNTRY | TLD | KIND, TLD | {"type": ["NS"]}]


@pytest.fixture
def database(new_database, monkeypatch):
    """Hold a few crawls whose parts are all there, however small."""
    monkeypatch.setattr(columns, "LEAST", 1)
    made = new_database()
    for date in summaries.DATES:
        publish(made, date, [row for row in summaries.ROWS if row.date == date])
    return made


def told(figures, names, values):
    """Make a row comparable: ratios of six digits, figures of three."""
    return tuple(number(value, 6 if name in figures.ratios else 3) for name, value in zip(names, values, strict=True))


def by_rows(connection, figures, asked):
    found = connection.execute(sums(figures, asked, prepared=False))
    names = list(found.keys())
    return [dict(zip(names, told(figures, names, row), strict=True)) for row in found]


def by_columns(connection, figures, asked):
    found = rows(connection, figures, asked, summaries.DATES)
    if found is None:
        return None
    plain = found.to_pylist()
    dated = [{**row, "date": summaries.DATES[row["date"]]} for row in plain]
    return [dict(zip(row, told(figures, row, row.values()), strict=True)) for row in dated]


@pytest.mark.parametrize("resource", ALL)
def test_columns_give_the_sums_of_the_rows(database, resource):
    """
    For every group and filter, in the same order; questions that are quicker by rows have no answer.
    """
    figures, random = ALL[resource], Random(7)
    answered = 0
    with database.read() as connection:
        for group in (None, *figures.groups):
            for words in ONLY:
                only = {name: those for name, those in words.items() if name in figures.table.c}
                asked = Slice(group=group, only=only, least=random.choice([0, 0, 40]))
                if (found := by_columns(connection, figures, asked)) is not None:
                    assert by_rows(connection, figures, asked) == found
                    assert group is not None and group not in asked.filters
                    answered += 1
    assert answered >= len(figures.groups)


def test_a_part_that_is_not_there_has_no_answer(database, monkeypatch):
    """
    A TLD that a crawl has few rows of, or none: no figure is left out.
    """
    monkeypatch.setattr(columns, "LEAST", 100)
    publish(database, summaries.DATES[1], [row for row in summaries.ROWS if row.date == summaries.DATES[1]])
    asked = Slice(group="country", only={"tld": ["de"]})

    with database.read() as connection:
        assert rows(connection, HOSTS, asked, summaries.DATES) is None
        assert rows(connection, HOSTS, asked, [summaries.DATES[0]]) is not None
        assert rows(connection, HOSTS, Slice(group="country", only={"tld": ["none"]}), summaries.DATES) is None


def test_many_parts_are_read_as_rows(database):
    """
    A list of a thousand TLDs would be a thousand parts of each crawl.
    """
    asked = Slice(group="country", only={"tld": [f"tld{number}" for number in range(9)]})

    with database.read() as connection:
        assert rows(connection, HOSTS, asked, summaries.DATES) is None


def test_a_date_without_any_row_of_a_table_has_none(new_database):
    """
    As of a crawl that measured nothing but names; the others have theirs.
    """
    database = new_database()
    publish(database, DATE, [DomainPenetration(date=DATE, country="DE", tld="de", domains=1)])
    publish(database, LATER, [HostData(date=LATER, country="DE", tld="de", type="NS", hosts=3)])

    with database.read() as connection:
        found = rows(connection, FIGURES["hosts"], Slice(group="tld"), [DATE, LATER])

    assert [{"date": 1, "hosts": 3, "hosts6": 0, "tld": "de"}] == found.to_pylist()
