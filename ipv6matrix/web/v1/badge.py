"""
A badge: a small picture that states in words where a domain has IPv6; colour repeats them.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any, Final

MEDIA: Final = "image/svg+xml"

_LABEL: Final = "IPv6"
_KINDS: Final = (("www", "Web"), ("mx", "mail"), ("ns", "DNS"), ("ntp", "time"))
# White on these has a contrast of at least 4.5 to 1 (WCAG 2.2, 1.4.3), and they differ in lightness.
_COLOURS: Final = {"yes": "#0a6e3f", "no": "#a3321f", "unknown": "#5f6368"}
# Pixels: width of an average character of 11 px Verdana, and margin on each side of a text.
_CHARACTER, _MARGIN = 7, 6


def draw(summary: Mapping[str, Any]) -> str:
    """Return a badge of a domain, from its `summary`."""
    words = _words(summary)
    left, right = (_MARGIN * 2 + _CHARACTER * len(text) for text in (_LABEL, words))
    title = f"{summary['domain']}: IPv6 {words} ({summary['date']})"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img"'
        f' aria-label="{escape(title)}"><title>{escape(title)}</title>'
        f'<rect width="{left}" height="20" fill="#333"/>'
        f'<rect x="{left}" width="{right}" height="20" fill="{_COLOURS[summary["ipv6"]]}"/>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">'
        f"{_text(_LABEL, left / 2)}{_text(words, left + right / 2)}</g></svg>\n"
    )


def _words(summary: Mapping[str, Any]) -> str:
    if summary["ipv6"] == "yes":
        return ", ".join(word for kind, word in _KINDS if summary[f"{kind}_with_ipv6"])
    return str(summary["ipv6"])


def _text(text: str, middle: float) -> str:
    # Whatever the font, the text fills its place.
    return f'<text x="{middle:g}" y="14" textLength="{_CHARACTER * len(text)}">{escape(text)}</text>'
