"""Which data are there, and how a change is noticed."""

from __future__ import annotations

import dataclasses

import pytest

from ipv6matrix.summaries.database import Database
from ipv6matrix.summaries.publication import publish
from ipv6matrix.summaries.rows import HostData
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


def test_entity_tags_tell_answers_apart():
    """
    Another path, another form or another edition is another tag; the parts cannot run into one another.
    """
    one, two = Edition((), "one"), Edition((), "two")

    tags = [one.etag("/a", "b"), one.etag("/ab", ""), one.etag("/a", "b", ""), two.etag("/a", "b"), one.etag("\udcff")]

    assert len(tags) == len(set(tags))
    assert all(tag.startswith('W/"') for tag in tags)
