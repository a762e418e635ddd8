"""
Compares a crawl with the previous one: totals, and sudden changes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from sqlalchemy import Column, Connection, Table, func, select

from ipv6matrix.summaries.database import Database
from ipv6matrix.summaries.publication import count
from ipv6matrix.summaries.staging import dates
from ipv6matrix.summaries.tables import DOMAIN_PENETRATION, HOST_DATA, METADATA, REACHABILITY

# Where fewer hosts are, a single operator who moves makes a leap.
FLOOR: Final = 100
# Losing half of the hosts is a leap, and so is a change of the IPv6 share: by this
# much of a country's or TLD's hosts, by that much of all.
LOSS: Final = 0.5
LEAP: Final = 0.2
LEAP_OF_ALL: Final = 0.05
_ALL: Final = "all hosts"


class Hosts(NamedTuple):
    """Hosts of a country or TLD."""

    hosts: int
    known: int
    "Hosts of which it is known whether they have IPv6."
    six: int
    "Those that have."

    @property
    def share(self) -> float:
        return self.six / self.known if self.known else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The totals of one date."""

    date: dt.date
    rows: Mapping[str, int]
    "By table."
    totals: Mapping[str, int]
    "By the name of the figure."
    groups: Mapping[str, Hosts]
    "By `country DE`, `TLD de`, and `all hosts`."


def look(staging: Database, live: Database, date: dt.date) -> tuple[Figures, Figures | None]:
    """
    Sum up a date in staging, and the last one before it that is live, if there is one.

    Raises ExportError. Changes nothing.
    """
    with staging.read() as connection:
        now = figures(connection, date)
    if not live.has_tables():
        return now, None
    with live.read() as connection:
        earlier = [other for other in dates(connection) if other < date]
        return now, figures(connection, earlier[-1]) if earlier else None


def figures(connection: Connection, date: dt.date) -> Figures:
    """Sum a date up."""
    return Figures(
        date=date,
        rows={table.name: count(connection, table, date) for table in METADATA.sorted_tables},
        totals=dict(_totals(connection, date)),
        groups=dict(_groups(connection, date)),
    )


def leaps(before: Figures, now: Figures) -> list[str]:
    """Return what should be looked at before a crawl goes live."""
    lost = [
        f"{table}: {rows:,} rows before, now none"
        for table, rows in before.rows.items()
        if rows and not now.rows[table]
    ]
    return lost + [leap for name in before.groups for leap in _leaps(name, before, now)]


def _leaps(name: str, before: Figures, now: Figures) -> Iterator[str]:
    old, new = before.groups[name], now.groups.get(name, Hosts(0, 0, 0))
    if old.hosts < FLOOR:
        return
    if new.hosts <= old.hosts * (1 - LOSS):
        yield f"{name}: {old.hosts:,} hosts before, now {new.hosts:,}"
    elif abs(old.share - new.share) >= (LEAP_OF_ALL if name == _ALL else LEAP):
        yield f"{name}: IPv6 on {old.share:.0%} of the hosts before, now on {new.share:.0%}"


_TOTALS: Final = {
    "domains": DOMAIN_PENETRATION.c.domains,
    "domains with IPv6": DOMAIN_PENETRATION.c.domains6,
    "hosts": HOST_DATA.c.hosts,
    "hosts with IPv4 only": HOST_DATA.c.hosts4,
    "hosts with IPv6 only": HOST_DATA.c.hosts6,
    "dual-stack hosts": HOST_DATA.c.dualstack,
    "hosts not known": HOST_DATA.c.unknown,
    "hosts that answer pings over both": HOST_DATA.c.pinghosts,
    "hosts reached by traces over both": HOST_DATA.c.pathhosts,
    "services open over IPv4": REACHABILITY.c.reach4,
    "services open over IPv6": REACHABILITY.c.reach6,
}


def _totals(connection: Connection, date: dt.date) -> Iterator[tuple[str, int]]:
    for table in (DOMAIN_PENETRATION, HOST_DATA, REACHABILITY):
        columns = {name: column for name, column in _TOTALS.items() if column.table is table}
        sums = connection.execute(select(*map(func.sum, columns.values())).where(table.c.date == date)).one()
        yield from ((name, int(value or 0)) for name, value in zip(columns, sums, strict=True))


def _groups(connection: Connection, date: dt.date) -> Iterator[tuple[str, Hosts]]:
    table: Table = HOST_DATA
    sums = [
        func.sum(expression)
        for expression in (table.c.hosts, table.c.hosts - table.c.unknown, table.c.hosts6 + table.c.dualstack)
    ]
    everywhere = connection.execute(select(*sums).where(table.c.date == date)).one()
    yield _ALL, Hosts(*(int(value or 0) for value in everywhere))
    column: Column[str]
    for word, column in (("country", table.c.country), ("TLD", table.c.tld)):
        query = select(column, *sums).where(table.c.date == date).group_by(column).order_by(column)
        yield from ((f"{word} {name}", Hosts(*map(int, values))) for name, *values in connection.execute(query))
