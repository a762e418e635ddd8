"""
The only ASGI layer around the application: it normalizes requests, completes answers and logs both.

Starlette's CORSMiddleware would send Access-Control-Allow-Origin only to requests with an Origin; a shared
cache would then serve an answer without it to a browser that needs it.
"""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Callable
from typing import Final
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ipv6matrix.web.accept import takes_gzip

log = logging.getLogger(__name__)

# For answers of the APIs; pages set their own policy.
NOTHING: Final = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

_EVERYWHERE: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    # Any site may read the data and show a badge.
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Link, X-Request-ID",
}
_PREFLIGHT: Final = {
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "If-None-Match, X-Request-ID",
    "Access-Control-Max-Age": "86400",
}
_ACCEPT_ENCODING: Final = b"accept-encoding"
_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
# Characters of an address that are logged.
_LONGEST: Final = 300


class Middleware:
    """
    Wraps an application. `route` may change the path of a request.

    HEAD is GET without its body (RFC 9110 section 9.3.2); an answer that streams may look at
    `scope["ipv6matrix.head"]` and skip its work. Parameters without a value are dropped: forms send all their
    fields. Of the content codings that a client takes only gzip is left. Unexpected errors end here.
    """

    def __init__(self, app: ASGIApp, route: Callable[[Scope], Scope]) -> None:
        self._app = app
        self._route = route

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(_identifier(scope), send, is_head=scope["method"] == "HEAD")
        begun = time.perf_counter()
        try:
            app = _preflight if _is_preflight(scope) else self._app
            await app(self._route(_simplified(scope)), receive, answer.send)
        except Exception:
            log.exception("Request %s failed", answer.identifier)
        log.info(
            "%s %s %d %d octets %.1f ms %s",
            scope["method"],
            _address(scope),
            answer.status,
            answer.octets,
            1000 * (time.perf_counter() - begun),
            answer.identifier,
        )


class _Answer:
    """Completes an answer on its way out, and counts it."""

    def __init__(self, identifier: str, send: Send, *, is_head: bool) -> None:
        self.identifier = identifier
        self.status = self.octets = 0
        self._send = send
        self._is_head = is_head

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers.setdefault("Content-Security-Policy", NOTHING)
            headers.update({**_EVERYWHERE, "X-Request-ID": self.identifier})
        elif self._is_head:
            message = {**message, "body": b""}
        self.octets += len(message.get("body", b""))
        await self._send(message)


def _simplified(scope: Scope) -> Scope:
    parameters = [part for part in scope["query_string"].split(b"&") if part.partition(b"=")[2]]
    codings = ",".join(Headers(scope=scope).getlist(_ACCEPT_ENCODING.decode()))
    headers = [(name, value) for name, value in scope["headers"] if name != _ACCEPT_ENCODING]
    # An HTTP/1.0 client learns the length of what is not compressed, and so whether all of it came.
    if takes_gzip(codings) and scope.get("http_version") != "1.0":
        headers.append((_ACCEPT_ENCODING, b"gzip"))
    simplified = {**scope, "query_string": b"&".join(parameters), "headers": headers}
    return {**simplified, "method": "GET", "ipv6matrix.head": True} if scope["method"] == "HEAD" else simplified


def _is_preflight(scope: Scope) -> bool:
    return scope["method"] == "OPTIONS" and "access-control-request-method" in Headers(scope=scope)


async def _preflight(scope: Scope, receive: Receive, send: Send) -> None:
    await Response(status_code=204, headers=_PREFLIGHT)(scope, receive, send)


def _identifier(scope: Scope) -> str:
    requested = Headers(scope=scope).get("x-request-id", "")
    return requested if _ID.fullmatch(requested) else uuid.uuid4().hex


def _address(scope: Scope) -> str:
    """Return path and query as they can be logged."""
    query = scope["query_string"].decode("latin-1")
    text = quote(f"{scope['path']}?{query}" if query else scope["path"], safe="/?&=%,.:~-_", errors="replace")
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
