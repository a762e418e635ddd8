"""
Line charts, over crawls or over numbers.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from itertools import groupby

from ipv6matrix.charts import axes, bars
from ipv6matrix.charts.axes import Axes
from ipv6matrix.charts.drawing import COLOURS, PLAIN, Line, bounds, legend, path, picture, titled

# Shapes repeat what colours say.
_DASHES = ("", "", "7 3", "2 3", "9 3 2 3", "12 4")
# Of a band: one without any height is still seen next to its line.
_EDGE = 1
# The opacity of a band alone; those of several lines overlap.
_SHADE = 0.2
# More points would hide their line.
_FEW = 30


def over_time(title: str, unit: str, lines: Sequence[Line], dates: Sequence[dt.date], chosen: dt.date) -> str:
    """Draw lines over the dates of crawls; of a single crawl draw bars."""
    if len(dates) == 1:
        return _of_one_crawl(title, unit, lines, chosen)
    top = axes.top_of(unit, [value for line in lines for _, value in (*line.points, *line.upper)])
    return draw(title, lines, axes.of_dates(unit, top, dates, chosen), dates)


def draw(title: str, lines: Sequence[Line], place: Axes, steps: Sequence[dt.date | float], suffix: str = "") -> str:
    """Draw lines over `steps`, whose unit is `suffix`; a line has a gap at each step without a value."""
    looks = [line.look or f"s{number % PLAIN}" for number, line in enumerate(lines)]
    drawn = [_line(line, look, place, steps, suffix) for line, look in zip(lines, looks, strict=True)]
    keys = [(_stroke("M0 0h24", look), line.name) for line, look in zip(lines, looks, strict=True)]
    key_drawing, height = legend(keys, axes.LEFT, place.floor, axes.WIDTH)
    # The first line is the most important one, and so lies above the others.
    opacity = _SHADE if len(lines) == 1 else _SHADE / 2
    bands = "".join(_band(line, look, place, steps, opacity) for line, look in zip(lines, looks, strict=True))
    inner = f"{place.drawn()}{bands}{place.mark()}{''.join(reversed(drawn))}{key_drawing}"
    return picture(title, axes.WIDTH, height, inner, "chart")


def _line(line: Line, look: str, place: Axes, steps: Sequence[dt.date | float], suffix: str) -> str:
    places = {step: (place.x(step), place.y(value)) for step, value in line.points}
    d = "".join(
        f"{'L' if before in places else 'M'}{places[step][0]:.1f} {places[step][1]:.1f}"
        for before, step in zip((None, *steps), steps, strict=False)
        if step in places
    )
    radius = 3.5 if len(steps) <= _FEW else 2.4
    upper = dict(line.upper)
    points = "".join(
        f'<circle cx="{places[step][0]:.1f}" cy="{places[step][1]:.1f}" r="{radius}" fill="{COLOURS[look]}"'
        f' class="{look} point">'
        f"{titled(f'{line.name}, {_step_text(step, suffix)}: {bounds(place.unit, value, upper.get(step))}')}</circle>"
        for step, value in line.points
    )
    return _stroke(d, look) + points


def _band(line: Line, look: str, place: Axes, steps: Sequence[dt.date | float], opacity: float) -> str:
    """Shade what lies between the bounds of a line: a shape for each run of steps without a gap."""
    lower, upper = dict(line.points), dict(line.upper)
    runs = groupby(steps, key=lambda step: step in lower and step in upper)
    return "".join(
        f'<path d="{_around([*run], lower, upper, place)}" class="{look} band" fill="{COLOURS[look]}"'
        f' fill-opacity="{opacity:g}" stroke="{COLOURS[look]}" stroke-width="{_EDGE}" stroke-opacity=".5"/>'
        for is_known, run in runs
        if is_known
    )


def _around(
    run: Sequence[dt.date | float],
    lower: Mapping[dt.date | float, float],
    upper: Mapping[dt.date | float, float],
    place: Axes,
) -> str:
    upper_edge = [(place.x(step), place.y(upper[step])) for step in run]
    lower_edge = [(place.x(step), place.y(lower[step])) for step in reversed(run)]
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in (*upper_edge, *lower_edge)) + "Z"


def _step_text(step: dt.date | float, suffix: str) -> str:
    return str(step) if isinstance(step, dt.date) else f"{step:,.4g} {suffix}"


def _stroke(d: str, look: str) -> str:
    dashes = _DASHES[int(look[1:])]
    return path(d, f"l{look[1:]}", COLOURS[look], f' stroke-width="2.2" stroke-dasharray="{dashes}"')


def _of_one_crawl(title: str, unit: str, lines: Sequence[Line], date: dt.date) -> str:
    rows = []
    for number, line in enumerate(lines):
        value, upper = dict(line.points).get(date), dict(line.upper).get(date)
        note = bounds(unit, value, upper)
        words = f"{line.name}, {date}: {note}"
        parts = [] if value is None else [bars.Part(value, line.look or f"s{number % PLAIN}", words)]
        if value is not None and upper is not None:
            parts.append(bars.Part(upper - value, "unknown", words))
        rows.append(bars.Bar(line.name, note, parts))
    values = [part.value for row in rows for part in row.parts]
    return bars.bars(title, rows, unit=unit, top=1.0 if unit == "share" else axes.top_of(unit, values))
