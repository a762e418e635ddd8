"""Which data are there, and how a change is noticed."""

from __future__ import annotations

import dataclasses

import pytest
from sqlalchemy import update

from ipv6matrix.summaries import totals
from ipv6matrix.summaries.database import Database
from ipv6matrix.summaries.publication import publish
from ipv6matrix.summaries.rows import HostData
from ipv6matrix.summaries.tables import REACHABILITY
from ipv6matrix.web import edition as editions
from ipv6matrix.web.database import Summaries
from ipv6matrix.web.edition import Edition, edition
from tests.web import summaries
from tests.web.summaries import DATES, ROWS


@pytest.fixture
def url(tmp_path):
    return summaries.sqlite(tmp_path)


@pytest.fixture
def read(url):
    """Give the edition, through connections that stay open."""
    reading = Summaries(url)

    def now():
        with reading.connect() as connection:
            return edition(connection)

    yield now
    reading.close()


def test_dates_are_those_of_the_crawls(read):
    """
    The earliest first.
    """
    assert DATES == read().dates


def test_what_does_not_change_is_not_read_again(read, monkeypatch):
    """
    A connection that has seen the data remembers them.
    """
    first = read()
    monkeypatch.setattr(editions, "_read", None)

    assert first == read()


@pytest.mark.parametrize("field", ["unknown", "ping6"])
def test_one_figure_makes_another_edition(read, url, field):
    """
    A crawl that is put in the place of another changes the tag, at once.
    """
    before = read()
    rows = [row for row in ROWS if row.date == DATES[0]]
    first = next(number for number, row in enumerate(rows) if isinstance(row, HostData))
    rows[first] = dataclasses.replace(rows[first], hops6=999, **{field: 77})
    with Database(url) as database:
        publish(database, DATES[0], rows)

    assert before.dates == read().dates
    assert before.tag != read().tag


def test_a_database_without_totals_has_an_edition_too(read, url):
    """
    Its dates are the same; that sums have to be added up is known. Its tag changes with a figure likewise.
    """
    with_totals = read()
    with Database(url) as database, database.write() as connection:
        totals.METADATA.drop_all(connection)
    without = read()
    with Database(url) as database, database.write() as connection:
        connection.execute(update(REACHABILITY).where(REACHABILITY.c.date == DATES[1]).values(reach6=77))
    changed = read()

    assert [True, False, False] == [found.has_totals for found in (with_totals, without, changed)]
    assert {DATES} == {found.dates for found in (with_totals, without, changed)}
    assert len({found.tag for found in (with_totals, without, changed)}) == 3


def test_a_crawl_that_is_written_again_is_another_edition(read, url):
    """
    Though no total tells it apart: a domain may be another.
    """
    before = read()
    with Database(url) as database:
        publish(database, DATES[0], [row for row in ROWS if row.date == DATES[0]])

    assert before.dates == read().dates
    assert before.tag != read().tag


def test_all_connections_to_a_server_share_one_edition(mariadb_url, monkeypatch):
    """
    It is worked out once.
    """
    reading = Summaries(mariadb_url)
    with reading.connect() as connection:
        first = edition(connection)
    monkeypatch.setattr(editions, "_read", None)
    monkeypatch.setattr(editions, "_version", lambda connection: editions._KNOWN[connection.engine][0])
    with reading.connect() as one, reading.connect() as other:
        assert [first, first] == [edition(one), edition(other)]
    reading.close()


def test_entity_tags_tell_answers_apart():
    """
    Another path, another form or another edition is another tag; the parts cannot run into one another.
    """
    one, two = Edition((), "one"), Edition((), "two")

    tags = [one.etag("/a", "b"), one.etag("/ab", ""), one.etag("/a", "b", ""), two.etag("/a", "b"), one.etag("\udcff")]

    assert len(tags) == len(set(tags))
    assert all(tag.startswith('W/"') for tag in tags)
