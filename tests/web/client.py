"""
Asks the web server as a client over HTTP would, without a socket.
"""

from __future__ import annotations

from pathlib import Path

import httpx
from starlette.types import ASGIApp

HOST = "http://matrix.example"


def create_app(summary_url: str, output_dir: str | Path) -> ASGIApp:
    """Make the application."""
    # Here, for it loads Arrow, which starts threads: pytest leaves the real network first.
    from ipv6matrix.web import app  # noqa: PLC0415

    return app.create_app(summary_url, output_dir)


class _Transport(httpx.ASGITransport):
    """Closes the connections of an application when its client goes; it connects again if another client comes."""

    async def aclose(self) -> None:
        if state := getattr(_innermost(self.app), "state", None):
            state.summaries.close()


def _innermost(app: ASGIApp) -> ASGIApp:
    """Return the application within its middlewares."""
    while within := getattr(app, "_app", None) or (not hasattr(app, "state") and getattr(app, "app", None)):
        app = within
    return app


def over(app: ASGIApp, base: str = HOST) -> httpx.AsyncClient:
    """Make a client of an application; what it raises would be a failure of the server."""
    return httpx.AsyncClient(transport=_Transport(app=app), base_url=base)


def of(summary_url: str, output_dir: str | Path = "/nowhere") -> httpx.AsyncClient:
    """Make a client of a server over a database."""
    return over(create_app(summary_url, output_dir))
