"""
Bars as SVG, for when there is one crawl only and no time to draw: each value with its name, on a track.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from html import escape
from typing import Final

from ipv6matrix.web.pages.axes import COLOURS, picture, top_of, written
from ipv6matrix.web.pages.series import Line

# Narrower than charts over time, so that texts can be read on a narrow screen.
WIDTH: Final = 480
LEFT, RIGHT = 4, WIDTH - 4
ROW: Final = 44.0
_THICK: Final = 12.0


def draw(title: str, unit: str, lines: Sequence[Line], date: dt.date) -> str:
    """Draw what each line says of a date; where it says nothing its track is empty."""
    values = [dict(line.points).get(date) for line in lines]
    top = 1.0 if unit == "share" else top_of(unit, [value for value in values if value is not None])
    rows = "".join(
        row(number * ROW, line.name, value, look(number), unit=unit, date=date, top=top)
        for number, (line, value) in enumerate(zip(lines, values, strict=True))
    )
    height = ROW * len(lines)
    return bars(title, height + 18, rows + _equal(top, height)) if unit == "ratio" else bars(title, height, rows)


def bars(title: str, height: float, inner: str) -> str:
    """Return a whole picture of the width of bars."""
    return picture(title, height + 6, inner, width=WIDTH, kind="bars")


def look(number: int) -> str:
    """Return the attributes of the bar of a line."""
    return f'fill="{COLOURS[number % len(COLOURS)]}" class="s{number % len(COLOURS)} point"'


def row(upper: float, name: str, value: float | None, look: str, *, unit: str, date: dt.date, top: float) -> str:
    """Draw one value below a height: its name, the value in words, and a bar whose whole track means `top`."""
    text = written(unit, value)
    y = upper + 25
    track = (
        f'<rect x="{LEFT}" y="{y:g}" width="{RIGHT - LEFT}" height="{_THICK:g}" rx="2" class="track" fill="#e9edf1"/>'
    )
    told = words(upper + 18, name, text)
    if value is None:
        return told + track
    return told + track + bar(LEFT, part(value, top), (y, _THICK), look, f"{name}, {date}: {text}")


def words(y: float, name: str, text: str, left: float = LEFT) -> str:
    """Write a name, and at the other side its value."""
    look = 'class="ink" fill="#1f2328"'
    value = f'<text x="{RIGHT}" y="{y:g}" text-anchor="end" font-weight="bold" {look}>{text}</text>'
    return f'<text x="{left:g}" y="{y:g}" {look}>{escape(name)}</text>{value}'


def bar(x: float, width: float, between: tuple[float, float], look: str, text: str) -> str:
    """Draw a bar at a height, with its thickness, and what it says."""
    place = f'x="{x:.1f}" y="{between[0]:g}" width="{width:.1f}" height="{between[1]:g}"'
    return f"<rect {place} {look}><title>{escape(text)}</title></rect>"


def part(value: float, top: float) -> float:
    """Return the length of a value on a track."""
    return value / top * (RIGHT - LEFT)


def _equal(top: float, height: float) -> str:
    """Mark where both families are equal."""
    x = LEFT + part(1, top)
    return (
        f'<path d="M{x:.1f} 22V{height:g}" class="now" stroke="#59636e" stroke-dasharray="3 3"/>'
        f'<text x="{x:.1f}" y="{height + 15:g}" text-anchor="middle" font-size="12" class="dim" fill="#59636e">'
        "1.00: equal</text>"
    )
