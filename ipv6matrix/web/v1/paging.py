"""
Pages of lists: the items, and a link to the next page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from ipv6matrix.web.admission import Lane, Lanes
from ipv6matrix.web.answers import Failed, answered
from ipv6matrix.web.formats import json_text
from ipv6matrix.web.read_model.model import ReadModel

JSON: Final = "application/json"


def quick(lanes: Lanes) -> Lane:
    """Choose the lane of lists that read few rows."""
    return lanes.quick


def heavy(lanes: Lanes) -> Lane:
    """Choose the lane of sums over all crawls."""
    return lanes.heavy


def answer(
    request: Request,
    make: Callable[[ReadModel], Mapping[str, Any]],
    *,
    lane: Callable[[Lanes], Lane] = quick,
    depends_on: str = "",
) -> Response:
    """Answer with a JSON object; one with a `facts_status` of unreadable lacks what may be there the next time."""

    def write(model: ReadModel) -> str | Failed:
        made = make(model)
        text = json_text(made)
        return Failed(text) if made.get("facts_status") == "unreadable" else text

    return answered(request, JSON, write, lane=lane, depends_on=depends_on)


def page(request: Request, rows: Sequence[Any], limit: int, **changed: Callable[[Any], Any]) -> dict[str, Any]:
    """
    Return a page of what was found, which is one item more than requested if there are more.

    `changed` computes the parameters of the next page from the last item.
    """
    items = list(rows[:limit])
    parameters = {name: value(items[-1]) for name, value in changed.items()} if len(rows) > limit else None
    return {"items": items, "next": _link(request, parameters) if parameters else None}


def _link(request: Request, changed: Mapping[str, Any]) -> str:
    # Relative, so that no name that a client claims for this server gets into caches.
    parameters = {**request.query_params, **changed}
    return f"{request.url.path}?{urlencode(parameters)}"
