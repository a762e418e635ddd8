"""
/readiness: the view of the main list, and /readiness/tag-...: the same of a list of one's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from sqlalchemy import select
from starlette.responses import RedirectResponse

from ipv6matrix.summaries.tables import MAIN, READINESS_COUNTS
from ipv6matrix.web import readiness
from ipv6matrix.web.pages import addresses, downloads, ladder, level_lists, showing, state
from ipv6matrix.web.pages.places import name_of
from ipv6matrix.web.pages.rendering import page
from ipv6matrix.web.pages.state import State
from ipv6matrix.web.problems import NotFoundError
from ipv6matrix.web.read_model.model import ReadModel

ROOTS: Final = ("/readiness", "/readiness/tag-{tag}")


def install(app: FastAPI) -> None:
    """Add the view and its lists to an app."""
    for root in ROOTS:
        for path in (root, f"{root}/country-{{country}}"):
            app.add_route(path, view, methods=["GET", "HEAD"], include_in_schema=False)
            downloads.install(app, path, read, ("map", "chart", "steps"))
        level_lists.install(app, root)


def view(request: Request) -> Response:
    """Show the levels of a list."""
    tag = request.path_params.get("tag", MAIN)
    if address := state.moved(_root(tag), request.query_params):
        return RedirectResponse(address, 307)

    def make(model: ReadModel) -> dict[str, Any]:
        crawls = readiness.crawls(model, tag)
        if not crawls and tag == MAIN:
            return {"shown": None, "is_home": False, "place": ""}
        shown = read(request, model)
        crawl = readiness.choose(crawls, shown.date)
        place = ", ".join(filter(None, [f"list {tag}" if tag else "", name_of(shown.country or "")]))
        return {
            "shown": shown,
            "is_home": False,
            **showing.filled(model, shown),
            "place": place,
            "choices": _brackets(model, crawl),
            "crawl": crawl,
            "others": [other for other in crawls if not other.is_comparable(crawl)],
            "lists": readiness.latest(model),
        }

    return page(request, "readiness.html", make)


def read(request: Request, model: ReadModel) -> State:
    """Read the state of the view."""
    tag = request.path_params.get("tag", MAIN)
    return state_of(model, tag, request.path_params.get("country"), request.query_params)


def state_of(model: ReadModel, tag: str, country: str | None, values: Mapping[str, str]) -> State:
    """Return a state of the view: only crawls that can be compared with the chosen one are drawn with it."""
    crawls = readiness.crawls(model, tag)
    if not crawls:
        raise NotFoundError(f"There is no list with the tag {tag}" if tag else "No crawl has tested readiness yet")
    shown = state.read(ladder.VIEW, country, values, tuple(crawl.date for crawl in crawls))
    drawn = readiness.series(crawls, readiness.choose(crawls, shown.date))
    return replace(shown, dates=tuple(crawl.date for crawl in drawn), root=_root(tag), tag=tag)


def _root(tag: str) -> str:
    return f"/readiness/tag-{tag}" if tag else "/readiness"


def _brackets(model: ReadModel, crawl: readiness.Crawl) -> list[str]:
    """Return the rank brackets of a crawl, if it has ranks."""
    counts = READINESS_COUNTS.c
    query = select(counts.bracket).where(counts.date == crawl.date, counts.tag == crawl.tag).distinct()
    brackets = {*map(str, model.scalars(query))}
    return [word for word in addresses.WORDS["bracket"] if word in brackets] if brackets != {"0"} else []
