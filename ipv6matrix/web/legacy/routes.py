"""
The paths of the API of 2022: `/{format}/…`, or a host whose first label is the format.
"""

from __future__ import annotations

from typing import Final

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Scope

from ipv6matrix.web.answers import answered
from ipv6matrix.web.legacy import answers, questions
from ipv6matrix.web.legacy.errors import format_of, refusal
from ipv6matrix.web.legacy.forms import FORMATS, Form, form
from ipv6matrix.web.legacy.questions import BadQuestionError, Question
from ipv6matrix.web.legacy.resources import FIGURES
from ipv6matrix.web.read_model.model import ReadModel

# Paths that are the same on every host.
_ELSEWHERE: Final = ("/api", "/openapi.json", "/static/", "/healthz")


class NothingFoundError(Exception):
    """There are no rows."""


def with_format_of_host(scope: Scope) -> Scope:
    """
    Return a request of `json.example.org/hosts` as one of `/json/hosts`.

    A format in the path has precedence. A host of one label is the name of a machine.
    """
    path, label = scope["path"], _format_label(Headers(scope=scope).get("host", ""))
    if word := format_of(path):
        return {**scope, "path": f"/{word}{path[len(word) + 1 :]}"}
    if label and not path.startswith(_ELSEWHERE):
        return {**scope, "path": f"/{label}{path}"}
    return scope


def routes() -> list[BaseRoute]:
    """Return the routes; each takes all paths below its format."""
    return [
        Route(path, respond, methods=["GET", "HEAD"])
        for word in FORMATS
        for path in (f"/{word}", f"/{word}/{{rest:path}}")
    ]


def respond(request: Request) -> Response:
    """Answer a request."""
    word, _, remainder = request.scope["path"][1:].partition("/")
    chosen = form(word, request.headers.get("accept"))
    if chosen is None:
        return refusal(request.scope, 406, "Not acceptable: there are JSON, XML, HTML and CSV")
    try:
        question = questions.read(f"/{remainder}", request.query_params.getlist)
        return answered(
            request,
            chosen.media,
            lambda model: _write(model, question, chosen),
            chosen.headers,
            lane=lambda lanes: lanes.heavy if question.resource in FIGURES else lanes.quick,
        )
    except BadQuestionError as error:
        return refusal(request.scope, 400, str(error))
    except NothingFoundError:
        return refusal(request.scope, 400, "Empty query")


def _write(model: ReadModel, question: Question, chosen: Form) -> str | bytes:
    body = answers.body(model, question, chosen)
    if body is None:
        raise NothingFoundError
    return body


def _format_label(host: str) -> str | None:
    label, dot, _ = host.lower().partition(".")
    return label if dot and label in FORMATS else None
