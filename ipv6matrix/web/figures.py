"""
Sums of figures by date, and by one word more: the question that most views and both APIs ask.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import Column, ColumnElement, Label, Select, Table, func, literal_column, select
from sqlalchemy.sql.visitors import replacement_traverse

from ipv6matrix.summaries import totals

Ratio = tuple[ColumnElement[Any], ColumnElement[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What can be asked of one table."""

    table: Table
    groups: tuple[str, ...]
    "Columns by which there may be a row each."
    fields: Mapping[str, ColumnElement[Any]]
    "What is summed, by the name it is answered with; the first one is the total."
    ratios: Mapping[str, Ratio] = field(default_factory=dict)
    "What is answered after them: one sum through another; nothing where that is 0."


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Which rows are summed up, and to what."""

    group: str | None = None
    "One row for each of its words, besides the date."
    only: Mapping[str, Sequence[str]] = field(default_factory=dict)
    "By column: the words that count; all of them where none is given."
    since: dt.date | None = None
    until: dt.date | None = None
    least: int = 0
    "The smallest total of a row."

    @property
    def filters(self) -> dict[str, tuple[str, ...]]:
        """Give the columns by which rows are chosen."""
        return {name: tuple(dict.fromkeys(words)) for name, words in self.only.items() if words}


def sums(figures: Figures, asked: Slice, *, prepared: bool) -> Select[Any]:
    """
    Ask for one row a date (and word of the group) whose total is at least so much, in their order.

    `prepared` says that there are totals; they give the same sums.
    """
    words = {*asked.filters, *([asked.group] if asked.group else [])}
    table, where, is_sum = _source(figures.table, words, prepared=prepared)
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
    if isinstance(value, Decimal):
        value = float(value) if value % 1 else int(value)
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
