"""
Sums of figures by date, and by one word more: the question that most views and both APIs ask.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, func, literal_column, select

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


def sums(
    figures: Figures, *, group: str | None = None, where: Iterable[ColumnElement[bool]] = (), least: int = 0
) -> Select[Any]:
    """Ask for one row a date (and word of the group) whose total is at least so much, in their order."""
    keys = [figures.table.c.date, *([figures.table.c[group]] if group else [])]
    query = select(keys[0], *columns(figures), *keys[1:]).where(*where).group_by(*keys).order_by(*keys)
    return query.having(func.sum(next(iter(figures.fields.values()))) >= least) if least else query


def columns(figures: Figures) -> list[ColumnElement[Any]]:
    """Give the sums and ratios."""
    sums = [func.sum(expression).label(name) for name, expression in figures.fields.items()]
    ratios = [
        # Servers divide integers into decimals of few digits.
        (func.sum(part) * literal_column("1e0") / func.nullif(func.sum(whole), 0)).label(name)
        for name, (part, whole) in figures.ratios.items()
    ]
    return [*sums, *ratios]


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
