"""
Parts of lists: the items, and a link to the next part.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from ipv6matrix.web.caching import answered
from ipv6matrix.web.edition import Edition
from ipv6matrix.web.formats import json_text

JSON: Final = "application/json"


def answer(request: Request, make: Callable[[Connection, Edition], Mapping[str, Any]], *, beside: str = "") -> Response:
    """Answer with a JSON object."""
    return answered(request, JSON, lambda connection, now: json_text(make(connection, now)), beside=beside)


def page(request: Request, found: Sequence[Any], limit: int, **changed: Callable[[Any], Any]) -> dict[str, Any]:
    """
    Make an answer of what was found, of which there is one more than asked for if there are more.

    `changed` says which parameters the next question has instead, by the last item.
    """
    items = list(found[:limit])
    parameters = {name: value(items[-1]) for name, value in changed.items()} if len(found) > limit else None
    return {"items": items, "next": _link(request, parameters) if parameters else None}


def _link(request: Request, changed: Mapping[str, Any]) -> str:
    # Relative, so that nobody's idea of our name gets into caches.
    parameters = {**request.query_params, **changed}
    return f"{request.url.path}?{urlencode(parameters)}"
