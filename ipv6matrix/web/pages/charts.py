"""
Line charts as SVG: self-contained, with a title for each point; a page's style may recolour them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from html import escape
from typing import Final

from ipv6matrix.web.pages import bars
from ipv6matrix.web.pages.axes import COLOURS, HEIGHT, Axes, legend, picture, top_of, written
from ipv6matrix.web.pages.series import Line

# Shapes repeat what colours say.
_DASHES: Final = ("", "", "7 3", "2 3", "9 3 2 3", "12 4")


def chart(title: str, unit: str, lines: Sequence[Line], dates: Sequence[dt.date], chosen: dt.date) -> str:
    """Draw lines over the dates of crawls; where a line has no value it has a gap. Of a single crawl draw bars."""
    if len(dates) == 1:
        return bars.draw(title, unit, lines, chosen)
    top = top_of(unit, [value for line in lines for _, value in line.points])
    axes = Axes(unit=unit, top=top, dates=dates, chosen=chosen)
    marks = "".join(_series(number % len(COLOURS), line, axes) for number, line in reversed(list(enumerate(lines))))
    keys, height = legend([(_key(number % len(COLOURS)), line.name) for number, line in enumerate(lines)], HEIGHT)
    return picture(title, height, f"{axes.drawn()}{axes.mark()}{marks}{keys}")


def _key(number: int) -> str:
    return (
        f'<path d="M0 0h24" stroke="{COLOURS[number]}" stroke-width="2.2" fill="none"'
        f' stroke-dasharray="{_DASHES[number]}" class="l{number}"/>'
    )


def _series(number: int, line: Line, axes: Axes) -> str:
    colour = COLOURS[number]
    places = {date: (axes.x(date), axes.y(value)) for date, value in line.points}
    path = "".join(
        f"{'L' if before in places else 'M'}{places[date][0]:.1f} {places[date][1]:.1f}"
        for before, date in zip((None, *axes.dates), axes.dates, strict=False)
        if date in places
    )
    # Of many crawls the points would hide the line; they stay where the pointer finds them.
    radius = 3.5 if len(axes.dates) <= 30 else 2.4
    points = "".join(
        f'<circle cx="{places[date][0]:.1f}" cy="{places[date][1]:.1f}" r="{radius}" fill="{colour}"'
        f' class="s{number} point">'
        f"<title>{escape(line.name)}, {date}: {written(axes.unit, value)}</title></circle>"
        for date, value in line.points
    )
    return (
        f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2.2" stroke-dasharray="{_DASHES[number]}"'
        f' class="l{number}"/>{points}'
    )
