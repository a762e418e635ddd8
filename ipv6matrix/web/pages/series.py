"""
Queries what a view shows: rows of one crawl, totals, and lines over all crawls.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from ipv6matrix.charts.drawing import Line
from ipv6matrix.web.pages.measures import Measure, View
from ipv6matrix.web.pages.places import name_of
from ipv6matrix.web.pages.state import State
from ipv6matrix.web.read_model.model import ReadModel
from ipv6matrix.web.sums import Slice, sums, whole

Row = dict[str, Any]
MOST_LINES: Final = 5


def rows(model: ReadModel, view: View, selection: Slice) -> list[Row]:
    """Return sums, with `date` and the value of the group."""
    return [
        {name: whole(value) for name, value in row.items()} for row in model.mappings(sums(view.figures, selection))
    ]


def _tidy(value: Any) -> Any:
    """Return a sum without rounding errors."""
    return whole(round(value, 3)) if isinstance(value, float) else value


def labelled(group: str, word: Any) -> str:
    """Return the label of a value of a group."""
    if group == "bracket":
        return _ranks(int(word))
    return name_of(word) if group == "country" else f".{word}" if group == "tld" else str(word)


def _ranks(last: int) -> str:
    """Return the ranks of a bracket: each begins where the one before it ends."""
    first = last // 10 + 1 if last > 1_000 else 1
    return f"ranks {first:,} to {last:,}" if last else "without rank"


def total(view: View, table_rows: Iterable[Row]) -> Row:
    """Return the sums of rows."""
    all_rows = list(table_rows)
    return {name: _tidy(_sum([row[name] for row in all_rows])) for name in view.figures.fields}


def means(view: View, table_rows: Sequence[Row]) -> Row:
    """Return the mean of each column and measure over the rows that have a value."""
    columns: Row = {name: _mean([row[name] for row in table_rows]) for name in view.columns}
    measures = {measure.key: _mean(_known(map(measure.of, table_rows))) for measure in view.measures}
    upper = {
        f"{measure.key}_upper": _mean(_known(map(measure.upper_of, table_rows)))
        for measure in view.measures
        if measure.upper
    }
    return {**columns, **measures, **upper}


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _sum(values: Sequence[Any]) -> Any:
    """Return a sum; None if a part of it was not counted."""
    return None if None in values else sum(values)


def _less(whole: Any, part: Any) -> Any:
    return None if whole is None or part is None else _tidy(whole - part)


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def ordered(state: State, table_rows: Sequence[Row]) -> list[Row]:
    """Sort rows as the state says; unknown values come last."""
    key = state.sort.removeprefix("-") or ("name" if state.group == "date" else state.view.total)
    down = state.sort.startswith("-") or not state.sort
    value = _value(state, key)
    with_value = sorted((row for row in table_rows if value(row) is not None), key=value, reverse=down)
    return [*with_value, *(row for row in table_rows if value(row) is None)]


def _value(state: State, key: str) -> Callable[[Row], Any]:
    measures = {measure.key: measure for measure in state.view.measures}
    if key in measures:
        return measures[key].of
    if key == "name":
        return lambda row: labelled(state.group, row[state.group])
    return lambda row: row[key]


def lines(model: ReadModel, state: State, measure: Measure, shown: Sequence[Row]) -> list[Line]:
    """Return the line of the total and those of the largest groups; for countries one fewer, and one of all others."""
    every = rows(model, state.view, state.slice(None))
    drawn = [line("All", measure, every)]
    if state.group == "date" or not shown:
        return drawn
    has_rest = state.group == "country" and len(shown) > MOST_LINES
    most = sorted(shown, key=lambda row: row[state.view.total], reverse=True)[: MOST_LINES - has_rest]
    words = [row[state.group] for row in most]
    over_time = rows(model, state.view, _only(state, words))
    drawn += [
        line(labelled(state.group, word), measure, [row for row in over_time if row[state.group] == word])
        for word in words
    ]
    if has_rest:
        drawn.append(line("Rest of the world", measure, remainder(state.view, every, over_time)))
    return drawn


def remainder(view: View, every: Iterable[Row], some: Sequence[Row]) -> list[Row]:
    """Subtract the sums of some groups from the sums of all, crawl by crawl."""
    remainders = []
    for row in every:
        subtotal = total(view, (summand for summand in some if summand["date"] == row["date"]))
        difference = {name: _less(row[name], subtotal[name]) for name in view.figures.fields}
        remainders.append({"date": row["date"], **difference})
    return remainders


def kinds(view: View, table_rows: Iterable[Row]) -> list[Line]:
    """Return the shares that make up a whole; all of them have the same dates."""
    all_rows = list(table_rows)
    return [line(measure.title, measure, all_rows) for measure in view.kinds]


def _only(state: State, words: Sequence[str]) -> Slice:
    return Slice(group=state.group, only={**state.slice(state.group).only, state.group: words})


def line(name: str, measure: Measure, table_rows: Iterable[Row]) -> Line:
    """Draw a measure from rows of several dates."""
    all_rows = list(table_rows)
    lower = [(row["date"], measure.of(row)) for row in all_rows]
    upper = [(row["date"], measure.upper_of(row)) for row in all_rows]
    return Line(name, _points(lower), upper=_points(upper))


def _points(values: Iterable[tuple[dt.date, float | None]]) -> tuple[tuple[dt.date, float], ...]:
    return tuple((date, value) for date, value in values if value is not None)
