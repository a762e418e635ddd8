"""
Content codings of answers: gzip for whoever takes it (RFC 9110 section 8.4).
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from ipv6matrix.summaries.prepared import deflate
from ipv6matrix.summaries.prepared.deflate import Piece
from ipv6matrix.web.accept import takes

ACCEPT: Final = "accept-encoding"
# Shorter answers do not grow shorter.
GZIP_FROM: Final = 500
# The usual level between time and size; where that takes tens of milliseconds, the quickest.
LEVEL: Final = 6
_LARGE: Final = 150_000
_QUICK: Final = 1
# What zlib calls the form of gzip.
_GZIP: Final = 31


Body = str | bytes | Sequence[Piece]
"What is sent: as it is, or in pieces that were compressed before."


@dataclass(frozen=True, slots=True)
class Coded:
    """A body as it is sent."""

    octets: bytes
    coding: str = ""
    "gzip, or nothing."

    def told(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Add what has to be said of the coding to headers."""
        if not self.coding:
            return dict(headers)
        vary = ", ".join(filter(None, (headers.get("Vary"), "Accept-Encoding")))
        return {**headers, "Content-Encoding": self.coding, "Vary": vary}


class OneCoding:
    """Middleware: leaves gzip of what a client takes, or no header, so that nobody behind it need weigh several."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            given = ",".join(Headers(scope=scope).getlist(ACCEPT))
            others = [(name, value) for name, value in scope["headers"] if name != ACCEPT.encode()]
            chosen = [(ACCEPT.encode(), b"gzip")] if takes(given, "gzip") else []
            scope = {**scope, "headers": [*others, *chosen]}
        await self._app(scope, receive, send)


def coded(body: Body, coding: str) -> Coded:
    """Code a body; a short one stays as it is."""
    if not isinstance(body, str | bytes):
        return Coded(deflate.gzipped(body), coding) if coding else Coded(deflate.plain(body))
    octets = body.encode() if isinstance(body, str) else body
    if not coding or len(octets) < GZIP_FROM:
        return Coded(octets)
    return Coded(zlib.compress(octets, _QUICK if len(octets) > _LARGE else LEVEL, _GZIP), coding)
