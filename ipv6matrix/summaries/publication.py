"""
Writes the rows of one crawl: what a date has of a list is replaced as a whole, in one transaction.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import Connection, Table, delete, func, insert, select

from ipv6matrix.exceptions import ExportError
from ipv6matrix.program import PROGRAM
from ipv6matrix.summaries.database import Database
from ipv6matrix.summaries.rows import Row
from ipv6matrix.summaries.tables import (
    ALL_TABLES,
    DATE_VERSIONS,
    DOMAINS,
    MAIN,
    READINESS,
    READINESS_TABLES,
    TABLES,
    of_crawl,
    tables_of,
)

# Rows of one statement: enough to be fast, less than a megabyte for a server.
BATCH: Final = 2_000
# Characters of long texts in one statement; a server accepts 16 MB.
_TEXTS: Final = 1_000_000

Values = Mapping[str, Any]
_TABLES: Final = TABLES | READINESS_TABLES


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What was written."""

    domains: int
    replaced: int
    "Domains that this date had before."


def publish(
    database: Database, date: dt.date, rows: Iterable[Row], *, tag: str = MAIN, replace: bool = False
) -> Published:
    """
    Replace all rows of a date; with a tag, those of the readiness of its list.

    No domain at all takes the place of some only with `replace`. Raises
    ExportError, and whatever reading the rows raises; then nothing has changed.
    """
    database.prepare()
    with database.write() as connection:
        replaced = count_domains(connection, date, tag)
        remove(connection, date, tag)
        for table, values in _batches(rows):
            insert_rows(connection, table, values)
        domains = count_domains(connection, date, tag)
        if replaced and not replace and not domains:
            raise ExportError(
                f"this crawl has no domain, and {database.name} has {replaced:,} of {date}: they stay;"
                f" `{PROGRAM} export summary --replace` puts the empty summary in their place"
            )
        mark_changed(connection, date)
        return Published(domains=domains, replaced=replaced)


def remove(connection: Connection, date: dt.date, tag: str = MAIN) -> None:
    """Delete all rows that a date has of a list."""
    for table in tables_of(tag):
        connection.execute(delete(table).where(of_crawl(table, date, tag)))
    mark_changed(connection, date)


def insert_rows(connection: Connection, table: Table, values: Sequence[Values]) -> None:
    """Insert up to BATCH rows, in statements that a server accepts."""
    for statement in _statements(values) if table is READINESS else (values,):
        connection.execute(insert(table), statement)


def mark_changed(connection: Connection, date: dt.date) -> None:
    """Set a new version of a date, so that read models copy it again; a date without rows has none."""
    connection.execute(delete(DATE_VERSIONS).where(DATE_VERSIONS.c.date == date))
    rows = (connection.scalar(select(table.c.date).where(table.c.date == date).limit(1)) for table in ALL_TABLES)
    if any(row is not None for row in rows):
        connection.execute(insert(DATE_VERSIONS).values(date=date, tag=uuid4().hex))


def count(connection: Connection, table: Table, date: dt.date, tag: str = MAIN) -> int:
    """Count the rows that a date has of a list."""
    return connection.scalar(select(func.count()).select_from(table).where(of_crawl(table, date, tag))) or 0


def count_domains(connection: Connection, date: dt.date, tag: str = MAIN) -> int:
    """Count the domains that a date has of a list."""
    return count(connection, DOMAINS if tag == MAIN else READINESS, date, tag)


def _batches(rows: Iterable[Row]) -> Iterator[tuple[Table, Sequence[Values]]]:
    gathered: defaultdict[Table, list[Values]] = defaultdict(list)
    for row in rows:
        table = _TABLES[type(row)]
        batch = gathered[table]
        batch.append({name: getattr(row, name) for name in row.__slots__})
        if len(batch) == BATCH:
            yield table, gathered.pop(table)
    yield from gathered.items()


def _statements(values: Sequence[Values]) -> Iterator[Sequence[Values]]:
    """Split rows of Readiness by the length of their reasons, which other people's servers may make long."""
    start = size = 0
    for end, row in enumerate(values):
        size += len(row["reasons"])
        if size > _TEXTS and end > start:
            yield values[start:end]
            start, size = end, len(row["reasons"])
    yield values[start:]
