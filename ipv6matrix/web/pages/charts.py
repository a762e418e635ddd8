"""
Line charts as SVG: self-contained, with a title for each point; a page's style may recolour them.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from ipv6matrix.web.pages.series import Line

# Okabe and Ito (2008): told apart by colour-blind readers. Shapes repeat what colours say.
COLOURS: Final = ("#1f2328", "#0072b2", "#d55e00", "#008a63", "#b0568c", "#8a6d00")
_DASHES: Final = ("", "", "7 3", "2 3", "9 3 2 3", "12 4")
WIDTH, HEIGHT = 720, 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 16, 16, 34


def chart(title: str, unit: str, lines: Sequence[Line], dates: Sequence[dt.date], chosen: dt.date) -> str:
    """Draw lines over the dates of crawls; where a line has no value it has a gap."""
    top = _top(unit, [value for line in lines for _, value in line.points])
    marks = "".join(
        _series(number % len(COLOURS), line, dates, top, unit) for number, line in reversed(list(enumerate(lines)))
    )
    legend, high = _legend(lines)
    height = HEIGHT + high
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" class="chart" role="img"'
        f' aria-label="{escape(title)}" font-family="sans-serif" font-size="13"><title>{escape(title)}</title>'
        f'<rect class="back" width="{WIDTH}" height="{height}" fill="#fff"/>'
        f"{''.join(_grid(unit, top))}{''.join(_days(dates))}{_now(dates, chosen)}{marks}{legend}</svg>"
    )


def written(unit: str, value: float | None) -> str:
    """Write a value for readers."""
    if value is None:
        return "\u2013"
    return f"{value * 100:.1f} %" if unit == "share" else f"{value:.2f}"


def _top(unit: str, values: Sequence[float]) -> float:
    most = max(values, default=1.0)
    if unit == "share":
        return next(step for step in (0.05, 0.1, 0.2, 0.5, 1.0) if most <= step or step == 1)
    return max(1.5, math.ceil(most * 2) / 2)


def _x(date: dt.date, dates: Sequence[dt.date]) -> float:
    days = (dates[-1] - dates[0]).days
    part = (date - dates[0]).days / days if days else 0.5
    return _LEFT + 8 + part * (WIDTH - _LEFT - _RIGHT - 16)


def _y(value: float, top: float) -> float:
    return HEIGHT - _BOTTOM - value / top * (HEIGHT - _TOP - _BOTTOM)


def _grid(unit: str, top: float) -> Iterator[str]:
    steps = round(top * 4) if unit == "ratio" and top <= 2 else 5
    for step in range(steps + 1):
        value = top * step / steps
        y = _y(value, top)
        strong = unit == "ratio" and math.isclose(value, 1)
        text = f"{value * 100:g} %" if unit == "share" else f"{value:.2f}"
        yield (
            f'<path d="M{_LEFT} {y:.1f}H{WIDTH - _RIGHT}" class="grid" stroke="{"#59636e" if strong else "#d8dee4"}"/>'
            f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" class="dim" fill="#59636e">{text}</text>'
        )


def _days(dates: Sequence[dt.date]) -> Iterator[str]:
    last = -1000.0
    for date in dates:
        x = _x(date, dates)
        if x - last > 84:
            last = x
            place = min(max(x, _LEFT + 30), WIDTH - _RIGHT - 34)
            yield (
                f'<text x="{place:.1f}" y="{HEIGHT - 12}" text-anchor="middle" class="dim" fill="#59636e">{date}</text>'
            )


def _now(dates: Sequence[dt.date], chosen: dt.date) -> str:
    x = _x(chosen, dates)
    return f'<path d="M{x:.1f} {_TOP}V{HEIGHT - _BOTTOM}" class="now" stroke="#59636e" stroke-dasharray="3 3"/>'


def _series(number: int, line: Line, dates: Sequence[dt.date], top: float, unit: str) -> str:
    colour = COLOURS[number]
    places = {date: (_x(date, dates), _y(value, top)) for date, value in line.points}
    path = "".join(
        f"{'L' if before in places else 'M'}{places[date][0]:.1f} {places[date][1]:.1f}"
        for before, date in zip((None, *dates), dates, strict=False)
        if date in places
    )
    points = "".join(
        f'<circle cx="{places[date][0]:.1f}" cy="{places[date][1]:.1f}" r="3.5" fill="{colour}"'
        f' class="s{number} point">'
        f"<title>{escape(line.name)}, {date}: {written(unit, value)}</title></circle>"
        for date, value in line.points
    )
    return (
        f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2.2" stroke-dasharray="{_DASHES[number]}"'
        f' class="l{number}"/>{points}'
    )


def _legend(lines: Sequence[Line]) -> tuple[str, int]:
    parts, x, y = [], _LEFT, HEIGHT + 12
    for number, line in enumerate(lines):
        width = 44 + len(line.name) * 7.4
        if x + width > WIDTH:
            x, y = _LEFT, y + 22
        parts.append(
            f'<path d="M{x:.0f} {y}h24" stroke="{COLOURS[number]}" stroke-width="2.2" fill="none"'
            f' stroke-dasharray="{_DASHES[number]}" class="l{number}"/>'
            f'<text x="{x + 30:.0f}" y="{y + 4}" class="ink" fill="#1f2328">{escape(line.name)}</text>'
        )
        x += round(width)
    return "".join(parts), y - HEIGHT + 14
