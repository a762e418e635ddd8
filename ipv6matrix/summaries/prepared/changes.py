"""
Domains that gained or lost IPv6 from each crawl to the next: few, where the crawls themselves have all domains.

A domain counts only if it was asked about both times and it is known both times
whether it has IPv6.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import pairwise

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Select, and_, literal, or_, select

from ipv6matrix.summaries import totals
from ipv6matrix.summaries.prepared.ipv6 import has_ipv6, is_unknown
from ipv6matrix.summaries.prepared.tables import CHANGES, COMPARISONS
from ipv6matrix.summaries.tables import DOMAIN_PENETRATION, DOMAINS

Pair = tuple[dt.date, dt.date]

ONE, TWO = DOMAINS.alias("one"), DOMAINS.alias("two")
"The earlier crawl and the later one, in what `between` asks."
GAINED: ColumnElement[bool] = and_(~has_ipv6(ONE), ~is_unknown(ONE), has_ipv6(TWO))
LOST: ColumnElement[bool] = and_(has_ipv6(ONE), ~has_ipv6(TWO), ~is_unknown(TWO))


def between(before: dt.date, after: dt.date) -> Select[tuple[str, str, bool]]:
    """Ask for the domains that changed, with their later country and whether they gained IPv6."""
    return (
        select(TWO.c.domain, TWO.c.country, has_ipv6(TWO).label("gained"))
        .join_from(TWO, ONE, ONE.c.domain == TWO.c.domain)
        .where(ONE.c.date == before, TWO.c.date == after, or_(GAINED, LOST))
    )


def write(connection: Connection, date: dt.date) -> None:
    """Compare a date with its neighbours; where it is gone, these with one another."""
    remove(connection, date)
    for before, after in _pairs(connection):
        if date in (before, after) or not are_of(connection, before, after):
            _compare(connection, before, after)


def remove(connection: Connection, date: dt.date) -> None:
    """Delete what a date was compared with."""
    for table in (CHANGES, COMPARISONS):
        connection.execute(sa.delete(table).where(table.c.date == date))


def are_of(connection: Connection, before: dt.date, after: dt.date) -> bool:
    """Tell whether what is written of the later date is what changed since the earlier one."""
    return connection.scalar(select(COMPARISONS.c.before).where(COMPARISONS.c.date == after)) == before


def differences(connection: Connection) -> Iterator[set[dt.date]]:
    """Give the dates that were not compared with the one before, or that are gone."""
    found = connection.execute(select(COMPARISONS.c.before, COMPARISONS.c.date))
    there = {(before, after) for before, after in found}
    yield {after for _, after in there ^ set(_pairs(connection))}


def _pairs(connection: Connection) -> list[Pair]:
    return [*pairwise(totals.dates(connection, DOMAIN_PENETRATION))]


def _compare(connection: Connection, before: dt.date, after: dt.date) -> None:
    remove(connection, after)
    found = between(before, after).subquery()
    query = select(literal(after), found.c.domain, found.c.country, sa.case((found.c.gained, 1), else_=0))
    connection.execute(sa.insert(CHANGES).from_select(["date", "domain", "country", "gained"], query))
    connection.execute(sa.insert(COMPARISONS).values(date=after, before=before))
