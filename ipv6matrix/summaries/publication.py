"""
Writes the rows of one crawl: a date is replaced as a whole, in one transaction.
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
from ipv6matrix.summaries.tables import DATE_VERSIONS, DOMAINS, METADATA, TABLES

# Rows of one statement: enough to be fast, less than a megabyte for a server.
BATCH: Final = 2_000

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What was written."""

    domains: int
    replaced: int
    "Domains that this date had before."


def publish(database: Database, date: dt.date, rows: Iterable[Row], *, replace: bool = False) -> Published:
    """
    Replace all rows of a date.

    No domain at all takes the place of some only with `replace`. Raises
    ExportError, and whatever reading the rows raises; then nothing has changed.
    """
    database.prepare()
    with database.write() as connection:
        replaced = count(connection, DOMAINS, date)
        remove(connection, date)
        for table, values in _batches(rows):
            connection.execute(insert(table), values)
        if replaced and not replace and not count(connection, DOMAINS, date):
            raise ExportError(
                f"this crawl has no domain, and {database.name} has {replaced:,} of {date}: they stay;"
                f" `{PROGRAM} export summary --replace` puts the empty summary in their place"
            )
        mark_changed(connection, date)
        return Published(domains=count(connection, DOMAINS, date), replaced=replaced)


def remove(connection: Connection, date: dt.date) -> None:
    """Delete all rows of a date."""
    for table in (*METADATA.sorted_tables, DATE_VERSIONS):
        connection.execute(delete(table).where(table.c.date == date))


def mark_changed(connection: Connection, date: dt.date) -> None:
    """Set a new version of a date, so that read models copy it again."""
    connection.execute(delete(DATE_VERSIONS).where(DATE_VERSIONS.c.date == date))
    connection.execute(insert(DATE_VERSIONS).values(date=date, tag=uuid4().hex))


def count(connection: Connection, table: Table, date: dt.date) -> int:
    """Count the rows of a date."""
    return connection.scalar(select(func.count()).select_from(table).where(table.c.date == date)) or 0


def _batches(rows: Iterable[Row]) -> Iterator[tuple[Table, Sequence[Values]]]:
    gathered: defaultdict[Table, list[Values]] = defaultdict(list)
    for row in rows:
        table = TABLES[type(row)]
        batch = gathered[table]
        batch.append({name: getattr(row, name) for name in row.__slots__})
        if len(batch) == BATCH:
            yield table, gathered.pop(table)
    yield from gathered.items()
