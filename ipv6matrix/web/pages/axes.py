"""
The axes of charts: time to the right, a share, ratio or count upwards.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

WIDTH, HEIGHT = 720, 320
LEFT, RIGHT, TOP, BOTTOM = 58, 16, 18, 34
# Okabe and Ito (2008): distinguishable to colour-blind readers.
COLOURS: Final = ("#1f2328", "#0072b2", "#d55e00", "#008a63", "#b0568c", "#8a6d00")
_STEPS: Final = 5
# Pixels between the middles of two dates.
_APART: Final = 96


@dataclass(frozen=True, slots=True, kw_only=True)
class Axes:
    """Where dates and values lie, in units of the picture."""

    unit: str
    "share (0 to 1), ratio (1 is equal) or count."
    top: float
    dates: Sequence[dt.date]
    chosen: dt.date
    margin: float = 8
    "Room beside the first and the last date."

    def x(self, date: dt.date) -> float:
        days = (self.dates[-1] - self.dates[0]).days
        part = (date - self.dates[0]).days / days if days else 0.5
        return LEFT + self.margin + part * (WIDTH - LEFT - RIGHT - 2 * self.margin)

    def y(self, value: float) -> float:
        return HEIGHT - BOTTOM - value / self.top * (HEIGHT - TOP - BOTTOM)

    def drawn(self) -> str:
        """Draw the grid with its texts."""
        return f"{''.join(self._grid())}{''.join(self._days())}"

    def mark(self) -> str:
        """Draw a mark at the chosen crawl."""
        x = self.x(self.chosen)
        return (
            f'<path d="M{x:.1f} {TOP}V{HEIGHT - BOTTOM}" class="now" stroke="#59636e" stroke-dasharray="3 3"/>'
            f'<path d="M{x - 5:.1f} {TOP - 8}h10l-5 7z" class="ink" fill="#1f2328"/>'
        )

    def _grid(self) -> Iterator[str]:
        steps = round(self.top * 4) if self.unit == "ratio" and self.top <= 2 else _STEPS
        for step in range(steps + 1):
            value = self.top * step / steps
            y = self.y(value)
            colour = "#59636e" if self.unit == "ratio" and math.isclose(value, 1) else "#d8dee4"
            yield (
                f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" class="grid" stroke="{colour}"/>'
                f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" class="dim" fill="#59636e">'
                f"{_tick(self.unit, value)}</text>"
            )

    def _days(self) -> Iterator[str]:
        last = -math.inf
        for date in self.dates:
            place = min(max(self.x(date), LEFT + 30), WIDTH - RIGHT - 34)
            if place - last >= _APART:
                last = place
                yield (
                    f'<text x="{place:.1f}" y="{HEIGHT - 12}" text-anchor="middle" class="dim" fill="#59636e">'
                    f"{date}</text>"
                )


def top_of(unit: str, values: Iterable[float]) -> float:
    """Return the value at the upper end of an axis that has room for all."""
    most = max(values, default=1.0)
    if unit == "share":
        return next(step for step in (0.05, 0.1, 0.2, 0.5, 1.0) if most <= step or step == 1)
    return max(1.5, math.ceil(most * 2) / 2) if unit == "ratio" else max(_STEPS, math.ceil(most / _STEPS) * _STEPS)


def written(unit: str, value: float | None) -> str:
    """Write a value for readers."""
    if value is None:
        return "\u2013"
    if unit == "count":
        return f"{value:,.0f}"
    return f"{value * 100:.1f} %" if unit == "share" else f"{value:.2f}"


def picture(title: str, height: float, inner: str, *, width: float = WIDTH, kind: str = "chart") -> str:
    """Return a whole picture; `kind` is its class."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" class="{kind}" role="img"'
        f' aria-label="{escape(title)}" font-family="Arial, Helvetica, sans-serif" font-size="14">'
        f'<title>{escape(title)}</title><rect class="back" width="{width:g}" height="{height:g}" fill="#fff"/>'
        f"{inner}</svg>"
    )


def legend(entries: Sequence[tuple[str, str]], upper: float) -> tuple[str, float]:
    """
    Place keys, 24 wide and around the height 0, with their names, below a height.

    Gives the drawing, and the height at which it ends.
    """
    parts, x, y = [], float(LEFT), upper + 12
    for key, name in entries:
        width = 46 + sum(11 if letter.isupper() else 7.8 for letter in name)
        if x > LEFT and x + width > WIDTH:
            x, y = LEFT, y + 22
        parts.append(
            f'<g transform="translate({x:.0f} {y:g})">{key}'
            f'<text x="31" y="4" class="ink" fill="#1f2328">{escape(name)}</text></g>'
        )
        x += width
    return "".join(parts), y + 14


def _tick(unit: str, value: float) -> str:
    if unit == "count":
        return f"{value:,.0f}"
    return f"{value * 100:g} %" if unit == "share" else f"{value:.2f}"
