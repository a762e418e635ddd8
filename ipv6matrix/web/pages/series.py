"""
Reads what a view shows: rows of one crawl, totals, and lines over all crawls.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection

from ipv6matrix.web.edition import Edition
from ipv6matrix.web.figures import Slice, number, sums
from ipv6matrix.web.pages.places import name_of
from ipv6matrix.web.pages.state import State
from ipv6matrix.web.pages.views import Measure, View

Row = dict[str, Any]
MOST_LINES: Final = 5


@dataclass(frozen=True, slots=True)
class Line:
    """A measure over time; dates without a value are gaps."""

    name: str
    points: tuple[tuple[dt.date, float], ...]


def rows(connection: Connection, now: Edition, view: View, asked: Slice) -> list[Row]:
    """Give sums, with `date` and the word of the group."""
    query = sums(view.figures, asked, prepared=now.has_totals)
    found = connection.execute(query).mappings()
    return [{str(name): number(value) for name, value in row.items()} for row in found]


def labelled(group: str, word: Any) -> str:
    """Give what a reader calls a word of a group."""
    return name_of(word) if group == "country" else f".{word}" if group == "tld" else str(word)


def total(view: View, found: Iterable[Row]) -> Row:
    """Add rows up."""
    kept = list(found)
    return {name: number(sum(row[name] for row in kept)) for name in view.figures.fields}


def ordered(state: State, found: Sequence[Row]) -> list[Row]:
    """Sort rows as the state says; what is not known is neither small nor large, and comes last."""
    key = state.sort.removeprefix("-") or ("name" if state.group == "date" else state.view.total)
    down = state.sort.startswith("-") or not state.sort
    value = _value(state, key)
    known = sorted((row for row in found if value(row) is not None), key=value, reverse=down)
    return [*known, *(row for row in found if value(row) is None)]


def _value(state: State, key: str) -> Callable[[Row], Any]:
    measures = {measure.key: measure for measure in state.view.measures}
    if key in measures:
        return measures[key].of
    if key == "name":
        return lambda row: labelled(state.group, row[state.group])
    return lambda row: row[key]


def lines(connection: Connection, now: Edition, state: State, measure: Measure, shown: Sequence[Row]) -> list[Line]:
    """Give the line of all, and those of the groups with the most."""
    every = rows(connection, now, state.view, state.slice(None))
    found = [line("All", measure, every)]
    if state.group == "date":
        return found
    most = sorted(shown, key=lambda row: row[state.view.total], reverse=True)[:MOST_LINES]
    over_time = rows(connection, now, state.view, _only(state, [row[state.group] for row in most]))
    for row in most:
        word = row[state.group]
        found.append(line(labelled(state.group, word), measure, [one for one in over_time if one[state.group] == word]))
    return found


def _only(state: State, words: Sequence[str]) -> Slice:
    asked = state.slice(state.group)
    only: Mapping[str, Sequence[str]] = {state.group: words} if words else {}
    return Slice(group=state.group, only={**asked.only, **only})


def line(name: str, measure: Measure, found: Iterable[Row]) -> Line:
    """Draw a measure from rows of several dates."""
    values = [(row["date"], measure.of(row)) for row in found]
    return Line(name, tuple((date, value) for date, value in values if value is not None))
