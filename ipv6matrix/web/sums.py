"""
Sums of figures by date, and by one column more: what most views and both APIs ask of the read model.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Double, Label, Select, Table, func, select
from sqlalchemy import cast as sql_cast

Ratio = tuple[ColumnElement[Any], ColumnElement[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What can be asked of one table."""

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
    only: Mapping[str, Sequence[str]] = field(default_factory=dict)
    "By column: the values that count; all of them if none is given."
    since: dt.date | None = None
    until: dt.date | None = None
    least: int = 0
    "The smallest total of a row."


def sums(figures: Figures, asked: Slice) -> Select[Any]:
    """Return the query for one row per date (and value of the group) with at least that total, in their order."""
    table = figures.table
    order = [table.c.date, *([table.c[asked.group]] if asked.group else [])]
    columns = [*_fields(figures), *_ratios(figures)]
    query = select(order[0], *columns, *order[1:]).where(*_conditions(table, asked)).group_by(*order).order_by(*order)
    return query.having(columns[0].element >= asked.least) if asked.least else query


def whole(value: Any) -> Any:
    """Return a number without a decimal point if there is nothing behind it."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _fields(figures: Figures) -> Iterator[Label[Any]]:
    for name, expression in figures.fields.items():
        total = func.sum(expression)
        if isinstance(expression.type, Double):
            # Sums of milliseconds have three digits.
            yield func.round(total, 3).label(name)
        else:
            yield sql_cast(total, BigInteger).label(name)


def _ratios(figures: Figures) -> Iterator[Label[Any]]:
    for name, (part, divisor) in figures.ratios.items():
        quotient = sql_cast(func.sum(part), Double) / func.nullif(func.sum(divisor), 0)
        yield func.round(quotient, 6).label(name)


def _conditions(table: Table, asked: Slice) -> Iterator[ColumnElement[bool]]:
    if asked.since:
        yield table.c.date >= asked.since
    if asked.until:
        yield table.c.date <= asked.until
    for name, words in asked.only.items():
        if words:
            yield table.c[name].in_([*dict.fromkeys(words)])
