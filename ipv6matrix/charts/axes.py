"""
The axes of upright charts: dates or numbers to the right, a share, ratio or count upwards.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ipv6matrix.charts.drawing import DIM, GRID, INK, path, text, tick

WIDTH, HEIGHT = 720, 320
LEFT, RIGHT, TOP, BOTTOM = 58, 16, 18, 34
_STEPS = 5
# Pixels between the middles of two dates.
_APART = 96


@dataclass(frozen=True, slots=True, kw_only=True)
class Axes:
    """Where values lie, in units of the picture."""

    unit: str
    "Of the vertical axis: share (0 to 1), ratio (1 is equal) or count."
    top: float
    span: tuple[float, float]
    "The first and the last value of the horizontal axis; of a date its ordinal."
    ticks: Mapping[float, str]
    titles: tuple[str, str] = ("", "")
    "Of the horizontal and of the vertical axis."
    chosen: dt.date | None = None
    margin: float = 0
    "Room next to the first and the last value."
    is_logarithmic: bool = False

    def x(self, value: dt.date | float) -> float:
        first, last, here = (self._scaled(number(position)) for position in (*self.span, value))
        part = (here - first) / (last - first) if last > first else 0.5
        return LEFT + self.margin + part * (WIDTH - LEFT - RIGHT - 2 * self.margin)

    def y(self, value: float) -> float:
        return HEIGHT - BOTTOM - value / self.top * (HEIGHT - TOP - BOTTOM)

    @property
    def floor(self) -> float:
        """The height at which the axes and their texts end."""
        return HEIGHT + (16 if self.titles[0] else 0)

    def drawn(self) -> str:
        """Draw the grid with its texts."""
        across, upwards = self.titles
        x_title = text((LEFT + WIDTH - RIGHT) / 2, HEIGHT + 8, across, anchor="middle") if across else ""
        return "".join((*self._grid(), *self._ticks(), x_title, text(LEFT, 11, upwards) if upwards else ""))

    def mark(self) -> str:
        """Draw a mark at the chosen date."""
        if self.chosen is None:
            return ""
        x = self.x(self.chosen)
        line = path(f"M{x:.1f} {TOP}V{HEIGHT - BOTTOM}", "now", DIM, ' stroke-dasharray="3 3"')
        return f'{line}<path d="M{x - 5:.1f} {TOP - 8}h10l-5 7z" class="ink" fill="{INK}"/>'

    def _scaled(self, value: float) -> float:
        return math.log(value) if self.is_logarithmic else value

    def _grid(self) -> Iterator[str]:
        steps = {"ratio": round(self.top * 4) if self.top <= 2 else _STEPS, "level": round(self.top)}
        parts = steps.get(self.unit, _STEPS)
        for step in range(parts + 1):
            value = self.top * step / parts
            y = self.y(value)
            colour = DIM if self.unit == "ratio" and math.isclose(value, 1) else GRID
            yield path(f"M{LEFT} {y:.1f}H{WIDTH - RIGHT}", "grid", colour)
            yield text(LEFT - 8, y + 4, tick(self.unit, value), anchor="end")

    def _ticks(self) -> Iterator[str]:
        for value, words in self.ticks.items():
            yield text(min(self.x(value), WIDTH - 4 * len(words)), HEIGHT - 12, words, anchor="middle")


def of_dates(unit: str, top: float, dates: Sequence[dt.date], chosen: dt.date, margin: float = 8) -> Axes:
    """Return the axes of figures over crawls; of many crawls not all are named."""
    span = dates[0].toordinal(), dates[-1].toordinal()
    axes = Axes(unit=unit, top=top, span=span, ticks={}, margin=margin)
    ticks: dict[float, str] = {}
    last = -math.inf
    for date in dates:
        if axes.x(date) - last >= _APART:
            last = axes.x(date)
            ticks[date.toordinal()] = str(date)
    return Axes(unit=unit, top=top, span=span, ticks=ticks, chosen=chosen, margin=margin)


def number(value: dt.date | float) -> float:
    """Return the place of a value on a horizontal axis."""
    return value.toordinal() if isinstance(value, dt.date) else value


def top_of(unit: str, values: Iterable[float]) -> float:
    """Return the value at the upper end of an axis that has room for all."""
    if unit == "level":
        return 6
    most = max(values, default=1.0)
    if unit == "share":
        return next(step for step in (0.01, 0.05, 0.1, 0.2, 0.5, 1.0) if most <= step or step == 1)
    return max(1.5, math.ceil(most * 2) / 2) if unit == "ratio" else max(_STEPS, math.ceil(most / _STEPS) * _STEPS)
