"""
Moves one crawl from the staging database to the live one, whole or not at all.

One commit makes the crawl live; only then it is deleted from staging. A kill between
the two leaves it in both, and the next promotion only deletes it from staging.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Connection, RowMapping, Table, and_, insert, or_, select

from ipv6matrix.exceptions import ExportError
from ipv6matrix.program import PROGRAM
from ipv6matrix.summaries.database import Database
from ipv6matrix.summaries.publication import BATCH, count, mark_changed, remove
from ipv6matrix.summaries.tables import DOMAIN_PENETRATION, DOMAINS, METADATA

# A float of four octets, as in tables of 2022, keeps six digits.
_PRECISION: Final = 1e-5
_PUBLISH: Final = f"publish a crawl there with `{PROGRAM} export summary`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Promoted:
    """Result of a promotion."""

    domains: int
    replaced: int
    "Domains that were live under this date."
    was_live: bool
    "All of it was live before: an earlier promotion had been interrupted, and this one emptied staging."


def promote(staging: Database, live: Database, date: dt.date, *, replace: bool = False) -> Promoted:
    """
    Move a date. With `replace`, rows of that date in the live database are replaced.

    Raises ExportError; then neither database has changed.
    """
    for database in (staging, live):
        database.prepare()
    with staging.write() as source:
        if not holds(source, date):
            raise ExportError(f"{staging.name} no longer holds {date}: another process has promoted it")
        with live.write() as target:
            promoted = _bring(source, target, date, live.name, replace=replace)
        remove(source, date)
    return promoted


def dates(connection: Connection) -> list[dt.date]:
    """Return the dates of a database, the earliest first."""
    # The smallest table that has a row for every crawl with a domain.
    column = DOMAIN_PENETRATION.c.date
    return list(connection.scalars(select(column).distinct().order_by(column)))


def choose(staging: Database, date: dt.date | None = None) -> dt.date:
    """Return the date to promote: the requested one, or the only one. Raises ExportError if it is not there."""
    if not staging.has_tables():
        raise ExportError(f"{staging.name} holds no summaries: {_PUBLISH}")
    with staging.read() as connection:
        there = dates(connection)
    if date in there:
        return date
    if date is None and len(there) == 1:
        return there[0]
    what = f"does not hold {date}" if date else "holds several dates" if there else "holds no date"
    listed = ", ".join(map(str, there))
    raise ExportError(f"{staging.name} {what}: {f'give --date with one of {listed}' if there else _PUBLISH}")


def holds(connection: Connection, date: dt.date) -> bool:
    """
    Check whether a date has any row.

    Waits for another process that is writing that date, if the database supports it.
    """
    found = (
        connection.scalar(select(table.c.date).where(table.c.date == date).limit(1).with_for_update())
        for table in METADATA.sorted_tables
    )
    return any(row is not None for row in found)


def _bring(source: Connection, target: Connection, date: dt.date, live: str, *, replace: bool) -> Promoted:
    is_live = holds(target, date)
    if is_live and not replace:
        if not _are_alike(source, target, date):
            raise ExportError(
                f"{date} is live already in {live}, with other figures: --replace puts these in their place"
            )
        return Promoted(domains=count(target, DOMAINS, date), replaced=0, was_live=True)
    replaced = count(target, DOMAINS, date)
    remove(target, date)
    for table in METADATA.sorted_tables:
        for page in pages(source, table, date):
            target.execute(insert(table), page)
    mark_changed(target, date)
    return Promoted(domains=count(target, DOMAINS, date), replaced=replaced, was_live=False)


def pages(connection: Connection, table: Table, date: dt.date) -> Iterator[Sequence[dict[str, Any]]]:
    """
    Yield the rows of a date in pages, in the order of the key.

    Each page begins after the last key of the previous one: on a connection for writing,
    mysql-connector holds all rows of a query in memory.
    """
    key = [column for column in table.primary_key.columns if column.name != "date"]
    query = select(table).where(table.c.date == date).order_by(*key).limit(BATCH).with_for_update()
    page = connection.execute(query).mappings().all()
    while page:
        yield [dict(row) for row in page]
        page = connection.execute(query.where(_after(key, page[-1]))).mappings().all()


def _after(key: Sequence[Column[Any]], last: RowMapping) -> ColumnElement[bool]:
    """Return the condition that a key lies after another, in a form for which every database uses its index."""
    column, *further = key
    beyond: ColumnElement[bool] = column > last[column.name]
    return or_(beyond, and_(column == last[column.name], _after(further, last))) if further else beyond


def _are_alike(one: Connection, other: Connection, date: dt.date) -> bool:
    for table in METADATA.sorted_tables:
        rows = (chain.from_iterable(pages(connection, table, date)) for connection in (one, other))
        if not all(_is_same(*pair) for pair in zip_longest(*rows)):
            return False
    return True


def _is_same(one: dict[str, Any] | None, other: dict[str, Any] | None) -> bool:
    if one is None or other is None:
        return False
    return all(
        math.isclose(value, other[name], rel_tol=_PRECISION) if isinstance(value, float) else value == other[name]
        for name, value in one.items()
    )
