"""
The formats of an answer: which one a client prefers, and rows written in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from ipv6matrix.web import formats
from ipv6matrix.web.accept import best

FORMATS: Final = ("data", "json", "xml", "html", "csv")

# In the order of preference if a client gives several the same weight.
_NEGOTIATED: Final = {
    "application/json": "json",
    "application/xml": "xml",
    "text/html": "html",
    "text/plain": "csv",
    "text/csv": "csv",
}
_MEDIA: Final = {"json": "application/json", "xml": "application/xml", "html": "text/html", "csv": "text/csv"}


@dataclass(frozen=True, slots=True)
class Form:
    """How an answer is written."""

    word: str
    "json, xml, html or csv."
    media: str
    is_chosen: bool = False
    "Whether it depends on the header Accept."

    @property
    def headers(self) -> dict[str, str]:
        """Headers that tell caches what the form depends on."""
        return {"Vary": "Accept"} if self.is_chosen else {}

    def write(self, rows: Sequence[formats.Row], nested: Any, title: str) -> str:
        """Write rows; in JSON they are nested."""
        return formats.json_text(nested) if self.word == "json" else formats.write(self.word, rows, title)


def form(word: str, accept: str | None) -> Form | None:
    """Return the form of a format; None if the client accepts no format that exists."""
    if word != "data":
        return Form(word, _content_type(_MEDIA[word]))
    media = best(accept, tuple(_NEGOTIATED))
    return None if media is None else Form(_NEGOTIATED[media], _content_type(media), is_chosen=True)


def for_errors(word: str, accept: str | None) -> Form:
    """Return the form of an error: JSON if no format is acceptable."""
    return form(word, accept) or Form("json", _content_type("application/json"), is_chosen=True)


def _content_type(media: str) -> str:
    return media if media == "application/json" else f"{media}; charset=utf-8"
