"""
Pictures that are taken away: a drawing with its title, its legend and where it is from.
"""

from __future__ import annotations

import re
from html import escape
from typing import Final

from ipv6matrix.web.pages import world

# Twice the size of the drawing: sharp on paper and on screens of many dots.
_SCALE: Final = 2
# Of charts and bars alike: titles need the room.
_WIDTH: Final = 720.0
_MARGIN, _HEAD, _FOOT = 24.0, 78.0, 18.0
_INK, _DIM = "#1f2328", "#59636e"


def framed(title: str, source: str, drawn: str, unit: str | None = None) -> str:
    """Put a drawing under a title and a line on its source; `unit` adds the legend of a map."""
    shown_width, shown_height = (1000.0, 440.0) if unit else _size(drawn)
    keys = _legend(unit, _HEAD + shown_height + 20) if unit else ""
    whole = shown_width + 2 * _MARGIN
    high = _HEAD + shown_height + _FOOT + (50 if unit else 0)
    inner = drawn.replace(
        "<svg ", f'<svg x="{_MARGIN:g}" y="{_HEAD:g}" width="{shown_width:g}" height="{shown_height:g}" ', 1
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole:g} {high:g}" width="{whole * _SCALE:g}"'
        f' height="{high * _SCALE:g}" font-family="Arial, Helvetica, sans-serif"><title>{escape(title)}</title>'
        f'<rect width="{whole:g}" height="{high:g}" fill="#fff"/>'
        f'<text x="{_MARGIN:g}" y="38" font-size="20" font-weight="bold" fill="{_INK}">{escape(title)}</text>'
        f'<text x="{_MARGIN:g}" y="60" font-size="13" fill="{_DIM}">{escape(source)}</text>{inner}{keys}</svg>'
    )


def _size(drawn: str) -> tuple[float, float]:
    box = re.search(r'viewBox="\S+ \S+ (\S+) (\S+)"', drawn)
    assert box
    width, height = float(box[1]), float(box[2])
    return _WIDTH, height * _WIDTH / width


def _legend(unit: str, y: float) -> str:
    entries = [(world.SCALE[number], text) for number, text in world.legend(unit)]
    return "".join(
        f'<g transform="translate({_MARGIN + 126 * number:g} {y:g})"><rect width="20" height="13" fill="{fill}"'
        f' stroke="#d8dee4"/><text x="26" y="11" font-size="12" fill="{_INK}">{escape(text)}</text></g>'
        for number, (fill, text) in enumerate([*entries, ("url(#none)", "no figure")])
    )
