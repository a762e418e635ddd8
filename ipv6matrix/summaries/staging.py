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

from sqlalchemy import Column, ColumnElement, Connection, RowMapping, Table, and_, or_, select

from ipv6matrix.exceptions import ExportError
from ipv6matrix.program import PROGRAM
from ipv6matrix.summaries.database import Database
from ipv6matrix.summaries.publication import BATCH, count_domains, insert_rows, mark_changed, remove
from ipv6matrix.summaries.tables import (
    DOMAIN_PENETRATION,
    MAIN,
    READINESS_BASIS,
    of_crawl,
    tables_of,
)

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


def promote(staging: Database, live: Database, date: dt.date, *, tag: str = MAIN, replace: bool = False) -> Promoted:
    """
    Move a date, or what it has of a list with a tag. With `replace`, its rows in the live database are replaced.

    Raises ExportError; then neither database has changed.
    """
    for database in (staging, live):
        database.prepare()
    with staging.write() as source:
        if not holds(source, date, tag):
            raise ExportError(f"{staging.name} no longer holds {date}: another process has promoted it")
        with live.write() as target:
            promoted = _bring(source, target, date, tag, live.name, replace=replace)
        remove(source, date, tag)
    return promoted


def dates(connection: Connection, tag: str = MAIN) -> list[dt.date]:
    """Return the dates of the main list, or of one with a tag, the earliest first."""
    if tag == MAIN:
        # The smallest table that has a row for every crawl with a domain.
        column = DOMAIN_PENETRATION.c.date
        return list(connection.scalars(select(column).distinct().order_by(column)))
    column = READINESS_BASIS.c.date
    return list(connection.scalars(select(column).where(READINESS_BASIS.c.tag == tag).order_by(column)))


def choose(staging: Database, date: dt.date | None = None, tag: str = MAIN) -> dt.date:
    """Return the date to promote: the requested one, or the only one. Raises ExportError if it is not there."""
    if not staging.has_tables(with_readiness=tag != MAIN):
        raise ExportError(f"{staging.name} holds no summaries: {_PUBLISH}")
    with staging.read() as connection:
        stored = dates(connection, tag)
    if date in stored:
        return date
    if date is None and len(stored) == 1:
        return stored[0]
    fault = f"does not hold {date}" if date else "holds several dates" if stored else "holds no date"
    listed = ", ".join(map(str, stored))
    raise ExportError(f"{staging.name} {fault}: {f'pass --date with one of {listed}' if stored else _PUBLISH}")


def holds(connection: Connection, date: dt.date, tag: str = MAIN) -> bool:
    """
    Check whether a date has any row of a list.

    Waits for another process that is writing that date, if the database supports it.
    """
    rows = (
        connection.scalar(select(table.c.date).where(of_crawl(table, date, tag)).limit(1).with_for_update())
        for table in tables_of(tag)
    )
    return any(row is not None for row in rows)


def _bring(source: Connection, target: Connection, date: dt.date, tag: str, live: str, *, replace: bool) -> Promoted:
    is_live = holds(target, date, tag)
    if is_live and not replace:
        if not _have_equal_rows(source, target, date, tag):
            raise ExportError(
                f"{date} is live already in {live}, with other figures: --replace puts these in their place"
            )
        return Promoted(domains=count_domains(target, date, tag), replaced=0, was_live=True)
    replaced = count_domains(target, date, tag)
    remove(target, date, tag)
    for table in tables_of(tag):
        for page in pages(source, table, date, tag):
            insert_rows(target, table, page)
    mark_changed(target, date)
    return Promoted(domains=count_domains(target, date, tag), replaced=replaced, was_live=False)


def pages(connection: Connection, table: Table, date: dt.date, tag: str = MAIN) -> Iterator[Sequence[dict[str, Any]]]:
    """
    Yield the rows that a date has of a list in pages, in the order of the key.

    Each page begins after the last key of the previous one: on a connection for writing,
    mysql-connector holds all rows of a query in memory.
    """
    key = [column for column in table.primary_key.columns if column.name not in ("date", "tag")]
    query = select(table).where(of_crawl(table, date, tag)).order_by(*key).limit(BATCH).with_for_update()
    page = connection.execute(query).mappings().all()
    while page:
        yield [dict(row) for row in page]
        page = connection.execute(query.where(_after(key, page[-1]))).mappings().all() if key else ()


def _after(key: Sequence[Column[Any]], last: RowMapping) -> ColumnElement[bool]:
    """Return the condition that a key lies after another, in a form for which every database uses its index."""
    column, *further = key
    beyond: ColumnElement[bool] = column > last[column.name]
    return or_(beyond, and_(column == last[column.name], _after(further, last))) if further else beyond


def _have_equal_rows(source: Connection, target: Connection, date: dt.date, tag: str) -> bool:
    for table in tables_of(tag):
        rows = (chain.from_iterable(pages(connection, table, date, tag)) for connection in (source, target))
        if not all(_is_same(*pair) for pair in zip_longest(*rows)):
            return False
    return True


def _is_same(row: dict[str, Any] | None, other: dict[str, Any] | None) -> bool:
    if row is None or other is None:
        return False
    return all(
        math.isclose(value, other[name], rel_tol=_PRECISION) if isinstance(value, float) else value == other[name]
        for name, value in row.items()
    )
