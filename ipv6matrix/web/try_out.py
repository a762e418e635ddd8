"""
/api: the page that documents the APIs, with a form for each path. It loads nothing from other sites.

The page is generated from the OpenAPI document. A form works without scripts if the path has no parameter.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

from ipv6matrix.web.pages.rendering import fixed_page

_STATIC: Final = Path(__file__).parent / "static"


def install(app: FastAPI) -> None:
    """Add the page and what it loads to an app."""
    app.mount("/static", StaticFiles(directory=_STATIC, packages=[("ipv6matrix.charts", "static")]))
    app.add_api_route("/api", page, include_in_schema=False, response_class=HTMLResponse)


def page(request: Request) -> Response:
    """Show the APIs."""
    document = request.app.openapi()
    return fixed_page(
        request, "api.html", info=document["info"], questions=list(map(_question, document["paths"].items()))
    )


def _question(item: tuple[str, Mapping[str, Any]]) -> dict[str, Any]:
    path, methods = item
    operation = methods["get"]
    return {
        "path": path,
        "says": operation["description"],
        "parameters": [_parameter(parameter) for parameter in operation.get("parameters", [])],
    }


def _parameter(parameter: Mapping[str, Any]) -> dict[str, Any]:
    schema = parameter["schema"]
    # A parameter that may be absent is one of its own type and null.
    kinds = [schema, *schema.get("anyOf", [])]
    merged: dict[str, Any] = {key: value for kind in reversed(kinds) for key, value in kind.items()}
    return {
        "name": parameter["name"],
        "in_path": parameter["in"] == "path",
        "says": parameter.get("description") or merged.get("description", ""),
        "words": merged.get("enum", []),
        "default": merged.get("default"),
        "example": next(iter(merged.get("examples", [])), ""),
        "kind": {"date": "date"}.get(merged.get("format", ""), "number" if "minimum" in merged else "text"),
    }
