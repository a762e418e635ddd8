"""
Domains by whether they have IPv6: a list of those of which there are few, so that nobody reads a million others.

Where many domains are alike, as many as are asked for are soon found among all; such lists are left out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

import sqlalchemy as sa
from sqlalchemy import Connection, func, literal, select

from ipv6matrix.summaries import totals
from ipv6matrix.summaries.prepared.ipv6 import state_of
from ipv6matrix.summaries.prepared.tables import LISTED, STATES
from ipv6matrix.summaries.tables import DOMAINS

# Share of a crawl's domains up to which they are listed.
MOST: Final = 0.2


def write(connection: Connection, date: dt.date) -> None:
    """Count the domains of a date by state, and list those of rare ones."""
    remove(connection, date)
    query = select(state_of(DOMAINS).label("state"), func.count().label("domains"))
    query = query.where(DOMAINS.c.date == date).group_by("state")
    counts: dict[str, int] = {row.state: row.domains for row in connection.execute(query)}
    for state, count in counts.items():
        is_rare = count <= MOST * sum(counts.values())
        row = {"date": date, "state": state, "domains": count, "is_listed": is_rare}
        connection.execute(sa.insert(STATES).values(row))
        if is_rare:
            _list(connection, date, state)


def remove(connection: Connection, date: dt.date) -> None:
    """Delete what is written of a date."""
    for table in (LISTED, STATES):
        connection.execute(sa.delete(table).where(table.c.date == date))


def are_listed(connection: Connection, date: dt.date, state: str) -> bool:
    """Tell whether the domains of a state are in the list of a date."""
    there = STATES.c
    return bool(connection.scalar(select(there.is_listed).where(there.date == date, there.state == state)))


def differences(connection: Connection) -> Iterator[set[dt.date]]:
    """Give the dates of which nothing is written, or that are gone."""
    yield set(totals.dates(connection, STATES)) ^ set(totals.dates(connection, DOMAINS))


def _list(connection: Connection, date: dt.date, state: str) -> None:
    query = select(literal(date), literal(state), DOMAINS.c.domain, DOMAINS.c.country)
    found = query.where(DOMAINS.c.date == date, state_of(DOMAINS) == state)
    connection.execute(sa.insert(LISTED).from_select([column.name for column in LISTED.c], found))
