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
    """A list of domains: the tag of its crawls, its kind, and the parameters of its address."""

    tag: str
    kind: str
    "Part of the address: domains, changes or hall-of-fame."
    parameters: Mapping[str, str]

    @property
    def root(self) -> str:
        return f"/readiness/tag-{self.tag}" if self.tag else "/readiness"

    @property
    def path(self) -> str:
        return f"{self.root}/{self.kind}"

    @property
    def date_name(self) -> str:
        return "date" if self.kind == "domains" else "to"

    def link(self, path: str = "", **changed: Any) -> str:
        """Return the address of another part; None takes a parameter away."""
        parameters = {name: value for name, value in {**self.parameters, **changed}.items() if value is not None}
        return (path or self.path) + (f"?{urlencode(parameters)}" if parameters else "")


def install(app: FastAPI, root: str) -> None:
    """Add the lists below the path of a view to an app."""
    for kind, respond in (("domains", domains), ("changes", changes), ("hall-of-fame", hall_of_fame)):
        app.add_route(f"{root}/{kind}", respond, methods=["GET", "HEAD"], include_in_schema=False)


def domains(request: Request) -> Response:
    """List the domains of a crawl."""

    def make(model: ReadModel, listing: List, crawls: Sequence[Crawl]) -> dict[str, Any]:
        crawl = readiness.choose(crawls, _date(listing, crawls, "date"))
        query = readiness.domains(crawl)
        if name := listing.parameters.get("certain"):
            if name not in LEVELS:
                raise BadStateError(f"Invalid certain: must be one of {', '.join(LEVELS)}")
            query = query.where(query.selected_columns.certain == LEVELS[name])
        levels = [(name, level.label) for level, name in LEVEL_NAMES.items()]
        return {**_filled(model, listing, query, crawl), "level_choices": levels, "choices": _dates(crawls)}

    return _page(
        request, "domains", "Domains by readiness", "The level of each domain, and a verdict for each service.", make
    )


def hall_of_fame(request: Request) -> Response:
    """List the domains that work over IPv6 alone, crawl after crawl."""

    def make(model: ReadModel, listing: List, crawls: Sequence[Crawl]) -> dict[str, Any]:
        earlier, crawl = readiness.pair(crawls, None, _date(listing, crawls, "to"))
        return {
            **_filled(model, listing, readiness.famous(earlier, crawl), crawl),
            "earlier": earlier,
            "choices": [later.date for later in crawls if readiness.before(crawls, later)],
        }

    about = (
        "Domains that certainly have level 5 or 5+ in two crawls in a row: people without IPv4 miss nothing of them."
    )
    return _page(request, "hall-of-fame", "Hall of fame", about, make)


def changes(request: Request) -> Response:
    """List the domains whose level rose or fell."""

    def make(model: ReadModel, listing: List, crawls: Sequence[Crawl]) -> dict[str, Any]:
        direction = listing.parameters.get("change")
        if direction not in (None, "gained", "lost"):
            raise BadStateError("Invalid change: must be one of gained, lost")
        earlier, crawl = readiness.pair(crawls, _date(listing, crawls, "from"), _date(listing, crawls, "to"))
        return {
            **_filled(model, listing, readiness.moved(earlier, crawl, direction), crawl, change),
            "changes": True,
            "earlier": earlier,
            "choices": _dates(crawls),
            "choices_from": _dates(readiness.series(crawls, crawl)),
        }

    about = "Domains whose level rose or fell between two crawls: both its bounds moved, not just what could be tested."
    return _page(request, "changes", "Readiness gained and lost", about, make)


def _page(
    request: Request,
    kind: str,
    heading: str,
    about: str,
    make: Callable[[ReadModel, List, Sequence[Crawl]], dict[str, Any]],
) -> Response:
    parameters = {name: value for name, value in request.query_params.items() if name in _NAMES}
    listing = List(tag=request.path_params.get("tag", MAIN), kind=kind, parameters=parameters)
    if (country := parameters.get("country")) and not is_country(country.upper()):
        raise BadStateError("Invalid country: must be the code of a country such as DE")

    def filled(model: ReadModel) -> dict[str, Any]:
        crawls = readiness.crawls(model, listing.tag)
        if not crawls and listing.tag:
            raise NotFoundError(f"There is no list with the tag {listing.tag}")
        empty = {
            "crawl": None,
            "earlier": None,
            "changes": False,
            "choices_from": (),
            "level_choices": (),
            "nothing": "",
        }
        texts = {"list": listing, "heading": heading, "about": about, "most": MOST}
        titles = {service.value: text.title for service, text in catalogue().services.items()}
        try:
            return {**empty, **texts, "services": titles, **make(model, listing, crawls)}
        except NotFoundError as error:
            if parameters:
                raise
            return {**empty, **texts, "nothing": f"{error}."}

    return page(request, "readiness_list.html", filled)


def _filled(
    model: ReadModel,
    listing: List,
    query: Select[Any],
    crawl: Crawl,
    read: Callable[[Mapping[str, Any]], dict[str, Any]] = summary,
) -> dict[str, Any]:
    after = listing.parameters.get("after", "")[:253] or None
    narrowed = readiness.of_place(query, country=listing.parameters.get("country"), after=after)
    rows = [read(row) for row in model.mappings(narrowed.limit(MOST + 1))]
    following = listing.link(after=rows[MOST - 1]["domain"]) if len(rows) > MOST else None
    data = listing.link(f"/api/v1/readiness/{listing.kind}", tag=listing.tag or None, after=None)
    return {"crawl": crawl, "rows": rows[:MOST], "following": following, "data": data}


def _date(listing: List, crawls: Sequence[Crawl], name: str) -> dt.date | None:
    return addresses.date(listing.parameters[name], _dates(crawls), name) if name in listing.parameters else None


def _dates(crawls: Sequence[Crawl]) -> list[dt.date]:
    return [crawl.date for crawl in crawls]
