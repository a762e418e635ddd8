"""
Columns: parts of a whole, stacked for each crawl, and how often values occur.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ipv6matrix.charts import axes, bars
from ipv6matrix.charts.axes import BOTTOM, HEIGHT, LEFT, RIGHT, WIDTH, Axes
from ipv6matrix.charts.drawing import (
    GRID,
    Line,
    bar,
    bar_key,
    fill,
    legend,
    path,
    patterns,
    picture,
    text,
    tick,
    written,
)

_WIDEST = 64.0
_STRIP = 26.0
_UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Column:
    """A column from one number to another."""

    start: float
    end: float
    value: float
    look: str
    words: str
    "What appears under the pointer."


def histogram(title: str, columns: Sequence[Column], place: Axes, keys: Mapping[str, str]) -> str:
    """Draw how often values occur; `keys` are the looks by what they mean."""
    drawn = "".join(
        bar(
            place.x(column.start) + 0.5,
            place.y(column.value),
            place.x(column.end) - place.x(column.start) - 1,
            HEIGHT - BOTTOM - place.y(column.value),
            fill(title, column.look),
            column.words,
        )
        for column in columns
    )
    return _picture(title, place.drawn() + drawn, {look: name for name, look in keys.items()}, place.floor)


def stack(
    title: str,
    unit: str,
    parts: Sequence[Line],
    dates: Sequence[dt.date],
    chosen: dt.date,
    apart: Line | None = None,
) -> str:
    """
    Draw parts, the first one lowest; a crawl without a value has no column. `apart` is a share of its own whole.

    Of a single crawl the column lies on its side.
    """
    if len(dates) == 1:
        return _of_one_crawl(title, unit, parts, chosen, apart)
    sums = [sum(values) for values in zip(*([value for _, value in part.points] for part in parts), strict=True)]
    width = _width(dates)
    top = 1.0 if unit == "share" else axes.top_of(unit, sums)
    place = axes.of_dates(unit, top, dates, chosen, width / 2 + 4)
    upright = "".join(_columns(title, place, parts, width))
    strip, height = _strip(title, place, apart, width) if apart and apart.points else ("", float(HEIGHT))
    keys = {f"k{number}": part.name for number, part in enumerate(parts)}
    return _picture(title, f"{place.drawn()}{upright}{place.mark()}{strip}", keys, height)


def _picture(title: str, inner: str, keys: Mapping[str, str], height: float) -> str:
    key_drawing, height = legend([(bar_key(title, look), name) for look, name in keys.items()], LEFT, height, WIDTH)
    return picture(title, WIDTH, height, f"{patterns(title, (*keys, _UNKNOWN))}{inner}{key_drawing}", "chart")


def _of_one_crawl(title: str, unit: str, parts: Sequence[Line], date: dt.date, apart: Line | None) -> str:
    values = [dict(part.points).get(date) for part in parts]
    top = 1.0 if unit == "share" else max(1.0, sum(filter(None, values)))
    words = [f"{part.name}, {date}: {written(unit, value)}" for part, value in zip(parts, values, strict=True)]
    row = [bars.Part(value or 0, f"k{number}", words[number]) for number, value in enumerate(values)]
    keys = {
        f"{part.name}: {written(unit, value)}": f"k{number}"
        for number, (part, value) in enumerate(zip(parts, values, strict=True))
    }
    rows = [bars.Bar("All", "", row)]
    if apart and (share := dict(apart.points).get(date)) is not None:
        note = written("share", share)
        rows.append(bars.Bar(apart.name, note, [bars.Part(share * top, _UNKNOWN, f"{apart.name}, {date}: {note}")]))
    return bars.bars(title, rows, unit=unit, top=top, keys=keys)


def _width(dates: Sequence[dt.date]) -> float:
    """Return a width at which no column covers another."""
    days = (dates[-1] - dates[0]).days
    nearest = min(((later - earlier).days for earlier, later in pairwise(dates)), default=1)
    return max(2.0, min(_WIDEST, 0.8 * (WIDTH - LEFT - RIGHT) * nearest / (days + nearest)))


def _columns(title: str, place: Axes, parts: Sequence[Line], width: float) -> Iterator[str]:
    below: dict[dt.date | float, float] = {}
    for number, part in enumerate(parts):
        for date, value in part.points:
            lower = below.get(date, 0.0)
            below[date] = lower + value
            upper, height = place.y(lower + value), place.y(lower) - place.y(lower + value)
            words = f"{part.name}, {date}: {written(place.unit, value)}"
            yield bar(place.x(date) - width / 2, upper, width, height, fill(title, f"k{number}"), words)


def _strip(title: str, place: Axes, apart: Line, width: float) -> tuple[str, float]:
    """Draw the share of what is unknown below the columns; return the height at which that ends, too."""
    top = axes.top_of("share", [value for _, value in apart.points])
    floor = HEIGHT + 22 + _STRIP
    shares = "".join(
        bar(
            place.x(date) - width / 2,
            floor - value / top * _STRIP,
            width,
            value / top * _STRIP,
            fill(title, _UNKNOWN),
            f"{apart.name}, {date}: {written('share', value)}",
        )
        for date, value in apart.points
    )
    grid = path(f"M{LEFT} {floor:g}H{WIDTH - RIGHT}M{LEFT} {floor - _STRIP:g}H{WIDTH - RIGHT}", "grid", GRID)
    scale = text(LEFT - 8, floor - _STRIP + 4, tick("share", top), anchor="end")
    return f"{text(LEFT, HEIGHT + 12, apart.name)}{grid}{scale}{shares}", floor + 12
