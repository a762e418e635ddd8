"""
Prepared sums: what views ask for, added up when a crawl is written.

A table of totals has the columns of its summary table, and before them `level`:
the key columns, beside the date, that tell its rows apart. The others are empty.
Totals are written in the transaction that writes a date, and never by a reader.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from itertools import chain, combinations
from typing import Any, Final
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy import Column, Connection, MetaData, Table, func, select

from ipv6matrix.summaries.tables import DOMAIN_PENETRATION, HOST_DATA, REACHABILITY, STORAGE

METADATA: Final = MetaData()


def keys(table: Table) -> tuple[str, ...]:
    """Name the key columns of a summary table, without the date."""
    return tuple(column.name for column in table.primary_key.columns if column.name != "date")


def level(table: Table, words: Iterable[str]) -> str:
    """Name the level at which the rows of a table differ in these columns."""
    wanted = set(words)
    return " ".join(name for name in keys(table) if name in wanted)


def _of(table: Table) -> Table:
    totals = Table(
        f"{table.name}Totals",
        METADATA,
        Column("level", sa.String(40), primary_key=True),
        *(Column(column.name, _type(column), primary_key=column.primary_key, nullable=False) for column in table.c),
        **STORAGE,
    )
    # One country or a few TLDs over all dates; everything else goes along the key.
    for name in ("country", "tld"):
        sa.Index(f"{totals.name}_{name}", totals.c.level, totals.c[name], totals.c.date)
    return totals


def _type(column: Column[Any]) -> Any:
    return sa.BigInteger() if isinstance(column.type, sa.Integer) else column.type


TOTALS: Final = {table: _of(table) for table in (DOMAIN_PENETRATION, HOST_DATA, REACHABILITY)}
"By summary table."

EDITIONS: Final = Table(
    "Editions",
    METADATA,
    Column("date", sa.Date(), primary_key=True),
    Column("tag", sa.String(32), nullable=False),
    **STORAGE,
)
"A word for each date, another one each time that it is written."


def add_up(connection: Connection, date: dt.date) -> None:
    """Write the totals of a date anew, from the rows that are there."""
    remove(connection, date)
    connection.execute(sa.insert(EDITIONS).values(date=date, tag=uuid4().hex))
    for table, totals in TOTALS.items():
        for words in _levels(table):
            _add_up(connection, table, totals, words, date)


def remove(connection: Connection, date: dt.date) -> None:
    """Delete the totals of a date."""
    connection.execute(sa.delete(EDITIONS).where(EDITIONS.c.date == date))
    for table, totals in TOTALS.items():
        levels = [level(table, words) for words in _levels(table)]
        connection.execute(sa.delete(totals).where(totals.c.level.in_(levels), totals.c.date == date))


def differences(connection: Connection) -> Iterator[set[dt.date]]:
    """Give, table by table, the dates that have rows and no totals, or totals and no rows."""
    for table, totals in TOTALS.items():
        there = set(connection.scalars(select(totals.c.date).where(totals.c.level == "")))
        yield there ^ set(dates(connection, table))


def dates(connection: Connection, table: Table) -> list[dt.date]:
    """
    Give the dates of a table, the earliest first.

    Goes from each to the next along the key, which takes any database some microseconds;
    DISTINCT, or all in one statement, makes one or the other read every row.
    """
    query = select(table.c.date).order_by(table.c.date).limit(1)
    found: list[dt.date] = []
    date = connection.scalar(query)
    while date is not None:
        found.append(date)
        date = connection.scalar(query.where(table.c.date > date))
    return found


def _levels(table: Table) -> Iterator[tuple[str, ...]]:
    """Give all but the last level, which is the table itself."""
    names = keys(table)
    return chain.from_iterable(combinations(names, size) for size in range(len(names)))


def _add_up(connection: Connection, table: Table, totals: Table, words: tuple[str, ...], date: dt.date) -> None:
    names = ("date", *words)
    sums = [func.sum(column) for column in table.c if not column.primary_key]
    told = [table.c[name] if name in names else sa.literal("") for name in ("date", *keys(table))]
    query = select(sa.literal(level(table, words)), *told, *sums).where(table.c.date == date)
    query = query.group_by(*(table.c[name] for name in names))
    connection.execute(sa.insert(totals).from_select(totals.c.keys(), query))
