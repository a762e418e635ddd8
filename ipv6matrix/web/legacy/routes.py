"""
The paths of the API of 2022: `/{format}/…`, or a host whose first label is the format.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from ipv6matrix.web.caching import answered
from ipv6matrix.web.codings import Body
from ipv6matrix.web.edition import Edition
from ipv6matrix.web.legacy import answers, questions
from ipv6matrix.web.legacy.errors import format_of, refusal
from ipv6matrix.web.legacy.forms import FORMATS, Form, form
from ipv6matrix.web.legacy.questions import BadQuestionError, Question

# Paths that are the same on every host.
_ELSEWHERE: Final = ("/api", "/openapi.json", "/static/")


class NothingFoundError(Exception):
    """There are no rows."""


class FormatHosts:
    """
    Middleware: `json.example.org/hosts` is `/json/hosts`.

    A path that names a format itself is taken at its word. A host of one label is
    the name of a machine.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path, label = scope["path"], _format_label(Headers(scope=scope).get("host", ""))
            if word := format_of(path):
                scope = {**scope, "path": f"/{word}{path[len(word) + 1 :]}"}
            elif label and not path.startswith(_ELSEWHERE):
                scope = {**scope, "path": f"/{label}{path}"}
        await self._app(scope, receive, send)


def routes() -> list[BaseRoute]:
    """Give the routes; each takes all paths below its format."""
    return [
        Route(path, respond, methods=["GET", "HEAD"])
        for word in FORMATS
        for path in (f"/{word}", f"/{word}/{{rest:path}}")
    ]


def respond(request: Request) -> Response:
    """Answer a question."""
    word, _, rest = request.scope["path"][1:].partition("/")
    chosen = form(word, request.headers.get("accept"))
    if chosen is None:
        return refusal(request.scope, 406, "Not acceptable: there are JSON, XML, HTML and CSV")
    try:
        question = questions.read(f"/{rest}", request.query_params.getlist)
        return answered(
            request,
            chosen.media,
            lambda connection, now: _write(connection, question, chosen, now),
            chosen.headers,
        )
    except BadQuestionError as error:
        return refusal(request.scope, 400, str(error))
    except NothingFoundError:
        return refusal(request.scope, 400, "Empty query")


def _write(connection: Connection, question: Question, chosen: Form, now: Edition) -> Body:
    body = answers.body(connection, question, chosen, now)
    if body is None:
        raise NothingFoundError
    return body


def _format_label(host: str) -> str | None:
    label, dot, _ = host.lower().partition(".")
    return label if dot and label in FORMATS else None
