"""Long answers, written with each crawl."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from ipv6matrix.summaries.prepared import columns, deflate, pieces, texts
from ipv6matrix.summaries.prepared.resources import FIGURES
from ipv6matrix.summaries.prepared.tables import PIECES
from ipv6matrix.summaries.publication import publish
from ipv6matrix.summaries.rows import HostData
from tests.summaries.sample_rows import DATE, LATER

ROWS = [
    HostData(date=DATE, country=country, tld=tld, type="WWW", hosts=number, dualstack=1)
    for number, (country, tld) in enumerate([("DE", "de"), ("DE", "com"), ("US", "com")], 1)
]


@pytest.fixture
def database(new_database, monkeypatch):
    """Hold one crawl, of which every country that has two TLDs is worth a piece."""
    monkeypatch.setattr(columns, "LEAST", 2)
    monkeypatch.setattr(pieces, "LEAST", 2)
    made = new_database()
    publish(made, DATE, ROWS)
    return made


@pytest.mark.parametrize(
    ("country", "expected"),
    [
        ("", {"com": {"hosts": 5, "hosts6": 2}, "de": {"hosts": 1, "hosts6": 1}}),
        ("DE", {"com": {"hosts": 2, "hosts6": 1}, "de": {"hosts": 1, "hosts6": 1}}),
    ],
)
def test_a_piece_is_what_a_date_contributes(database, country, expected):
    """
    Of all countries, or of one.
    """
    with database.read() as connection:
        found = pieces.find(connection, "hosts", country, "json", [DATE])

    assert f'"{DATE}":{json.dumps(expected, separators=(",", ":"))}' == deflate.plain(found).decode()


def test_every_resource_by_tld_has_pieces_in_every_form(database):
    """
    Of all countries, and of those with many TLDs.
    """
    with database.read() as connection:
        found = {tuple(row) for row in connection.execute(select(PIECES.c.resource, PIECES.c.country, PIECES.c.form))}

    of_hosts = ("hosts", "dualstack", "ping", "path")
    assert {(name, country, form) for name in of_hosts for country in ("", "DE") for form in texts.FORMS} == found


@pytest.mark.parametrize(
    ("country", "dates"), [("US", [DATE]), ("", [DATE, LATER]), ("", [])], ids=["few", "later", "none"]
)
def test_what_is_not_all_there_is_not_found(database, country, dates):
    """
    A country with few TLDs, a date without pieces, no date at all.
    """
    with database.read() as connection:
        assert pieces.find(connection, "hosts", country, "json", dates) is None


def test_pieces_of_another_version_are_none(database, monkeypatch):
    """
    Text that a version before wrote is neither sent nor taken for complete.
    """
    monkeypatch.setattr(pieces, "tag", lambda: "another")

    with database.read() as connection:
        assert pieces.find(connection, "hosts", "", "json", [DATE]) is None
        assert {DATE} in list(pieces.differences(connection))


def test_the_tag_is_one_of_what_is_written(monkeypatch):
    """
    Another way of writing has another.
    """
    before = pieces.tag()
    pieces.tag.cache_clear()
    assert before == pieces.tag()
    monkeypatch.setitem(texts.FORMS, "csv", texts.FORMS["html"])
    pieces.tag.cache_clear()
    assert before != pieces.tag()
    pieces.tag.cache_clear()


def test_names_stand_in_the_order_of_2022():
    """
    The group last; a country by its own path before the figures.
    """
    assert ["date", "hosts", "hosts6", "tld"] == pieces.names(FIGURES["hosts"], "tld")
    assert ["date", "hosts", "hosts6"] == pieces.names(FIGURES["hosts"], None)
    assert ["date", "country", "hosts"] == pieces.names(FIGURES["country"], "country", "country")[:3]
