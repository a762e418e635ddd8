"""
Errors as problem details (RFC 9457), or in the format of 2022 on paths of that API.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from ipv6matrix.web.admission import RETRY_AFTER_S, BusyError
from ipv6matrix.web.formats import json_text
from ipv6matrix.web.legacy.errors import format_of, refusal
from ipv6matrix.web.read_model.model import TooSlowError
from ipv6matrix.web.read_model.refresh import NoDataError

log = logging.getLogger(__name__)

MEDIA: Final = "application/problem+json"

_RETRY_AFTER: Final = {"Retry-After": str(RETRY_AFTER_S)}
# By kind of error: what the client reads.
_UNAVAILABLE: Final[dict[type[Exception], str]] = {
    NoDataError: "The data are not there yet: try again in a minute",
    BusyError: "Too many requests of this kind at once: try again in a few seconds",
    TooSlowError: "This request takes too long: narrow it down",
}


class Fault(BaseModel):
    """One invalid parameter."""

    parameter: str
    message: str


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str = Field(description="Always about:blank: the status says what kind of problem it is.")
    title: str = Field(description="The words of the status.")
    status: int
    detail: str = Field(description="What is wrong with this request.")
    errors: list[Fault] = Field(default=[], description="The parameters at fault, if any are invalid.")


RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    status: {"model": Problem, "description": description, "content": {MEDIA: {}}}
    for status, description in (
        (400, "A parameter is invalid"),
        (404, "There is no such thing"),
        (503, "There are no data yet, the server is busy, or the request takes too long"),
    )
}


class NotFoundError(Exception):
    """What was requested does not exist; the message names it."""


def install(app: FastAPI) -> None:
    """Add an answer for each kind of error to an app."""
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(NotFoundError, lambda request, error: failed(request, 404, str(error)))
    for kind in _UNAVAILABLE:
        app.add_exception_handler(kind, _unavailable)
    app.add_exception_handler(Exception, _ours)


def failed(
    request: Request,
    status: int,
    detail: str,
    headers: Mapping[str, str] | None = None,
    errors: Sequence[Mapping[str, str]] = (),
) -> Response:
    """Answer with an error in the shape that fits the path."""
    if format_of(request.scope["path"]):
        return refusal(request.scope, status, detail, headers)
    # Errors of pages are pages.
    if error_page := getattr(request.app.state, "error_page", None):
        answer: Response | None = error_page(request, status, detail, headers)
        if answer is not None:
            return answer
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    if errors:
        body["errors"] = errors
    return Response(json_text(body), status, {"Cache-Control": "no-store", **(headers or {})}, MEDIA)


def _http(request: Request, error: Any) -> Response:
    # A title alone says nothing about this request.
    detail = {404: "There is nothing at this path", 405: "Only GET and HEAD are of use here"}.get(error.status_code)
    return failed(request, error.status_code, detail or str(error.detail), error.headers)


def _invalid(request: Request, error: Any) -> Response:
    faults = [
        {"parameter": ".".join(map(str, fault["loc"][1:])), "message": str(fault["msg"])} for fault in error.errors()
    ]
    detail = "; ".join(f"{fault['parameter']}: {fault['message']}" for fault in faults[:3])
    return failed(request, 400, detail, errors=faults)


def _unavailable(request: Request, error: Exception) -> Response:
    log.warning("503 %s: %s", type(error).__name__, error)
    return failed(request, 503, _UNAVAILABLE[type(error)], _RETRY_AFTER)


def _ours(request: Request, _: Exception) -> Response:
    # The outermost middleware logs the traceback.
    return failed(request, 500, "Something went wrong here, and is in the log")
