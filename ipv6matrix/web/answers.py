"""
Answers requests: with 304 for clients that have the answer, from the cache, or by computing it.

Answers depend on the URL and on the data version only. A failure is never cached.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from ipv6matrix.web.admission import Lane, Lanes
from ipv6matrix.web.cache import AnswerCache, Body
from ipv6matrix.web.read_model.model import ReadModel
from ipv6matrix.web.read_model.refresh import ReadModels

# Data change with each crawl; a reader may see a new one five minutes late.
CACHE_CONTROL: Final = "public, max-age=300"
# Shorter answers do not become shorter.
GZIP_FROM: Final = 500
# The usual compromise between time and size, and the fastest level for answers that take tens of milliseconds.
GZIP_LEVEL: Final = 6
_LARGE: Final = 150_000
_FASTEST: Final = 1
# What zlib calls the gzip format.
_GZIP: Final = 31


@dataclass(frozen=True, slots=True)
class Failed:
    """An answer that lacks something which may be there the next time: it must not be cached."""

    text: str | bytes


Content = str | bytes | Failed


def answered(
    request: Request,
    media: str,
    write: Callable[[ReadModel], Content],
    headers: Mapping[str, str] | None = None,
    *,
    lane: Callable[[Lanes], Lane],
    depends_on: str = "",
) -> Response:
    """
    Answer with what `write` returns, or with 304 if the client has just that.

    `lane` chooses where the work waits; `depends_on` is the version of whatever else the answer depends on.
    Raises BusyError, NoDataError, TooSlowError.
    """
    state = request.app.state
    models: ReadModels = state.models
    cache: AnswerCache = state.cache
    model = models.current
    etag = model.version.etag(request.url.path, request.url.query, media, depends_on)
    fixed = {"ETag": etag, "Cache-Control": CACHE_CONTROL, **(headers or {})}
    if answer := not_modified(request, fixed):
        return answer
    key = (etag, request.headers.get("accept-encoding", ""))
    body = cache.get(key)
    if body is None:
        with lane(state.lanes).admit():
            # While it waited, another request may have had the same answer worked out.
            body = cache.get(key)
            content = write(model) if body is None else ""
            if isinstance(content, Failed):
                return Response(content.text, 200, {**(headers or {}), "Cache-Control": "no-store"}, media)
            if body is None:
                body = _coded(content, key[1])
                cache.put(key, body)
    return Response(body.content, 200, body.headers(fixed), media)


def not_modified(request: Request, headers: Mapping[str, str]) -> Response | None:
    """Return 304 for a client that has an answer with the ETag of these headers already."""
    return Response(status_code=304, headers=headers) if _has(request, headers["ETag"]) else None


def _coded(content: str | bytes, coding: str) -> Body:
    octets = content.encode() if isinstance(content, str) else content
    if not coding or len(octets) < GZIP_FROM:
        return Body(octets)
    return Body(zlib.compress(octets, _FASTEST if len(octets) > _LARGE else GZIP_LEVEL, _GZIP), coding)


def _has(request: Request, etag: str) -> bool:
    # Compared weakly (RFC 9110 section 13.1.2). `*` would also be true of what is not there.
    names = (name.strip().removeprefix("W/") for name in request.headers.get("if-none-match", "").split(","))
    return etag.removeprefix("W/") in names
