"""Domains by whether they have IPv6."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from ipv6matrix.summaries.prepared import states
from ipv6matrix.summaries.prepared.tables import LISTED, STATES
from ipv6matrix.summaries.publication import publish, remove
from ipv6matrix.summaries.rows import DomainPenetration, DomainRow

DATE, LATER = dt.date(2023, 1, 1), dt.date(2023, 2, 1)
# Six without IPv6, two with it, two of which it is not known: a fifth each.
FIGURES = {f"{letter}.de": {} for letter in "abcdef"}
FIGURES |= {"g.de": {"ns_hosts6": 1}, "h.fr": {"www_hosts6": 2, "unknown": 1}, "i.de": {"unknown": 1}}


def write(database, date, figures):
    rows = [DomainPenetration(date=date, country="DE", tld="de", domains=len(figures))]
    rows += [
        DomainRow(date=date, domain=name, country=name.rpartition(".")[2].upper(), **given)
        for name, given in figures.items()
    ]
    publish(database, date, rows)


def found(database, table):
    with database.read() as connection:
        return [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns))]


def test_few_are_listed_and_many_are_counted(new_database):
    """
    Up to a fifth of all; each with its country.
    """
    database = new_database()
    write(database, DATE, FIGURES | {"j.de": {"unknown": 2}})

    assert [(DATE, "no", 6, 0), (DATE, "unknown", 2, 1), (DATE, "yes", 2, 1)] == found(database, STATES)
    assert [
        (DATE, "unknown", "i.de", "DE"),
        (DATE, "unknown", "j.de", "DE"),
        (DATE, "yes", "g.de", "DE"),
        (DATE, "yes", "h.fr", "FR"),
    ] == found(database, LISTED)


def test_more_than_a_fifth_are_not_listed(new_database):
    """
    Two of nine are more.
    """
    database = new_database()
    write(database, DATE, FIGURES)

    with database.read() as connection:
        listed = [states.are_listed(connection, DATE, state) for state in ("yes", "no", "unknown")]
    assert [False, False, True] == listed


@pytest.mark.parametrize("figures", [{}, {"a.de": {}}])
def test_each_date_is_written_once_and_goes_as_a_whole(new_database, figures):
    """
    Also one that has no domain; another in its place leaves nothing of it, and another date is left alone.
    """
    database = new_database()
    write(database, LATER, FIGURES)
    before = found(database, STATES), found(database, LISTED)
    write(database, DATE, FIGURES)
    write(database, DATE, figures)
    with database.write() as connection:
        assert not any(states.differences(connection))
        remove(connection, DATE)
        assert not any(states.differences(connection))

    assert before == (found(database, STATES), found(database, LISTED))
