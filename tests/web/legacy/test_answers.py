"""Answers of the API of 2022: prepared or not, they are the same."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from itertools import product

import pytest

from ipv6matrix.summaries.database import Database
from ipv6matrix.summaries.prepared import columns, pieces, writing
from ipv6matrix.summaries.prepared.resources import FIGURES
from ipv6matrix.summaries.publication import publish, remove
from ipv6matrix.web.database import Summaries
from ipv6matrix.web.edition import edition
from ipv6matrix.web.legacy import answers
from ipv6matrix.web.legacy.answers import nested, rows
from ipv6matrix.web.legacy.forms import form
from ipv6matrix.web.legacy.questions import Question
from tests.web import client, summaries
from tests.web.legacy import oracle

FILTERS = (
    "",
    "?min-sample=40",
    "?tlds=de",
    "?tlds=com,de,none",
    "?types=www",
    "?types=www,mx",
    "?types=mx,ntp&tlds=com,de",
)
PLACES = ("", "/country-gb")
FIRST, MIDDLE, LAST = summaries.DATES


@pytest.fixture
def connection(sqlite_url):
    reading = Summaries(sqlite_url)
    with reading.connect() as open_one:
        yield open_one
    reading.close()


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (Question(resource="domain", name="a_b.de"), oracle.of_domain("a_b.de")),
        (Question(resource="search", name="site"), oracle.search("site")),
        (Question(resource="domain", name="nowhere"), []),
    ],
    ids=lambda value: getattr(value, "resource", ""),
)
def test_rows_are_those_of_the_question(connection, question, expected):
    """
    Fields stand in their order.
    """
    found = rows(connection, question)

    assert expected == found
    assert [list(row) for row in expected] == [list(row) for row in found]


def test_leaves_are_without_their_keys():
    """
    By date, then by domain; a search is a plain list.
    """
    row = {"date": "d", "domain": "a.de", "n": 1}

    assert {"d": {"a.de": {"n": 1}}} == nested(Question(resource="domain"), [row])
    assert ["a.de"] == nested(Question(resource="search"), [row])


def questions() -> Iterator[str]:
    """Give every resource, group and form; every filter of JSON, which the other forms have from the same rows."""
    for form_word, (resource, figures) in product(("json", "csv", "xml", "html"), FIGURES.items()):
        told = FILTERS if form_word == "json" else FILTERS[:2]
        if resource == "country":
            yield from (f"/{form_word}/country-de{filters}" for filters in told)
            continue
        yield from (f"/{form_word}/{resource}{filters}" for filters in told)
        for group, place, filters in product(figures.groups, PLACES, told):
            yield f"/{form_word}/{resource}/group-{group}{place}{filters}"


def write(url, date, *, keep=lambda row: True):
    with Database(url) as database:
        publish(database, date, [row for row in summaries.ROWS if row.date == date and keep(row)])


def take_away(url, date):
    with Database(url) as database, database.write() as connection:
        remove(connection, date)


# What happens to crawls, one after the other.
EVENTS = {
    "added in the middle": lambda url: write(url, MIDDLE),
    "replaced": lambda url: write(url, MIDDLE, keep=lambda row: getattr(row, "tld", "") != "uk"),
    "removed": lambda url: take_away(url, FIRST),
    "the first again": lambda url: write(url, FIRST, keep=lambda row: getattr(row, "tld", "") == "de"),
}


@pytest.mark.parametrize("kind", ["sqlite", "mariadb"])
async def test_prepared_answers_are_the_same_to_the_octet(kind, request, tmp_path, monkeypatch):
    """
    Whichever crawl was written, replaced or removed; with gzip and without.
    """
    monkeypatch.setattr(columns, "LEAST", 2)
    monkeypatch.setattr(pieces, "LEAST", 2)
    url = request.getfixturevalue("mariadb").url() if kind == "mariadb" else f"sqlite:///{tmp_path / 'matrix.db'}"
    for date in (FIRST, LAST):
        write(url, date)
    # In a few of the orders in which it may happen; the first time many questions, then some others.
    for number, event in enumerate([lambda _: None, *EVENTS.values()]):
        event(url)
        step = 11 if number else 2
        asked = [path for place, path in enumerate(questions()) if place % step == number]
        quick = await answered(url, asked)
        with monkeypatch.context() as patch:
            patch.setattr(writing, "are_complete", lambda _: False)
            assert await answered(url, asked) == quick
        assert 200 in {status for status, _ in quick.values()}


async def answered(url, paths):
    """Ask a new server, of long answers both ways."""
    found = {}
    async with client.of(url) as asking:
        for path in paths:
            plain = await asking.get(path, headers={"Accept-Encoding": "identity"})
            found[path] = (plain.status_code, plain.content)
            if "tld" in path:
                zipped = await asking.get(path, headers={"Accept-Encoding": "gzip"})
                assert plain.content == zipped.content
    return found


@pytest.fixture
def prepared(tmp_path, monkeypatch):
    """Hold crawls of which everything is prepared, and what the server knows of them."""
    monkeypatch.setattr(columns, "LEAST", 2)
    monkeypatch.setattr(pieces, "LEAST", 2)
    reading = Summaries(summaries.sqlite(tmp_path))
    with reading.connect() as connection:
        yield connection, edition(connection)
    reading.close()


@pytest.mark.parametrize(
    ("question", "is_in_pieces"),
    [
        (Question(resource="hosts", group="tld"), True),
        (Question(resource="reach", group="tld", country="GB"), True),
        (Question(resource="hosts", group="tld", country="FR"), False),
        (Question(resource="hosts", group="tld", least=1), False),
        (Question(resource="hosts", group="country"), False),
    ],
    ids=str,
)
def test_long_answers_are_put_together(prepared, question, is_in_pieces):
    """
    By TLD, of all of them; of a country that has many.
    """
    connection, now = prepared

    body = answers.body(connection, question, form("json", None), now)

    assert is_in_pieces == isinstance(body, list)


def test_an_answer_in_pieces_is_one_member_of_gzip(prepared):
    """
    Clients that stop after the first one miss nothing.
    """
    connection, now = prepared
    body = answers.body(connection, Question(resource="hosts", group="tld"), form("csv", None), now)

    lines = gzip.decompress(answers.deflate.gzipped(body)).decode().splitlines()

    assert ["date,hosts,hosts6,tld", len(oracle.figures("hosts", "tld"))] == [lines[0], len(lines) - 1]
