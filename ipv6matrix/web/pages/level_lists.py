"""
Lists of domains by their readiness: all of a crawl, those that gained or lost, and the hall of fame.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import FastAPI, Request, Response
from sqlalchemy import Select

from ipv6matrix.readiness.catalogue import catalogue
from ipv6matrix.summaries.tables import MAIN
from ipv6matrix.web import readiness
from ipv6matrix.web.pages import addresses
from ipv6matrix.web.pages.addresses import BadStateError
from ipv6matrix.web.pages.places import is_country
from ipv6matrix.web.pages.rendering import page
from ipv6matrix.web.problems import NotFoundError
from ipv6matrix.web.read_model.model import ReadModel
from ipv6matrix.web.readiness import Crawl
from ipv6matrix.web.v1.readiness import LEVELS, change, summary
from ipv6matrix.web.v1.resources import LEVEL_NAMES

# Domains of one page.
MOST: Final = 100
_NAMES: Final = ("from", "to", "date", "change", "certain", "country", "after")


@dataclass(frozen=True, slots=True, kw_only=True)
class List:
    """A list of domains: of which crawls' list, and what its address says."""

    tag: str
    what: str
    "Part of the address: domains, changes or hall-of-fame."
    given: Mapping[str, str]

    @property
    def root(self) -> str:
        return f"/readiness/tag-{self.tag}" if self.tag else "/readiness"

    @property
    def path(self) -> str:
        return f"{self.root}/{self.what}"

    @property
    def date_name(self) -> str:
        return "date" if self.what == "domains" else "to"

    def link(self, path: str = "", **changed: Any) -> str:
        """Return the address of another part; None takes a parameter away."""
        asked = {name: value for name, value in {**self.given, **changed}.items() if value is not None}
        return (path or self.path) + (f"?{urlencode(asked)}" if asked else "")


def install(app: FastAPI, root: str) -> None:
    """Add the lists below the path of a view to an app."""
    for what, respond in (("domains", domains), ("changes", changes), ("hall-of-fame", hall_of_fame)):
        app.add_route(f"{root}/{what}", respond, methods=["GET", "HEAD"], include_in_schema=False)


def domains(request: Request) -> Response:
    """List the domains of a crawl."""

    def make(model: ReadModel, asked: List, found: Sequence[Crawl]) -> dict[str, Any]:
        crawl = readiness.choose(found, _date(asked, found, "date"))
        query = readiness.domains(crawl)
        if name := asked.given.get("certain"):
            if name not in LEVELS:
                raise BadStateError(f"Invalid certain: must be one of {', '.join(LEVELS)}")
            query = query.where(query.selected_columns.certain == LEVELS[name])
        levels = [(name, level.label) for level, name in LEVEL_NAMES.items()]
        return {**_filled(model, asked, query, crawl), "level_choices": levels, "choices": _dates(found)}

    return _page(
        request, "domains", "Domains by readiness", "The level of each domain, and a verdict for each service.", make
    )


def hall_of_fame(request: Request) -> Response:
    """List the domains that work over IPv6 alone, crawl after crawl."""

    def make(model: ReadModel, asked: List, found: Sequence[Crawl]) -> dict[str, Any]:
        earlier, crawl = readiness.pair(found, None, _date(asked, found, "to"))
        return {
            **_filled(model, asked, readiness.famous(earlier, crawl), crawl),
            "earlier": earlier,
            "choices": [one.date for one in found if readiness.before(found, one)],
        }

    about = (
        "Domains that certainly have level 5 or 5+ in two crawls in a row: people without IPv4 miss nothing of them."
    )
    return _page(request, "hall-of-fame", "Hall of fame", about, make)


def changes(request: Request) -> Response:
    """List the domains whose level rose or fell."""

    def make(model: ReadModel, asked: List, found: Sequence[Crawl]) -> dict[str, Any]:
        direction = asked.given.get("change")
        if direction not in (None, "gained", "lost"):
            raise BadStateError("Invalid change: must be one of gained, lost")
        earlier, crawl = readiness.pair(found, _date(asked, found, "from"), _date(asked, found, "to"))
        return {
            **_filled(model, asked, readiness.moved(earlier, crawl, direction), crawl, change),
            "changes": True,
            "earlier": earlier,
            "choices": _dates(found),
            "choices_from": _dates(readiness.series(found, crawl)),
        }

    about = "Domains whose level rose or fell between two crawls: both its bounds moved, not just what could be tested."
    return _page(request, "changes", "Readiness gained and lost", about, make)


def _page(
    request: Request,
    what: str,
    heading: str,
    about: str,
    make: Callable[[ReadModel, List, Sequence[Crawl]], dict[str, Any]],
) -> Response:
    given = {name: value for name, value in request.query_params.items() if name in _NAMES}
    asked = List(tag=request.path_params.get("tag", MAIN), what=what, given=given)
    if (country := given.get("country")) and not is_country(country.upper()):
        raise BadStateError("Invalid country: must be the code of a country such as DE")

    def filled(model: ReadModel) -> dict[str, Any]:
        found = readiness.crawls(model, asked.tag)
        if not found and asked.tag:
            raise NotFoundError(f"There is no list with the tag {asked.tag}")
        empty = {
            "crawl": None,
            "earlier": None,
            "changes": False,
            "choices_from": (),
            "level_choices": (),
            "nothing": "",
        }
        texts = {"list": asked, "heading": heading, "about": about, "most": MOST}
        titles = {service.value: text.title for service, text in catalogue().services.items()}
        try:
            return {**empty, **texts, "services": titles, **make(model, asked, found)}
        except NotFoundError as error:
            if given:
                raise
            return {**empty, **texts, "nothing": f"{error}."}

    return page(request, "readiness_list.html", filled)


def _filled(
    model: ReadModel,
    asked: List,
    query: Select[Any],
    crawl: Crawl,
    read: Callable[[Mapping[str, Any]], dict[str, Any]] = summary,
) -> dict[str, Any]:
    after = asked.given.get("after", "")[:253] or None
    narrowed = readiness.of_place(query, country=asked.given.get("country"), after=after)
    rows = [read(row) for row in model.mappings(narrowed.limit(MOST + 1))]
    following = asked.link(after=rows[MOST - 1]["domain"]) if len(rows) > MOST else None
    data = asked.link(f"/api/v1/readiness/{asked.what}", tag=asked.tag or None, after=None)
    return {"crawl": crawl, "rows": rows[:MOST], "following": following, "data": data}


def _date(asked: List, found: Sequence[Crawl], name: str) -> dt.date | None:
    return addresses.date(asked.given[name], _dates(found), name) if name in asked.given else None


def _dates(found: Sequence[Crawl]) -> list[dt.date]:
    return [crawl.date for crawl in found]
