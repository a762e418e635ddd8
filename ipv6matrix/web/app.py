"""
The web server as an ASGI application.

`create_app` makes one; `app` is the one that IPV6MATRIX_SUMMARY_URL, IPV6MATRIX_OUTPUT_DIR, IPV6MATRIX_WEB_URL and
IPV6MATRIX_CONTACT describe, for any server: `uvicorn ipv6matrix.web.app:app`.
"""

from __future__ import annotations

import gc
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
from ipv6matrix.web.codings import GZIP_FROM, LEVEL, OneCoding
from ipv6matrix.web.database import Summaries
from ipv6matrix.web.headers import AnswerHeaders, HeadAsGet
from ipv6matrix.web.kept import KeptAnswers
from ipv6matrix.web.legacy import routes as legacy
from ipv6matrix.web.legacy.routes import FormatHosts
from ipv6matrix.web.pages import routes as pages
from ipv6matrix.web.parameters import NoEmptyParameters
from ipv6matrix.web.request_log import RequestLog
from ipv6matrix.web.v1 import routes as v1
from ipv6matrix.web.v1.tables import PARQUET

SUMMARY_URL: Final = "IPV6MATRIX_SUMMARY_URL"
OUTPUT_DIR: Final = "IPV6MATRIX_OUTPUT_DIR"
WEB_URL: Final = "IPV6MATRIX_WEB_URL"
CONTACT: Final = "IPV6MATRIX_CONTACT"


def create_app(
    summary_url: str,
    output_dir: str | Path,
    kept: KeptAnswers | None = None,
    *,
    public_url: str = "",
    contact: str = "",
) -> ASGIApp:
    """
    Make the application over a database of summaries and a folder of finished crawls.

    `kept` is where answers are kept, with a limit of its own if need be; `public_url`
    is where the world finds the website, `contact` a mail or web address of whoever answers for the crawls.
    Connects to nothing yet. Raises BadUrlError for what is no URL of a database.
    """
    summaries = Summaries(summary_url)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        # What is loaded stays. An answer of many rows makes the collector look through everything several times,
        # which took longer than the answer itself (docs/decisions/0021-totals.md).
        gc.collect()
        gc.freeze()
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
    app.state.kept = kept or KeptAnswers()
    app.state.output_dir = Path(output_dir)
    app.state.public_url = public_url
    app.state.contact = contact
    problems.install(app)
    v1.install(app)
    try_out.install(app)
    pages.install(app)
    return _around(app)


def _around(app: ASGIApp) -> ASGIApp:
    """Put the middlewares around an application, the innermost first."""
    app = NoEmptyParameters(app)
    app = FormatHosts(app)
    # For what comes without a coding of its own: downloads and files.
    app = GZipMiddleware(app, GZIP_FROM, LEVEL, exclude_content_types=(*DEFAULT_EXCLUDED_CONTENT_TYPES, PARQUET))
    app = OneCoding(app)
    app = AnswerHeaders(app)
    app = HeadAsGet(app)
    return RequestLog(app)


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve what the environment describes; it is read at the first request."""
    await _of_the_environment()(scope, receive, send)


@cache
def _of_the_environment() -> ASGIApp:
    url, folder = os.environ.get(SUMMARY_URL, "sqlite:///crawls/matrix.db"), os.environ.get(OUTPUT_DIR, "crawls")
    return create_app(url, folder, public_url=os.environ.get(WEB_URL, ""), contact=os.environ.get(CONTACT, ""))
