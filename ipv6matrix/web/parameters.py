"""
Parameters without a value are absent, in both APIs: forms send all their fields.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send


class NoEmptyParameters:
    """Middleware: leaves out of the query what has no value."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["query_string"]:
            given = [part for part in scope["query_string"].split(b"&") if part.partition(b"=")[2]]
            scope = {**scope, "query_string": b"&".join(given)}
        await self._app(scope, receive, send)
