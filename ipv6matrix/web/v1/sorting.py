"""
A part of a sorted list, from prepared columns.

Which rows are asked for is found out from the columns that say so; then all
columns are read, of the dates of these rows only.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection

from ipv6matrix.summaries.prepared.rows import rows
from ipv6matrix.summaries.prepared.texts import runs
from ipv6matrix.web.edition import Edition
from ipv6matrix.web.figures import Figures, Slice, prepared_table

Columns = dict[str, Sequence[Any]]


def part(
    connection: Connection, figures: Figures, asked: Slice, now: Edition, *, sort: str, offset: int, limit: int
) -> Columns | None:
    """Give some rows of a list, by column; None where they are better read as rows."""
    found = prepared_table(connection, _deciding(figures, sort), asked, now)
    if found is None:
        return None
    deciding, dates = found
    places = _order(deciding, sort).slice(offset, limit)
    numbers = deciding["date"].take(places).to_pylist()
    there = sorted(set(numbers))
    whole = rows(connection, figures, asked, [dates[number] for number in there])
    begins, ends = _begins(deciding), _begins(whole) if whole else {}
    # Somebody who writes a crawl meanwhile may have changed how many rows it has.
    if whole is None or len(there) != len(ends):
        return None if there else {}
    moved = {number: ends[place] - begins[number] for place, number in enumerate(there)}
    wanted = [place + moved[number] for place, number in zip(places.to_pylist(), numbers, strict=True)]
    taken = whole.take(pa.array(wanted, pa.int64()))
    return {"date": [dates[number] for number in numbers]} | {
        name: taken[name].to_pylist() for name in taken.column_names[1:]
    }


def _deciding(figures: Figures, sort: str) -> Figures:
    """Leave of the figures what decides on order and size."""
    name = sort.removeprefix("-")
    first = next(iter(figures.fields))
    fields = {key: figures.fields[key] for key in figures.fields if key in (first, name)}
    ratios = {key: figures.ratios[key] for key in figures.ratios if key == name}
    return Figures(table=figures.table, groups=figures.groups, fields=fields, ratios=ratios)


def _order(found: pa.Table, sort: str) -> pa.Array:
    """Give the places of rows in their order; equal ones stay by date and word, and what is not known comes last."""
    name = sort.removeprefix("-")
    if sort == "date" or name not in found.column_names:
        return pa.array(range(found.num_rows), pa.uint64())
    direction = "descending" if sort != name else "ascending"
    return pc.sort_indices(found, sort_keys=[(name, direction)])


def _begins(found: pa.Table) -> dict[int, int]:
    """Give where the rows of each date begin."""
    numbers, counts = runs(found)
    return dict(zip(numbers, accumulate(counts, initial=0), strict=False))
