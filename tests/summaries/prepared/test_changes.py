"""Domains that gained or lost IPv6 from each crawl to the next."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from ipv6matrix.summaries.prepared import changes
from ipv6matrix.summaries.prepared.tables import CHANGES, COMPARISONS
from ipv6matrix.summaries.publication import publish, remove
from ipv6matrix.summaries.rows import DomainPenetration, DomainRow

ONE, TWO, THREE = (dt.date(2023, month, 1) for month in (1, 2, 3))
# Whether each domain has IPv6 in each crawl; None where it was not known.
STATES = {
    "a.de": {ONE: False, TWO: True, THREE: True},
    "b.de": {ONE: True, TWO: True, THREE: False},
    "c.de": {ONE: False, TWO: None, THREE: True},
    "d.de": {TWO: True, THREE: False},
}
FROM_ONE_TO_TWO = [(TWO, "a.de", "DE", 1)]
FROM_TWO_TO_THREE = [(THREE, "b.de", "DE", 0), (THREE, "d.de", "DE", 0)]
FROM_ONE_TO_THREE = [(THREE, "a.de", "DE", 1), (THREE, "b.de", "DE", 0), (THREE, "c.de", "DE", 1)]


def write(database, date, *, otherwise=False):
    rows = [DomainPenetration(date=date, country="DE", tld="de", domains=4)]
    for domain, states in STATES.items():
        if date in states:
            six = not states[date] if otherwise and states[date] is not None else states[date]
            rows.append(DomainRow(date=date, domain=domain, country="DE", mx_hosts6=six or 0, unknown=six is None))
    publish(database, date, rows)


def found(database):
    with database.read() as connection:
        return [tuple(row) for row in connection.execute(select(CHANGES).order_by(CHANGES.c.date, CHANGES.c.domain))]


def compared(database):
    with database.read() as connection:
        return dict(map(tuple, connection.execute(select(COMPARISONS))))


@pytest.mark.parametrize("order", [(ONE, TWO, THREE), (THREE, TWO, ONE), (ONE, THREE, TWO)])
def test_each_crawl_is_compared_with_the_one_before(new_database, order):
    """
    In whatever order they are written; what was not known both times, or not asked, is no change.
    """
    database = new_database()
    for date in order:
        write(database, date)

    assert FROM_ONE_TO_TWO + FROM_TWO_TO_THREE == found(database)
    assert {TWO: ONE, THREE: TWO} == compared(database)


def test_a_crawl_that_goes_leaves_its_neighbours_compared(new_database):
    """
    The later one with the earlier one.
    """
    database = new_database()
    for date in (ONE, TWO, THREE):
        write(database, date)
    with database.write() as connection:
        remove(connection, TWO)

    assert FROM_ONE_TO_THREE == found(database)
    assert {THREE: ONE} == compared(database)


def test_a_crawl_that_is_replaced_is_compared_anew(new_database):
    """
    With the one before, and the one after with it.
    """
    database = new_database()
    for date in (ONE, TWO, THREE):
        write(database, date)
    write(database, TWO, otherwise=True)

    assert [(TWO, "b.de", "DE", 0), (THREE, "a.de", "DE", 1)] == found(database)


def test_comparisons_that_are_missing_are_told(new_database):
    """
    A date that was not compared, and one that was compared with another than the one before.
    """
    database = new_database()
    for date in (ONE, TWO, THREE):
        write(database, date)
    with database.write() as connection:
        assert [set()] == list(changes.differences(connection))
        connection.execute(COMPARISONS.update().where(COMPARISONS.c.date == THREE).values(before=ONE))
        assert [{THREE}] == list(changes.differences(connection))
        assert [False, True] == [changes.are_of(connection, before, THREE) for before in (TWO, ONE)]
        changes.remove(connection, TWO)
        assert [{TWO, THREE}] == list(changes.differences(connection))
