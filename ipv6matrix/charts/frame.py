"""
Pictures that are taken away: a drawing with its title, and where it is from.
"""

from __future__ import annotations

import re
from html import escape

from ipv6matrix.charts.drawing import text

# Twice the size of the drawing: sharp on paper and on screens of many dots.
_SCALE = 2
# Of charts and bars: titles need the room.
_WIDTH = 720.0
_MARGIN, _HEAD, _FOOT = 24.0, 78.0, 18.0


def framed(title: str, source: str, drawn: str, *, size: tuple[float, float] | None = None, below: str = "") -> str:
    """Put a drawing under a title and a line on its source; `below` is drawn in a line under it."""
    width, height = size or _size(drawn)
    whole, high = width + 2 * _MARGIN, _HEAD + height + _FOOT + (50 if below else 0)
    place = f'<svg x="{_MARGIN:g}" y="{_HEAD:g}" width="{width:g}" height="{height:g}" '
    under = f'<g transform="translate({_MARGIN:g} {_HEAD + height + 20:g})">{below}</g>' if below else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole:g} {high:g}" width="{whole * _SCALE:g}"'
        f' height="{high * _SCALE:g}" font-family="Arial, Helvetica, sans-serif"><title>{escape(title)}</title>'
        f'<rect width="{whole:g}" height="{high:g}" fill="#fff"/>'
        f"{text(_MARGIN, 38, title, 'ink', size=20, is_bold=True)}"
        f"{text(_MARGIN, 60, source, size=13)}{drawn.replace('<svg ', place, 1)}{under}</svg>"
    )


def _size(drawn: str) -> tuple[float, float]:
    box = re.search(r'viewBox="\S+ \S+ (\S+) (\S+)"', drawn)
    assert box
    width, height = float(box[1]), float(box[2])
    return _WIDTH, height * _WIDTH / width
