"""
The website and its APIs as an ASGI application.

`create_app` makes one; `app` is the one that environment variables configure, for any server:
`uvicorn ipv6matrix.web.app:app`. The variables are IPV6MATRIX_SUMMARY_URL, IPV6MATRIX_OUTPUT_DIR,
IPV6MATRIX_READ_MODEL_DIR, IPV6MATRIX_WEB_URL and IPV6MATRIX_CONTACT.
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
from starlette.concurrency import run_in_threadpool
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from ipv6matrix import __version__
from ipv6matrix.web import health, problems, server, try_out
from ipv6matrix.web.admission import Lanes
from ipv6matrix.web.answers import GZIP_FROM, GZIP_LEVEL
from ipv6matrix.web.cache import AnswerCache
from ipv6matrix.web.legacy import routes as legacy
from ipv6matrix.web.middleware import Middleware
from ipv6matrix.web.pages import routes as pages
from ipv6matrix.web.read_model.refresh import ReadModels
from ipv6matrix.web.v1 import routes as v1
from ipv6matrix.web.v1.tables import PARQUET

SUMMARY_URL: Final = "IPV6MATRIX_SUMMARY_URL"
OUTPUT_DIR: Final = "IPV6MATRIX_OUTPUT_DIR"
READ_MODEL_DIR: Final = "IPV6MATRIX_READ_MODEL_DIR"
WEB_URL: Final = "IPV6MATRIX_WEB_URL"
CONTACT: Final = "IPV6MATRIX_CONTACT"


def create_app(
    models: ReadModels,
    output_dir: str | Path,
    cache: AnswerCache | None = None,
    *,
    public_url: str = "",
    contact: str = "",
) -> ASGIApp:
    """
    Return the application over the read models of a database, and a folder of finished crawls.

    `public_url` is the address of the website, `contact` a mail or web address of the operator of the crawls.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(models.start)
        # Modules stay loaded. During an answer of many rows the collector would scan all their objects several times.
        gc.collect()
        gc.freeze()
        yield
        models.stop()

    app = FastAPI(
        title="IPv6 Matrix",
        redirect_slashes=False,
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        routes=legacy.routes(),
    )
    app.state.models = models
    app.state.cache = cache or AnswerCache()
    app.state.lanes = Lanes()
    app.state.output_dir = Path(output_dir)
    app.state.public_url = public_url
    app.state.contact = contact
    for part in (problems, v1, try_out, pages, health):
        part.install(app)
    # For answers that are not compressed by `answers`: downloads and files.
    excluded = (*DEFAULT_EXCLUDED_CONTENT_TYPES, PARQUET)
    return Middleware(
        GZipMiddleware(app, GZIP_FROM, GZIP_LEVEL, exclude_content_types=excluded), legacy.with_format_of_host
    )


def read_models(summary_url: str, output_dir: Path, read_model_dir: str) -> ReadModels:
    """Return the read models of a database; they lie below OUTPUT_DIR unless READ_MODEL_DIR says otherwise."""
    folder = Path(read_model_dir).expanduser() if read_model_dir else output_dir / "read-model"
    return ReadModels(summary_url, folder)


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve the application that environment variables configure; they are read at the first request."""
    await _from_environment()(scope, receive, send)


@cache
def _from_environment() -> ASGIApp:
    server.prepare()
    output_dir = Path(os.environ.get(OUTPUT_DIR, "crawls"))
    models = read_models(
        os.environ.get(SUMMARY_URL, "sqlite:///crawls/matrix.db"), output_dir, os.environ.get(READ_MODEL_DIR, "")
    )
    return create_app(models, output_dir, public_url=os.environ.get(WEB_URL, ""), contact=os.environ.get(CONTACT, ""))
