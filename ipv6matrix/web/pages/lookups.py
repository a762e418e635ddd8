"""
Pages about one thing: a domain, a country, a TLD.
"""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI, Request, Response
from markupsafe import Markup
from sqlalchemy import Connection, select

from ipv6matrix.store.newest import newest
from ipv6matrix.summaries.tables import DOMAINS
from ipv6matrix.targets import lists
from ipv6matrix.web.caching import answered
from ipv6matrix.web.edition import Edition
from ipv6matrix.web.names import begins_with
from ipv6matrix.web.pages import addresses, histories, showing, state, world
from ipv6matrix.web.pages.addresses import BadStateError
from ipv6matrix.web.pages.downloads import SVG
from ipv6matrix.web.pages.pictures import framed
from ipv6matrix.web.pages.places import is_country, name_of
from ipv6matrix.web.pages.rendering import page
from ipv6matrix.web.pages.views import VIEWS, View
from ipv6matrix.web.problems import NotFoundError
from ipv6matrix.web.v1 import facts
from ipv6matrix.web.v1.domains import summary

_SHOWN: Final = 50


def install(app: FastAPI) -> None:
    """Give an app these pages."""
    for path, respond in (
        ("/domain", search),
        ("/domain-{name}", domain),
        ("/country-{code}", country),
        ("/domain-{name}/{what}.svg", history),
        ("/tld-{name}", tld),
    ):
        app.add_route(path, respond, methods=["GET", "HEAD"], include_in_schema=False)


def search(request: Request) -> Response:
    """Find domains by how they begin."""
    prefix = request.query_params.get("q", "").strip().lower()[:253]

    def make(connection: Connection, _: Edition) -> dict[str, Any]:
        column = DOMAINS.c.domain
        query = select(column).distinct().where(begins_with(column, prefix)).order_by(column).limit(_SHOWN)
        return {"prefix": prefix, "names": list(connection.scalars(query)) if prefix else [], "most": _SHOWN}

    return page(request, "search.html", make)


def domain(request: Request) -> Response:
    """Tell all that is known of a domain."""
    name = _name(request)
    file = newest(request.app.state.output_dir)

    def make(connection: Connection, _: Edition) -> dict[str, Any]:
        status, found = facts.of(file, name)
        crawls = _crawls(connection, name)
        if not crawls and found is None:
            raise NotFoundError(f"No crawl has asked about {name}")
        drawn = histories.drawings(name, crawls) if crawls else {}
        return {"name": name, "crawls": crawls, "drawings": drawn, "facts_status": status, "facts": found}

    return page(request, "domain.html", make, beside=facts.version(file))


def history(request: Request) -> Response:
    """Draw one chart of a domain."""
    name, what = _name(request), request.path_params["what"]

    def write(connection: Connection, _: Edition) -> str:
        crawls = _crawls(connection, name)
        drawn = histories.drawings(name, crawls) if crawls else {}
        if what not in drawn:
            raise NotFoundError("There is no such chart of this domain")
        title, svg = drawn[what]
        return framed(f"{name}: {title}", f"IPv6 Matrix, crawls of {crawls[-1]['date']} to {crawls[0]['date']}", svg)

    return answered(request, SVG, write, {"Content-Disposition": "attachment"})


def _name(request: Request) -> str:
    name = lists.clean(request.path_params["name"])
    if isinstance(name, lists.Rejected):
        raise NotFoundError("That is no name of a domain")
    return name


def _crawls(connection: Connection, name: str) -> list[dict[str, Any]]:
    query = select(DOMAINS).where(DOMAINS.c.domain == name).order_by(DOMAINS.c.date.desc())
    return [summary(row) for row in connection.execute(query).mappings()]


def country(request: Request) -> Response:
    """Tell all figures of a country."""
    code = request.path_params["code"].upper()
    if not is_country(code):
        raise NotFoundError(f"There is no country with the code {code[:8]}")
    return _place(request, "country", code, name_of(code))


def tld(request: Request) -> Response:
    """Tell all figures of a TLD."""
    name = request.path_params["name"].lower().removeprefix(".")
    try:
        found = addresses.tlds([name])
    except BadStateError:
        found = ()
    if found != (name,):
        raise NotFoundError(f"No crawl has found a host or domain of .{name[:70]}")
    return _place(request, "tld", name, f".{name}")


def _place(request: Request, group: str, word: str, title: str) -> Response:
    def make(connection: Connection, now: Edition) -> dict[str, Any]:
        parts = [_part(connection, now, view, group, word) for view in VIEWS.values()] if now.dates else []
        if not any(part["rows"] for part in parts):
            raise NotFoundError(f"No crawl has found a host or domain of {title[:70]}")
        is_country = group == "country"
        near = state.read(VIEWS["domains"], word, {}, now.dates) if is_country else None
        return {
            "group": group,
            "word": word,
            "title": title,
            "parts_of": parts,
            "map": Markup(showing.world_map(connection, now, near)) if near else None,  # noqa: S704 - escaped there
            "shown": near,
            "legend": world.legend("share"),
        }

    return page(request, "place.html", make)


def _part(connection: Connection, now: Edition, view: View, group: str, word: str) -> dict[str, Any]:
    code = word if group == "country" else None
    values = {"group": "date"} if code else {"group": "date", "tld": word}
    shown = state.read(view, code, values, now.dates)
    rows = showing.of(connection, now, shown).rows
    drawn = showing.drawings(connection, now, shown, rows) if rows else []
    return {"view": view, "shown": shown, "rows": rows, "drawings": drawn}
