"""
Answers questions from columns: sums by date and group, as a table of Arrow.

Rows have `date`, a number of the dates that were given, then the figures in
their order, their ratios, and the group's word; they are sorted by date and word.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from operator import add, sub
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import BinaryExpression, Column, ColumnElement, Connection, Table

from ipv6matrix.summaries import totals
from ipv6matrix.summaries.prepared import columns
from ipv6matrix.summaries.prepared.figures import Figures, Slice

# More parts than that are read as rows.
_MOST_PARTS: Final = 8
_OPERATORS: Final = {add: pc.add, sub: pc.subtract}


def rows(connection: Connection, figures: Figures, asked: Slice, dates: Sequence[dt.date]) -> pa.Table | None:
    """Give the rows of these dates, the earliest first; None where not all that they need is there as columns."""
    parted = _parted(figures.table, asked)
    if parted is None or not dates:
        return None
    column, words = parted
    source = _source(
        connection,
        figures,
        asked,
        {columns.name_of(column, word) if column else "": word for word in words},
        column,
        dates,
    )
    if source is None:
        return None
    return answered(figures, asked, _chosen(source, asked, column))


def _parted(table: Table, asked: Slice) -> tuple[str, Sequence[str]] | None:
    """Tell by which column the rows that are asked for are parted, and which words of it make them up."""
    if asked.group is None or asked.group in asked.filters:
        # A few rows of each date.
        return None
    if not asked.filters:
        return "", ("",)
    there = columns.parts(table, asked.words)
    found = [(len(words), name, sorted(words)) for name, words in asked.filters.items() if name in there]
    if not found or min(found)[0] > _MOST_PARTS:
        return None
    _, name, words = min(found)
    return name, words


def _source(
    connection: Connection,
    figures: Figures,
    asked: Slice,
    parts: Mapping[str, str],
    column: str,
    dates: Sequence[dt.date],
) -> pa.Table | None:
    """Read the columns: key columns, and those that the figures are made of."""
    table = figures.table
    keys = [name for name in totals.keys(table) if name in asked.words and name != column]
    names = [*keys, *sorted(_needed(figures))]
    found = columns.find(connection, table, totals.level(table, asked.words), list(parts), names, dates)
    order = [(number, part) for number, date in enumerate(dates) for part in parts if column or (part, date) in found]
    packed = [found.get((part, dates[number]), {}) for number, part in order]
    if any(values.keys() != set(names) for values in packed):
        return None
    lengths = [values[names[-1]][0] for values in packed]
    made = {name: columns.unpack([values[name] for values in packed], columns.kind(table.c[name])) for name in names}
    made["date"] = columns.repeated([number for number, _ in order], lengths, pa.int32())
    if column:
        made[column] = columns.repeated([parts[part] for _, part in order], lengths, pa.string())
    return pa.table(made)


def _needed(figures: Figures) -> set[str]:
    expressions = [*figures.fields.values(), *(part for ratio in figures.ratios.values() for part in ratio)]
    return {column.name for expression in expressions for column in _columns(expression)}


def _columns(expression: ColumnElement[Any]) -> Iterator[Column[Any]]:
    if isinstance(expression, BinaryExpression):
        yield from _columns(expression.left)
        yield from _columns(expression.right)
    elif isinstance(expression, Column):
        yield expression


def _chosen(source: pa.Table, asked: Slice, column: str) -> pa.Table:
    """Leave the rows out that a filter does not want, and add up those that make one."""
    others = {name: words for name, words in asked.filters.items() if name != column and name in source.column_names}
    for name, words in others.items():
        source = source.filter(pc.is_in(source[name], pa.array(words, pa.string())))
    several = [name for name, words in asked.filters.items() if len(words) > 1 and name != asked.group]
    if not several:
        return source
    keys = ["date", *([asked.group] if asked.group else [])]
    figures = [name for name in source.column_names if not pa.types.is_string(source[name].type) and name != "date"]
    summed = source.group_by(keys, use_threads=False).aggregate([(name, "sum") for name in figures])
    summed = summed.rename_columns([name.removesuffix("_sum") for name in summed.column_names])
    return summed.sort_by([(name, "ascending") for name in keys])


def answered(figures: Figures, asked: Slice, source: pa.Table) -> pa.Table:
    """Work the figures and ratios out, of rows that are large enough."""
    made = {"date": source["date"]}
    made |= {name: _value(expression, source) for name, expression in figures.fields.items()}
    made |= {name: _ratio(*(_value(part, source) for part in ratio)) for name, ratio in figures.ratios.items()}
    if asked.group:
        made[asked.group] = source[asked.group]
    found = pa.table(made)
    if not asked.least:
        return found
    return found.filter(pc.greater_equal(found[next(iter(figures.fields))], asked.least))


def _value(expression: ColumnElement[Any], source: pa.Table) -> Any:
    if isinstance(expression, BinaryExpression):
        return _OPERATORS[expression.operator](_value(expression.left, source), _value(expression.right, source))
    return source[expression.name]


def _ratio(part: Any, whole: Any) -> Any:
    known = pc.if_else(pc.equal(whole, 0), None, whole)
    return pc.divide(pc.cast(part, pa.float64()), pc.cast(known, pa.float64()))
