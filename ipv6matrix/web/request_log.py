"""
An identifier for each request, and one line about it in the log.
"""

from __future__ import annotations

import logging
import re
import time
import uuid
from typing import Final
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)

_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
# Characters of an address that are logged; the rest is left out.
_LONGEST: Final = 300


class RequestLog:
    """
    Middleware: gives X-Request-ID back, or a new one, and logs method, path, status, octets and time.

    It is the outermost one, and where an error of ours ends: as a traceback in the
    log, after the answer.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, identifier = time.perf_counter(), _identifier(scope)
        status = octets = 0

        async def watched(message: Message) -> None:
            nonlocal status, octets
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = identifier
            octets += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception:
            log.exception("Request %s ended in an error", identifier)
        took_ms = 1000 * (time.perf_counter() - begun)
        log.info("%s %s %d %d octets %.1f ms %s", scope["method"], _address(scope), status, octets, took_ms, identifier)


def _identifier(scope: Scope) -> str:
    given = Headers(scope=scope).get("x-request-id", "")
    return given if _ID.fullmatch(given) else uuid.uuid4().hex


def _address(scope: Scope) -> str:
    """Give path and query, harmless in a log."""
    query = scope["query_string"].decode("latin-1")
    text = quote(f"{scope['path']}?{query}" if query else scope["path"], safe="/?&=%,.:~-_", errors="replace")
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
