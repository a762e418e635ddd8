"""
Sums of figures by date, and by one word more: the question that most views and both APIs ask.

`table` answers it from columns that were prepared, where they are there and
make it quicker, else by the rows that `sums` asks for.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa
from sqlalchemy import Column, ColumnElement, Connection, Label, Select, Table, func, literal_column, select
from sqlalchemy.sql.visitors import replacement_traverse

from ipv6matrix.summaries import totals
from ipv6matrix.summaries.prepared import rows
from ipv6matrix.summaries.prepared.figures import Figures, Slice
from ipv6matrix.web.edition import Edition

__all__ = ["Figures", "Slice", "number", "prepared_table", "sums", "table", "tidy"]

Found = tuple[pa.Table, Sequence[dt.date]]
"Rows as `rows.rows` gives them, and the dates that their numbers mean."


def table(connection: Connection, figures: Figures, asked: Slice, now: Edition) -> Found:
    """Answer a question."""
    return prepared_table(connection, figures, asked, now) or _by_rows(connection, figures, asked, now)


def prepared_table(connection: Connection, figures: Figures, asked: Slice, now: Edition) -> Found | None:
    """Answer a question from columns; None where that is not possible, or not quicker."""
    if not now.has_totals:
        return None
    dates = [date for date in now.by_table[figures.table.name] if asked.is_of(date)]
    found = rows.rows(connection, figures, asked, dates)
    return None if found is None else (found, dates)


def _by_rows(connection: Connection, figures: Figures, asked: Slice, now: Edition) -> Found:
    there = now.by_table.get(figures.table.name, ())
    result = connection.execute(sums(figures, asked, prepared=now.has_totals, dates=there))
    names = list(result.keys())
    columns = dict(zip(names, zip(*result.all(), strict=True), strict=False)) or dict.fromkeys(names, ())
    dates = sorted(set(columns["date"]))
    numbers = {date: number for number, date in enumerate(dates)}
    made = {name: pa.array(list(map(_exact, columns[name]))) for name in names[1:]}
    return pa.table({"date": pa.array([numbers[date] for date in columns["date"]], pa.int32()), **made}), dates


def _exact(value: Any) -> Any:
    """Make a number of the decimal that servers give for sums of integers."""
    return (float(value) if value % 1 else int(value)) if isinstance(value, Decimal) else value


def sums(figures: Figures, asked: Slice, *, prepared: bool, dates: Sequence[dt.date] = ()) -> Select[Any]:
    """
    Ask for one row a date (and word of the group) whose total is at least so much, in their order.

    `prepared` says that there are totals; they give the same sums. `dates` are those
    that there are, which spares the database a search where all words are given.
    """
    table, where, is_sum = _source(figures.table, asked.words, prepared=prepared)
    if dates and asked.words == asked.filters.keys():
        # Now the whole key is known, and no database has to guess which index is best.
        others = [table.c[name] == "" for name in totals.keys(figures.table) if name not in asked.words]
        where += [table.c.date.in_(dates), *(others if table is not figures.table else ())]
    is_sum |= any(len(found) > 1 and name != asked.group for name, found in asked.filters.items())
    order = [table.c.date, *([table.c[asked.group]] if asked.group else [])]
    expressions = columns(figures, table, is_sum=is_sum)
    query = select(order[0], *expressions, *order[1:]).where(*where, *_conditions(table, asked))
    if is_sum:
        query = query.group_by(*order).order_by(*order)
    else:
        # The rest of the key is the same in all rows, and so costs no sorting.
        query = query.order_by(table.c.date, *(table.c[name] for name in totals.keys(figures.table)))
    if not asked.least:
        return query
    enough = expressions[0].element >= asked.least
    return query.having(enough) if is_sum else query.where(enough)


def _source(table: Table, words: set[str], *, prepared: bool) -> tuple[Table, list[ColumnElement[bool]], bool]:
    """Give the table to read, what its rows must fulfil, and whether several of them make one sum."""
    if words == set(totals.keys(table)):
        return table, [], False
    if not prepared:
        return table, [], True
    found = totals.TOTALS[table]
    return found, [found.c.level == totals.level(table, words)], False


def _conditions(table: Table, asked: Slice) -> Iterator[ColumnElement[bool]]:
    if asked.since:
        yield table.c.date >= asked.since
    if asked.until:
        yield table.c.date <= asked.until
    for name, words in asked.filters.items():
        yield table.c[name].in_(words) if len(words) > 1 else table.c[name] == words[0]


def columns(figures: Figures, table: Table, *, is_sum: bool) -> list[Label[Any]]:
    """Give the figures and ratios, in terms of a table with the same columns."""

    def of(expression: ColumnElement[Any]) -> ColumnElement[Any]:
        found = replacement_traverse(expression, {}, _in_table(table))
        return func.sum(found) if is_sum else found

    ratios = [
        # Servers divide integers into decimals of few digits.
        (of(part) * literal_column("1e0") / func.nullif(of(whole), 0)).label(name)
        for name, (part, whole) in figures.ratios.items()
    ]
    return [*(of(expression).label(name) for name, expression in figures.fields.items()), *ratios]


def _in_table(table: Table) -> Any:
    """Give what puts the columns of a table in the place of another's."""

    def replaced(part: Any, **_: Any) -> Any:
        return table.c[part.name] if isinstance(part, Column) and part.table is not table else None

    return replaced


def number(value: Any, digits: int = 3) -> Any:
    """
    Rid a number of what its storage added; leave everything else as it is.

    Sums of milliseconds have three digits. Servers give sums of integers as decimals.
    """
    value = _exact(value)
    if not isinstance(value, float):
        return value
    rounded = round(value, digits)
    return int(rounded) if rounded.is_integer() else rounded


def tidy(values: Sequence[Any], digits: int = 3) -> Sequence[Any]:
    """Do the same to a column: of some answers it has a hundred thousand values, most of them plain."""
    kinds = {*map(type, values)}
    if kinds <= {int, str}:
        return values
    if kinds == {float}:
        rounded = (round(value, digits) for value in values)
        return [int(value) if value.is_integer() else value for value in rounded]
    return [number(value, digits) for value in values]
