"""
What all charts are drawn with: colours, words, bars, legends and whole pictures.

A colour is both an attribute, for pictures that are taken away, and a class, which a page recolours when the
reader prefers dark pages. Patterns and dashes repeat what colours say, and each mark has its numbers as a title.
Colours are those of Okabe and Ito (https://jfly.uni-koeln.de/color/).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

INK, DIM, GRID, TRACK = "#1f2328", "#59636e", "#d8dee4", "#e9edf1"
COLOURS: Final = {
    **dict(s0=INK, s1="#0072b2", s2="#d55e00", s3="#008a63", s4="#b0568c", s5="#8a6d00"),
    **dict(k0="#c5ced8", k1="#0072b2", k2="#008a63", k3="#d55e00", k4="#e6b800", unknown="#eef1f4"),
}
"By look: `s` is plain, as lines are; `k` and `unknown` have a pattern."
PLAIN: Final = 6
"Looks that begin with `s`."
IPV4, IPV6, REST, UNKNOWN = "k3", "k1", "k0", "unknown"
OTHERS: Final = ("k2", "k4")
LINE4, LINE6 = "s2", "s1"

# What lies over the colour of a look, in a tile of 8 by 8.
_OVER: Final = {
    "k0": "",
    "k1": "M-2 2L2 -2M0 8L8 0M6 10L10 6",
    "k2": "M0 2H8M0 6H8",
    "k3": "M2 0V8M0 2H8",
    "k4": "M2 0V8M6 0V8",
    "unknown": "M-2 6L2 10M0 0L8 8M6 -2L10 2",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A figure over dates or numbers; where it has no point there is a gap."""

    name: str
    points: tuple[tuple[dt.date | float, float], ...]
    look: str = ""
    "One of COLOURS; chosen by place if there is none."
    upper: tuple[tuple[dt.date | float, float], ...] = ()
    "Upper bounds, where the points are lower ones: what lies between is shaded."


def written(unit: str, value: float | None) -> str:
    """Return a value as readers see it."""
    if value is None:
        return "\u2013"
    if unit == "count":
        return f"{value:,.0f}"
    if unit == "level":
        return "5+" if value > 5 else f"{value:.0f}"
    return f"{value * 100:.1f} %" if unit == "share" else f"{value:.2f}"


def bounds(unit: str, lower: float | None, upper: float | None) -> str:
    """Return a value between two bounds as readers see it: one value if they are the same, or if there is no upper."""
    low, high = written(unit, lower), written(unit, upper)
    return low if upper is None or low == high else f"{low.removesuffix(' %')} to {high}"


def tick(unit: str, value: float) -> str:
    """Return a value as an axis shows it."""
    return f"{value * 100:g} %" if unit == "share" else written(unit, value)


def text(
    x: float, y: float, words: str, kind: str = "dim", anchor: str = "start", *, size: int = 14, is_bold: bool = False
) -> str:
    """Write words at a place; `kind` is dim or ink."""
    colour = INK if kind == "ink" else DIM
    more = (f' font-size="{size}"' if size != 14 else "") + (' font-weight="bold"' if is_bold else "")
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{kind}" fill="{colour}"{more}>'
        f"{escape(words)}</text>"
    )


def path(d: str, kind: str, colour: str, more: str = "") -> str:
    """Draw a line without a fill."""
    return f'<path d="{d}" class="{kind}" stroke="{colour}" fill="none"{more}/>'


def bar(left: float, upper: float, width: float, height: float, fill: str, words: str = "") -> str:
    """Draw a bar; `words` appear under the pointer."""
    place = f'x="{left:.1f}" y="{upper:.1f}" width="{max(width, 0):.1f}" height="{max(height, 0):.1f}"'
    return f"<rect {place} {fill}>{titled(words) if words else ''}</rect>"


def titled(words: str) -> str:
    """Return a title for a mark: what appears under the pointer, and what a screen reader says."""
    return f"<title>{escape(words)}</title>"


def fill(picture: str, look: str) -> str:
    """Return the attributes of a bar with a look; patterns have the name of their picture."""
    if look.startswith("s"):
        return f'fill="{COLOURS[look]}" class="{look} point"'
    return f'fill="url(#{name_of(picture)}-{look})" class="bar point"'


def patterns(picture: str, looks: Iterable[str]) -> str:
    """Define the patterns of a picture."""
    return f"<defs>{''.join(_pattern(name_of(picture), look) for look in dict.fromkeys(looks) if look in _OVER)}</defs>"


def _pattern(name: str, look: str) -> str:
    colour = "#8b96a3" if look == "unknown" else "#fff"
    over = path(_OVER[look], f"over-{look}", colour, ' stroke-opacity=".55" stroke-width="1.2"')
    return (
        f'<pattern id="{name}-{look}" width="8" height="8" patternUnits="userSpaceOnUse">'
        f'<rect width="8" height="8" fill="{COLOURS[look]}" class="{look}"/>'
        f"{over}</pattern>"
    )


def name_of(title: str) -> str:
    """Return a title as a name that may be part of an identifier."""
    return "".join(letter if letter.isalnum() else "-" for letter in title.lower())


def picture(title: str, width: float, height: float, inner: str, kind: str) -> str:
    """Return a whole picture; `kind` is its class."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" class="{kind}" role="img"'
        f' aria-label="{escape(title)}" font-family="Arial, Helvetica, sans-serif" font-size="14">'
        f'<title>{escape(title)}</title><rect class="back" width="{width:g}" height="{height:g}" fill="#fff"/>'
        f"{inner}</svg>"
    )


def legend(keys: Sequence[tuple[str, str]], left: float, upper: float, right: float) -> tuple[str, float]:
    """
    Place keys, 24 wide and around the height 0, with their names, in as many lines as they need.

    Return the drawing, and the height at which it ends.
    """
    parts, x, y = [], left, upper + 12
    for key, name in keys:
        width = 46 + sum(11 if letter.isupper() else 7.8 for letter in name)
        if x > left and x + width > right:
            x, y = left, y + 22
        parts.append(f'<g transform="translate({x:.0f} {y:g})">{key}{text(31, 4, name, "ink")}</g>')
        x += width
    return "".join(parts), y + 14 if keys else upper


def bar_key(picture: str, look: str) -> str:
    """Draw the key of bars with a look."""
    return bar(0, -7, 24, 14, fill(picture, look))
