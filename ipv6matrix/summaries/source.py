"""
Reads a database of summaries, of this version or of an earlier one, for a read model.

Each row comes as one text: a driver in pure Python needs microseconds for each value, and
DuckDB splits a text much faster. Columns that an old table lacks are empty.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Connection, String, Table, Text, cast, func, inspect, select

from ipv6matrix.summaries.tables import ALL_TABLES, DATE_VERSIONS, DOMAIN_PENETRATION, HOST_DATA, REACHABILITY

SEPARATOR: Final = "\x1f"
"Between the values of a row: the ASCII unit separator, which is in no name."

# Rows that are read, and handed to DuckDB, at once.
_BATCH: Final = 20_000

Columns = Mapping[str, frozenset[str]]
"Names of the columns that each table has."


def columns(connection: Connection) -> Columns:
    """Return the columns of the summary tables that exist."""
    inspector = inspect(connection)
    names = {*inspector.get_table_names()} & {*(table.name for table in ALL_TABLES), DATE_VERSIONS.name}
    return {name: frozenset(column["name"] for column in inspector.get_columns(name)) for name in names}


def versions(connection: Connection, table_columns: Columns) -> dict[dt.date, str]:
    """
    Return a version of each date that changes when its rows do.

    It is the tag that publishing wrote, or a digest of counts and sums for dates that
    another program wrote.
    """
    tags: dict[dt.date, str] = {}
    if DATE_VERSIONS.name in table_columns:
        tags = {row.date: row.tag for row in connection.execute(select(DATE_VERSIONS))}
    column = DOMAIN_PENETRATION.c.date
    others = {*connection.scalars(select(column).distinct())} - tags.keys()
    others.discard(None)
    return tags | (_digests(connection, table_columns, others) if others else {})


def rows(connection: Connection, table: Table, table_columns: Columns, dates: Iterable[dt.date]) -> Iterator[list[str]]:
    """Yield the rows of some dates in batches, in no order."""
    values = [_text(column, table_columns[table.name], connection.dialect.name) for column in table.columns]
    query = select(_joined(values, connection.dialect.name)).select_from(table).where(table.c.date.in_([*dates]))
    stream = connection.execution_options(stream_results=True, max_row_buffer=_BATCH).execute(query)
    for batch in stream.scalars().partitions(_BATCH):
        yield [*batch]


def _digests(connection: Connection, table_columns: Columns, dates: Iterable[dt.date]) -> dict[dt.date, str]:
    digests = {date: hashlib.sha256() for date in dates}
    for table in (DOMAIN_PENETRATION, HOST_DATA, REACHABILITY):
        names = table_columns.get(table.name, frozenset())
        sums = [func.sum(column) for column in table.columns if not column.primary_key and column.name in names]
        query = select(table.c.date, func.count(), *sums).where(table.c.date.in_([*digests])).group_by(table.c.date)
        for date, *numbers in connection.execute(query) if names else ():
            digests[date].update(repr([table.name, *map(str, numbers)]).encode())
    return {date: digest.hexdigest()[:32] for date, digest in digests.items()}


def _text(column: Column[Any], existing: frozenset[str], dialect: str) -> ColumnElement[str]:
    if column.name not in existing:
        return cast("", String) if dialect == "postgresql" else func.trim("")
    # MySQL sorts and joins short texts faster than unbounded ones.
    is_short = dialect in ("mysql", "mariadb") and not isinstance(column.type, Text)
    kind = String(255) if is_short else String
    text = cast(column, kind)
    return func.coalesce(text, "") if column.nullable else text


def _joined(values: list[ColumnElement[str]], dialect: str) -> ColumnElement[str]:
    if dialect in ("mysql", "mariadb"):
        return func.concat_ws(SEPARATOR, *values)
    if dialect == "sqlite":
        # Its operator copies what it has joined so far for each value.
        return func.printf(SEPARATOR.join("%s" for _ in values), *values)
    first, *others = values
    parts = chain.from_iterable((SEPARATOR, value) for value in others)
    joined = first
    for part in parts:
        joined = joined.concat(part)
    return joined
