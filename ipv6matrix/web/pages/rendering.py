"""
From a template to an answer; errors of pages are pages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from http import HTTPStatus
from typing import Any, Final

from fastapi import Request
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from sqlalchemy import Connection
from starlette.responses import HTMLResponse, Response

from ipv6matrix.web.caching import answered
from ipv6matrix.web.edition import Edition
from ipv6matrix.web.pages.axes import written
from ipv6matrix.web.pages.places import name_of
from ipv6matrix.web.pages.views import VIEWS

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HTML: Final = "text/html; charset=utf-8"
# What is asked by programs is answered to programs.
_PROGRAMS: Final = ("/api/", "/openapi.json", "/static/")


def page(
    request: Request,
    template: str,
    make: Callable[[Connection, Edition], Mapping[str, Any]],
    *,
    beside: str = "",
) -> Response:
    """Answer with a template, filled with what `make` gives."""
    configured = request.app.state
    return answered(
        request,
        HTML,
        lambda connection, now: render(
            template, path=request.url.path, public=configured.public_url, now=now, **make(connection, now)
        ),
        {"Content-Security-Policy": POLICY},
        beside=f"{beside} {configured.public_url} {configured.contact}",
    )


def render(template: str, **values: Any) -> str:
    """Fill a template."""
    return str(_environment().get_template(template).render(values))


def error_page(request: Request, status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response | None:
    """Answer with an error; None for a path that programs ask for."""
    return None if request.scope["path"].startswith(_PROGRAMS) else failed(status, detail, headers)


def failed(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with an error."""
    text = render("error.html", status=status, title=HTTPStatus(status).phrase, detail=detail, path="", public="")
    fixed = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store", **(headers or {})}
    return HTMLResponse(text, status, fixed)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("ipv6matrix.web", "templates/pages"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(views=VIEWS, name_of=name_of, written=written)
    environment.filters["count"] = _count
    return environment


def _count(value: float | None) -> str:
    if value is None:
        return "\u2013"
    # Of thousands of milliseconds nobody reads the tenths.
    return f"{value:,.1f}" if isinstance(value, float) and abs(value) < 1000 else f"{value:,.0f}"
