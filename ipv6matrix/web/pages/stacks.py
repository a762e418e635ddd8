"""
Stacked bars as SVG, one for each crawl: colour and pattern distinguish parts; unknown ones stand below, separately.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from html import escape
from itertools import pairwise
from typing import Final

from ipv6matrix.web.pages import bars
from ipv6matrix.web.pages.axes import HEIGHT, LEFT, RIGHT, WIDTH, Axes, legend, picture, top_of, written
from ipv6matrix.web.pages.series import Line

COLOURS: Final = ("#c5ced8", "#0072b2", "#008a63", "#d55e00")
# What lies over the colour of each part, in a tile of 8 by 8; the first is plain.
_OVER: Final = (
    "",
    '<path d="M-2 2L2 -2M0 8L8 0M6 10L10 6"/>',
    '<path d="M0 2H8M0 6H8"/>',
    '<path d="M2 0V8M0 2H8"/>',
)
_UNKNOWN: Final = '<path d="M-2 6L2 10M0 0L8 8M6 -2L10 2"/>'
_WIDEST: Final = 64.0
_STRIP: Final = 26.0
# Of the bar of a single crawl.
_THICK: Final = 34.0


def stack(
    title: str,
    unit: str,
    parts: Sequence[Line],
    dates: Sequence[dt.date],
    chosen: dt.date,
    apart: Line | None = None,
) -> str:
    """
    Draw parts, the first one lowest; a crawl without a value has no bar. `apart` is a share of its own whole.

    Of a single crawl the bar lies on its side, over its key.
    """
    name = "".join(letter if letter.isalnum() else "-" for letter in title.lower())
    patterns = f"<defs>{''.join(_pattern(name, number) for number in range(-1, len(parts)))}</defs>"
    if len(dates) == 1:
        drawn, height = _lying(name, unit, parts, chosen, apart)
        return bars.bars(title, height, patterns + drawn)
    sums = [sum(of) for of in zip(*([value for _, value in part.points] for part in parts), strict=True)]
    wide = _width(dates)
    top = 1.0 if unit == "share" else top_of(unit, sums)
    axes = Axes(unit=unit, top=top, dates=dates, chosen=chosen, margin=wide / 2 + 4)
    upright = "".join(_bars(axes, parts, wide, name))
    strip, height = _strip(axes, apart, wide, name) if apart and apart.points else ("", float(HEIGHT))
    keys, height = legend([(_key(name, number), part.name) for number, part in enumerate(parts)], height)
    return picture(title, height, f"{patterns}{axes.drawn()}{upright}{axes.mark()}{strip}{keys}")


def _lying(name: str, unit: str, parts: Sequence[Line], date: dt.date, apart: Line | None) -> tuple[str, float]:
    """Draw parts side by side, then a line for each; give the height at which that ends."""
    values = [dict(part.points).get(date) for part in parts]
    top = 1.0 if unit == "share" else max(1.0, sum(value or 0 for value in values))
    drawn, x, y = [], float(bars.LEFT), 4 + _THICK + 8
    for number, (part, value) in enumerate(zip(parts, values, strict=True)):
        text, wide = written(unit, value), bars.part(value or 0, top)
        look = f'fill="url(#{name}-{number})" class="bar point"'
        drawn.append(bars.bar(x, wide, (4, _THICK), look, f"{part.name}, {date}: {text}"))
        drawn.append(
            f'<g transform="translate({bars.LEFT} {y + 14:g})">{_key(name, number)}</g>'
            f"{bars.words(y + 19, part.name, text, bars.LEFT + 34)}"
        )
        x, y = x + wide, y + 26
    if apart and (share := dict(apart.points).get(date)) is not None:
        look = f'fill="url(#{name}-unknown)" class="bar point"'
        drawn.append(bars.row(y, apart.name, share, look, unit="share", date=date, top=1.0))
        y += bars.ROW
    return "".join(drawn), y


def _width(dates: Sequence[dt.date]) -> float:
    """Return a width at which no bar covers another."""
    days = (dates[-1] - dates[0]).days
    nearest = min(((two - one).days for one, two in pairwise(dates)), default=1)
    return max(2.0, min(_WIDEST, 0.8 * (WIDTH - LEFT - RIGHT) * nearest / (days + nearest)))


def _bars(axes: Axes, parts: Sequence[Line], wide: float, name: str) -> Iterator[str]:
    below = dict.fromkeys(axes.dates, 0.0)
    for number, part in enumerate(parts):
        for date, value in part.points:
            lower, upper = axes.y(below[date]), axes.y(below[date] + value)
            below[date] += value
            text = f"{part.name}, {date}: {written(axes.unit, value)}"
            yield _bar(axes.x(date), (upper, lower), wide, f"{name}-{number}", text)


def _bar(x: float, between: tuple[float, float], wide: float, fill: str, text: str) -> str:
    upper, lower = between
    return (
        f'<rect x="{x - wide / 2:.1f}" y="{upper:.1f}" width="{wide:.1f}" height="{max(lower - upper, 0):.1f}"'
        f' fill="url(#{fill})" class="bar point"><title>{escape(text)}</title></rect>'
    )


def _strip(axes: Axes, apart: Line, wide: float, name: str) -> tuple[str, float]:
    top = top_of("share", [value for _, value in apart.points])
    floor = HEIGHT + 22 + _STRIP
    shares = "".join(
        _bar(
            axes.x(date),
            (floor - value / top * _STRIP, floor),
            wide,
            f"{name}-unknown",
            f"{apart.name}, {date}: {written('share', value)}",
        )
        for date, value in apart.points
    )
    drawn = (
        f'<text x="{LEFT}" y="{HEIGHT + 12}" class="dim" fill="#59636e">{escape(apart.name)}</text>'
        f'<path d="M{LEFT} {floor:g}H{WIDTH - RIGHT}M{LEFT} {floor - _STRIP:g}H{WIDTH - RIGHT}" class="grid"'
        f' stroke="#d8dee4"/><text x="{LEFT - 8}" y="{floor - _STRIP + 4:g}" text-anchor="end" class="dim"'
        f' fill="#59636e">{top * 100:g} %</text>{shares}'
    )
    return drawn, floor + 12


def _key(name: str, number: int) -> str:
    return f'<rect y="-7" width="24" height="14" fill="url(#{name}-{number})" class="bar"/>'


def _pattern(name: str, number: int) -> str:
    colour, over = (COLOURS[number], _OVER[number]) if number >= 0 else ("#eef1f4", _UNKNOWN)
    word = number if number >= 0 else "unknown"
    return (
        f'<pattern id="{name}-{word}" width="8" height="8" patternUnits="userSpaceOnUse">'
        f'<rect width="8" height="8" fill="{colour}" class="k{word}"/>'
        f'<g class="over{word}" stroke="{"#fff" if number >= 0 else "#8b96a3"}" stroke-opacity=".55"'
        f' stroke-width="1.2">{over}</g></pattern>'
    )
