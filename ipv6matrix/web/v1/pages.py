"""
Reads a table a page at a time, each in a statement of its own.

So a slow reader holds no connection, a limit on statements limits no download,
and no driver takes millions of rows into memory. Who replaces a crawl meanwhile
is seen from the next page on.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Table, and_, or_, select

from ipv6matrix.web.database import Summaries

ROWS: Final = 5_000
"Rows of one page."

Rows = list[tuple[Any, ...]]


def pages(summaries: Summaries, table: Table, dates: Iterable[dt.date]) -> Iterator[Rows]:
    """Give all rows of some dates, in the order of the key."""
    for date in dates:
        yield from _of_date(summaries, table, date)


def _of_date(summaries: Summaries, table: Table, date: dt.date) -> Iterator[Rows]:
    key = [column for column in table.primary_key.columns if column.name != "date"]
    query = select(table).where(table.c.date == date).order_by(*key).limit(ROWS)
    places = [table.columns.keys().index(column.name) for column in key]
    after: Sequence[Any] | None = None
    rows: Rows = []
    while after is None or len(rows) == ROWS:
        with summaries.connect() as connection:
            found = connection.execute(query if after is None else query.where(_beyond(key, after)))
            rows = [tuple(row) for row in found]
        if not rows:
            return
        after = [rows[-1][place] for place in places]
        yield rows


def _beyond(key: Sequence[Column[Any]], last: Sequence[Any]) -> ColumnElement[bool]:
    """Compare a key of several columns, in a form for which every database uses its index."""
    column, *further = key
    beyond: ColumnElement[bool] = column > last[0]
    return or_(beyond, and_(column == last[0], _beyond(further, last[1:]))) if further else beyond
