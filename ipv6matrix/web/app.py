"""
The web server as an ASGI application.

`create_app` makes one; `app` is the one that IPV6MATRIX_SUMMARY_URL and
IPV6MATRIX_OUTPUT_DIR describe, for any server: `uvicorn ipv6matrix.web.app:app`.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Final

from fastapi import FastAPI
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from ipv6matrix import __version__
from ipv6matrix.web import problems, try_out
from ipv6matrix.web.database import Summaries
from ipv6matrix.web.headers import AnswerHeaders, HeadAsGet
from ipv6matrix.web.legacy import routes as legacy
from ipv6matrix.web.legacy.routes import FormatHosts
from ipv6matrix.web.parameters import NoEmptyParameters
from ipv6matrix.web.request_log import RequestLog
from ipv6matrix.web.v1 import routes as v1
from ipv6matrix.web.v1.tables import PARQUET

SUMMARY_URL: Final = "IPV6MATRIX_SUMMARY_URL"
OUTPUT_DIR: Final = "IPV6MATRIX_OUTPUT_DIR"

# Shorter answers do not grow shorter. The level is the usual one between time and size.
_GZIP_FROM: Final = 500
_GZIP_LEVEL: Final = 6


def create_app(summary_url: str, output_dir: str | Path) -> ASGIApp:
    """
    Make the application over a database of summaries and a folder of finished crawls.

    Connects to nothing yet. Raises BadUrlError for what is no URL of a database.
    """
    summaries = Summaries(summary_url)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        summaries.close()

    app = FastAPI(
        title="IPv6 Matrix",
        redirect_slashes=False,
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        routes=legacy.routes(),
    )
    app.state.summaries = summaries
    app.state.output_dir = Path(output_dir)
    problems.install(app)
    v1.install(app)
    try_out.install(app)
    return _around(app)


def _around(app: ASGIApp) -> ASGIApp:
    """Put the middlewares around an application, the innermost first."""
    app = NoEmptyParameters(app)
    app = FormatHosts(app)
    app = GZipMiddleware(app, _GZIP_FROM, _GZIP_LEVEL, exclude_content_types=(*DEFAULT_EXCLUDED_CONTENT_TYPES, PARQUET))
    app = AnswerHeaders(app)
    app = HeadAsGet(app)
    return RequestLog(app)


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve what the environment describes; it is read at the first request."""
    await _of_the_environment()(scope, receive, send)


@cache
def _of_the_environment() -> ASGIApp:
    return create_app(os.environ.get(SUMMARY_URL, "sqlite:///crawls/matrix.db"), os.environ.get(OUTPUT_DIR, "crawls"))
