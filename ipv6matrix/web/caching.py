"""
Answers that caches may keep, and that are not worked out twice: neither for whoever has them already, nor for others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from ipv6matrix.web import codings
from ipv6matrix.web.codings import Body
from ipv6matrix.web.database import Summaries
from ipv6matrix.web.edition import Edition, edition
from ipv6matrix.web.kept import KeptAnswers

# Data change once a crawl; five minutes is how late a reader may learn of it.
CACHE_CONTROL: Final = "public, max-age=300"


def answered(
    request: Request,
    media: str,
    write: Callable[[Connection, Edition], Body],
    headers: Mapping[str, str] | None = None,
    *,
    beside: str = "",
) -> Response:
    """
    Answer with what `write` gives, or with 304 where the client has just that.

    `beside` tells the version of what the answer draws on besides the database.
    """
    summaries: Summaries = request.app.state.summaries
    kept: KeptAnswers = request.app.state.kept
    with summaries.connect() as connection:
        now = edition(connection)
        etag = now.etag(request.url.path, request.url.query, media, beside)
        fixed = {"ETag": etag, "Cache-Control": CACHE_CONTROL, **(headers or {})}
        if answer := not_modified(request, fixed):
            return answer
        coding = request.headers.get(codings.ACCEPT, "")
        body = kept.get((etag, coding))
        if body is None:
            body = codings.coded(write(connection, now), coding)
            kept.put((etag, coding), body)
    return Response(body.octets, 200, body.told(fixed), media)


def not_modified(request: Request, headers: Mapping[str, str]) -> Response | None:
    """Give 304 to whoever has an answer with the ETag of these headers already."""
    return Response(status_code=304, headers=headers) if _has(request, headers["ETag"]) else None


def _has(request: Request, etag: str) -> bool:
    # Compared weakly (RFC 9110 section 13.1.2). `*` would be true of what is not there as well.
    names = (name.strip().removeprefix("W/") for name in request.headers.get("if-none-match", "").split(","))
    return etag.removeprefix("W/") in names
