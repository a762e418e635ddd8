"""
Renders templates; errors of pages are pages.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from http import HTTPStatus
from typing import Any, Final

from fastapi import Request
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from ipv6matrix.charts.drawing import bounds, written
from ipv6matrix.readiness.catalogue import catalogue
from ipv6matrix.web.admission import Lane, Lanes
from ipv6matrix.web.answers import CACHE_CONTROL, Failed, answered, not_modified
from ipv6matrix.web.pages.places import name_of
from ipv6matrix.web.pages.views import VIEWS
from ipv6matrix.web.read_model.model import ReadModel
from ipv6matrix.web.read_model.refresh import Status

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HTML: Final = "text/html; charset=utf-8"
# Errors on these paths are problem details, for programs.
_PROGRAMS: Final = ("/api/", "/openapi.json", "/static/")


def in_lane(lanes: Lanes) -> Lane:
    """Choose the lane of pages."""
    return lanes.pages


def page(
    request: Request,
    template: str,
    make: Callable[[ReadModel], Mapping[str, Any]],
    *,
    lane: Callable[[Lanes], Lane] = in_lane,
    depends_on: str = "",
) -> Response:
    """Answer with a template, filled with what `make` returns."""
    configured = request.app.state
    status: Status = configured.models.status

    def write(model: ReadModel) -> str | Failed:
        values = make(model.for_one_page())
        fixed = {"path": request.url.path, "public": configured.public_url, "now": model.version, "status": status}
        text = render(template, **fixed, **values)
        return Failed(text) if values.get("facts_status") == "unreadable" else text

    away = status.since if status.reachable is False else None
    return answered(
        request,
        HTML,
        write,
        {"Content-Security-Policy": POLICY},
        lane=lane,
        depends_on=f"{depends_on} {configured.public_url} {configured.contact} {away}",
    )


def fixed_page(request: Request, template: str, **values: Any) -> Response:
    """Answer with a page that shows no figures, and is available before there are any."""
    configured = request.app.state
    text = render(
        template,
        path=request.url.path,
        public=configured.public_url,
        now=None,
        status=configured.models.status,
        **values,
    )
    tag = hashlib.sha256(text.encode()).hexdigest()[:16]
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": CACHE_CONTROL, "ETag": f'W/"{tag}"'}
    return not_modified(request, headers) or HTMLResponse(text, headers=headers)


def render(template: str, **values: Any) -> str:
    """Fill a template."""
    return str(_environment().get_template(template).render(values))


def error_page(request: Request, status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response | None:
    """Answer with an error; None for a path that programs request."""
    return None if request.scope["path"].startswith(_PROGRAMS) else failed(status, detail, headers)


def failed(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with an error."""
    text = render(
        "error.html",
        title=HTTPStatus(status).phrase,
        detail=detail,
        path="",
        public="",
        now=None,
        status=Status(),
    )
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
    environment.globals.update(views=VIEWS, name_of=name_of, written=written, bounds=bounds, levels=catalogue().levels)
    environment.filters["count"] = _count
    environment.filters["code"] = _code
    return environment


def _code(text: str) -> Markup:
    """Return a text of the catalogue, where `...` is code."""
    parts = text.split("`")
    return Markup().join(
        Markup("<code>{}</code>").format(part) if number % 2 else part for number, part in enumerate(parts)
    )


def _count(value: float | None) -> str:
    if value is None:
        return "\u2013"
    # Tenths of thousands of milliseconds are noise.
    return f"{value:,.1f}" if isinstance(value, float) and abs(value) < 1000 else f"{value:,.0f}"
