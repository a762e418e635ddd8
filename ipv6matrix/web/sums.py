"""
Sums of figures by date and by one more column: what most views and both APIs query.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Double, Label, Select, Table, func, select
from sqlalchemy import cast as sql_cast
from sqlalchemy.sql.util import ClauseAdapter

from ipv6matrix.web.read_model.schema import SUMS, kept_columns, summed_by

Ratio = tuple[ColumnElement[Any], ColumnElement[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The figures that can be queried from one table."""

    table: Table
    groups: tuple[str, ...]
    "Columns that rows can be grouped by."
    fields: Mapping[str, ColumnElement[Any]]
    "What is summed, by the name in answers: columns, their sums and differences. The first is the total."
    ratios: Mapping[str, Ratio] = field(default_factory=dict)
    "What follows them in answers: one sum divided by another; NULL where that is 0."


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Which rows are summed, and by what."""

    group: str | None = None
    "A column besides the date."
    only: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    "By column: the values that count; all of them if none is given."
    since: dt.date | None = None
    until: dt.date | None = None
    least: int = 0
    "The smallest total of a row."


def sums(figures: Figures, selection: Slice) -> Select[Any]:
    """Return the query for one row per date (and value of the group) with at least that total, in their order."""
    source = _source(figures.table, selection)
    table = source.table
    order = [table.c.date, *([table.c[selection.group]] if selection.group else [])]
    columns = [*_fields(figures, source), *_ratios(figures, source)]
    query = select(order[0], *columns, *order[1:]).where(*source.conditions, *_conditions(table, selection))
    query = query.order_by(*order)
    least = [columns[0].element >= selection.least] if selection.least else []
    return query.where(*least) if source.is_summed else query.group_by(*order).having(*least)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """Where sums come from: a table, or the sums over it."""

    table: Table
    conditions: Sequence[ColumnElement[bool]] = ()
    is_summed: bool = False
    "Each row is a result already."

    def total(self, expression: ColumnElement[Any]) -> ColumnElement[Any]:
        adapted = ClauseAdapter(self.table, adapt_on_names=True).traverse(expression)
        return adapted if self.is_summed else func.sum(adapted)


def _source(table: Table, selection: Slice) -> _Source:
    always = {column.name for column in kept_columns(table)}
    filtered = {name for name, words in selection.only.items() if words} - always
    used = filtered | {*filter(None, [selection.group])}
    if table not in SUMS or len(used) > 1 or not used <= {column.name for column in summed_by(table)}:
        return _Source(table=table)
    summed = SUMS[table]
    conditions = [(column.is_not if column.name in used else column.is_)(None) for column in summed_by(summed)]
    # Of one list there is one row for each date and word of the group.
    is_of_one = all(len({*selection.only.get(name, ())}) == 1 for name in always - {"date"})
    return _Source(table=summed, conditions=conditions, is_summed=is_of_one and filtered <= {selection.group})


def whole(value: Any) -> Any:
    """Return a whole float as an integer."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _fields(figures: Figures, source: _Source) -> Iterator[Label[Any]]:
    for name, expression in figures.fields.items():
        total = source.total(expression)
        if isinstance(expression.type, Double):
            # Sums of milliseconds have three digits.
            yield func.round(total, 3).label(name)
        else:
            yield sql_cast(total, BigInteger).label(name)


def _ratios(figures: Figures, source: _Source) -> Iterator[Label[Any]]:
    for name, (part, divisor) in figures.ratios.items():
        quotient = sql_cast(source.total(part), Double) / func.nullif(source.total(divisor), 0)
        yield func.round(quotient, 6).label(name)


def _conditions(table: Table, selection: Slice) -> Iterator[ColumnElement[bool]]:
    if selection.since:
        yield table.c.date >= selection.since
    if selection.until:
        yield table.c.date <= selection.until
    for name, words in selection.only.items():
        if words:
            yield table.c[name].in_([*dict.fromkeys(words)])
