"""Sends requests to the web server as an HTTP client would, without a socket."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

import httpx
from starlette.types import ASGIApp

HOST = "http://matrix.example"


def read_models(summary_url: str, folder: str | Path | None = None):
    """Return the built read models of a database; without a folder, calls share the files of one."""
    # Imported here, for Arrow starts threads: pytest leaves the real network first.
    from ipv6matrix.web.read_model.refresh import ReadModels  # noqa: PLC0415

    models = ReadModels(summary_url, Path(folder or _shared_folder()))
    models.refresh()
    return models


@cache
def _shared_folder() -> str:
    return tempfile.mkdtemp(prefix="read-model-")


def database(url: str):
    """Return a database of summaries."""
    from ipv6matrix.summaries.database import Database  # noqa: PLC0415

    return Database(url)


def create_app(summary_url: str, output_dir: str | Path = "/nowhere", **more) -> ASGIApp:
    """Return the application over a database, with a read model built."""
    return app_over(read_models(summary_url), output_dir, **more)


def app_over(models, output_dir: str | Path = "/nowhere", **more) -> ASGIApp:
    """Return the application over read models."""
    from ipv6matrix.web import app  # noqa: PLC0415

    return app.create_app(models, output_dir, **more)


class _Transport(httpx.ASGITransport):
    """A transport that closes the connections of an application with its client; another client opens new ones."""

    async def aclose(self) -> None:
        if state := getattr(_innermost(self.app), "state", None):
            state.summaries.close()


def _innermost(app: ASGIApp) -> ASGIApp:
    """Return the application inside its middlewares."""
    while within := getattr(app, "_app", None) or (not hasattr(app, "state") and getattr(app, "app", None)):
        app = within
    return app


def over(app: ASGIApp, base: str = HOST) -> httpx.AsyncClient:
    """Return a client of an application; an exception in the application fails the test."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=base)


def of(summary_url: str, output_dir: str | Path = "/nowhere") -> httpx.AsyncClient:
    """Return a client of a server over a database."""
    return over(create_app(summary_url, output_dir))
