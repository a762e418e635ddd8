"""
Bars that lie on their side: each value with its name and its words, on a track.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from ipv6matrix.charts.drawing import (
    DIM,
    TRACK,
    bar,
    bar_key,
    fill,
    legend,
    path,
    patterns,
    picture,
    text,
    tick,
)

# Narrower than charts over time, so that texts can be read on a narrow screen.
WIDTH = 400
LEFT, RIGHT = 4, WIDTH - 4
ROW, _THICK = 42.0, 14.0


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a bar."""

    value: float
    look: str
    words: str
    "What appears under the pointer."


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of one or more parts; without a part its track is empty."""

    name: str
    note: str
    "Its value in words."
    parts: Sequence[Part]


def bars(
    title: str, rows: Sequence[Bar], *, unit: str = "share", top: float = 1.0, keys: Mapping[str, str] | None = None
) -> str:
    """Draw bars whose whole track means `top`; `keys` are the looks by what they mean."""
    looks = [part.look for row in rows for part in row.parts]
    inner = "".join(_row(title, number * ROW, row, top) for number, row in enumerate(rows))
    scale, height = _scale(unit, top, ROW * len(rows) + 2)
    key_drawing, height = legend(
        [(bar_key(title, look), name) for name, look in (keys or {}).items()], LEFT, height, RIGHT
    )
    return picture(title, WIDTH, height + 4, f"{patterns(title, looks)}{inner}{scale}{key_drawing}", "bars")


def _row(title: str, upper: float, row: Bar, top: float) -> str:
    y = upper + 24
    scale = (RIGHT - LEFT) / top
    track = bar(LEFT, y, RIGHT - LEFT, _THICK, f'rx="2" class="track" fill="{TRACK}"')
    starts = accumulate((part.value for part in row.parts), initial=0.0)
    parts = "".join(
        bar(LEFT + start * scale, y, part.value * scale, _THICK, fill(title, part.look), part.words)
        for start, part in zip(starts, row.parts, strict=False)
    )
    note = text(RIGHT, upper + 18, row.note, "ink", "end", is_bold=True) if row.note else ""
    return f"{text(LEFT, upper + 18, row.name, 'ink')}{note}{track}{parts}"


def _scale(unit: str, top: float, height: float) -> tuple[str, float]:
    """Mark where both families are equal, or what a whole track means if that is not everything."""
    if unit == "ratio":
        x = LEFT + (RIGHT - LEFT) / top
        line = path(f"M{x:.1f} 22V{height - 2:g}", "now", DIM, ' stroke-dasharray="3 3"')
        return line + text(x, height + 13, "1.00: equal", anchor="middle"), height + 18
    if top == 1:
        return "", height
    return text(LEFT, height + 13, tick(unit, 0)) + text(RIGHT, height + 13, tick(unit, top), anchor="end"), height + 18
