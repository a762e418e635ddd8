"""
Badges: small pictures that state in words where a domain has IPv6, or how ready it is; colour repeats them.
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
    title = f"{summary['domain']}: IPv6 {words} ({summary['date']})"
    return _picture(_LABEL, words, title, _COLOURS[summary["ipv6"]])


def level(detail: Mapping[str, Any]) -> str:
    """Return a badge with the level of a domain and the date of the crawl, from its readiness."""
    certain, possible = (detail["level"][name] for name in ("certain", "possible"))
    words = certain if certain == possible else f"{certain} to {possible}"
    title = f"{detail['domain']}: IPv6 readiness, level {words} of 5+ ({detail['date']})"
    colour = _COLOURS["yes" if certain[0] >= "4" else "no" if possible == "0" else "unknown"]
    return _picture("IPv6 level", f"{words} \u00b7 {detail['date']}", title, colour)


def _picture(label: str, words: str, title: str, colour: str) -> str:
    left, right = (_MARGIN * 2 + _CHARACTER * len(text) for text in (label, words))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img"'
        f' aria-label="{escape(title)}"><title>{escape(title)}</title>'
        f'<rect width="{left}" height="20" fill="#333"/>'
        f'<rect x="{left}" width="{right}" height="20" fill="{colour}"/>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">'
        f"{_text(label, left / 2)}{_text(words, left + right / 2)}</g></svg>\n"
    )


def _words(summary: Mapping[str, Any]) -> str:
    if summary["ipv6"] == "yes":
        return ", ".join(word for kind, word in _KINDS if summary[f"{kind}_with_ipv6"])
    return str(summary["ipv6"])


def _text(text: str, middle: float) -> str:
    # Whatever the font, the text fills its place.
    return f'<text x="{middle:g}" y="14" textLength="{_CHARACTER * len(text)}">{escape(text)}</text>'
