"""
Pages about one thing: a domain, a country, a TLD.
"""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI, Request, Response
from markupsafe import Markup

from ipv6matrix.charts.frame import framed
from ipv6matrix.store.newest import newest
from ipv6matrix.summaries.tables import MAIN
from ipv6matrix.targets import lists
from ipv6matrix.web import domain_names, readiness
from ipv6matrix.web.answers import answered
from ipv6matrix.web.pages import addresses, histories, showing, state, world
from ipv6matrix.web.pages.addresses import BadStateError
from ipv6matrix.web.pages.downloads import SVG
from ipv6matrix.web.pages.measures import View
from ipv6matrix.web.pages.places import is_country, name_of
from ipv6matrix.web.pages.readiness import state_of
from ipv6matrix.web.pages.rendering import page
from ipv6matrix.web.pages.state import State
from ipv6matrix.web.pages.views import VIEWS
from ipv6matrix.web.problems import NotFoundError
from ipv6matrix.web.read_model.model import ReadModel
from ipv6matrix.web.v1 import domain_readiness, facts
from ipv6matrix.web.v1.domains import crawls
from ipv6matrix.web.v1.paging import quick

_SHOWN: Final = 50


def install(app: FastAPI) -> None:
    """Add these pages to an app."""
    for path, respond in (
        ("/domain", search),
        ("/domain-{name}", domain),
        ("/country-{code}", country),
        ("/domain-{name}/{chart}.svg", history),
        ("/tld-{name}", tld),
    ):
        app.add_route(path, respond, methods=["GET", "HEAD"], include_in_schema=False)


def search(request: Request) -> Response:
    """Find domains by what a reader typed."""
    typed = request.query_params.get("q", "").strip()[:253]

    def make(model: ReadModel) -> dict[str, Any]:
        return {"typed": typed, "names": domain_names.search(model, typed, _SHOWN), "most": _SHOWN}

    return page(request, "search.html", make, lane=quick)


def domain(request: Request) -> Response:
    """Show all that is known of a domain."""
    name = _name(request)
    file = newest(request.app.state.output_dir)
    offset, tag = addresses.offset(request.query_params.get("offset")), request.query_params.get("tag")

    def make(model: ReadModel) -> dict[str, Any]:
        status, domain_facts = facts.of(file, name, offset)
        ready = domain_readiness.find(model, name, tag)
        rows = crawls(model, name, or_facts=bool(domain_facts or ready))[::-1]
        drawn = histories.drawings(name, rows, ready)
        return {
            "name": name,
            "crawls": rows,
            "ready": ready,
            "lists": readiness.tags_of(model, name),
            "drawings": drawn,
            "facts_status": status,
            "facts": domain_facts,
        }

    return page(request, "domain.html", make, lane=quick, depends_on=facts.version(file))


def history(request: Request) -> Response:
    """Draw one chart of a domain."""
    name, chart, tag = _name(request), request.path_params["chart"], request.query_params.get("tag")

    def write(model: ReadModel) -> str:
        rows = crawls(model, name, or_facts=True)[::-1]
        ready = domain_readiness.find(model, name, tag)
        drawn = histories.drawings(name, rows, ready)
        if chart not in drawn:
            raise NotFoundError("There is no such chart of this domain")
        title, svg, dates = drawn[chart]
        return framed(f"{name}: {title}", f"IPv6 Matrix, crawls of {dates[0]} to {dates[-1]}", svg)

    return answered(request, SVG, write, {"Content-Disposition": "attachment"}, lane=quick)


def _name(request: Request) -> str:
    name = lists.clean(request.path_params["name"])
    if isinstance(name, lists.Rejected):
        raise NotFoundError("Not a valid domain name")
    return name


def country(request: Request) -> Response:
    """Show all figures of a country."""
    code = request.path_params["code"].upper()
    if not is_country(code):
        raise NotFoundError(f"There is no country with the code {code[:8]}")
    return _place(request, "country", code, name_of(code))


def tld(request: Request) -> Response:
    """Show all figures of a TLD."""
    name = domain_names.a_label(request.path_params["name"].lower().removeprefix("."))
    try:
        names = addresses.tlds([name])
    except BadStateError:
        names = ()
    if names != (name,):
        raise NotFoundError(f"No crawl has found a host or domain of .{name[:70]}")
    return _place(request, "tld", name, f".{name}")


def _place(request: Request, group: str, word: str, title: str) -> Response:
    def make(model: ReadModel) -> dict[str, Any]:
        parts = [_part(model, view, group, word) for view in VIEWS.values()] if model.version.dates else []
        parts += [_ready(model, group, word)] if readiness.crawls(model, MAIN) else []
        if not any(part["rows"] for part in parts):
            raise NotFoundError(f"No crawl has found a host or domain of {title[:70]}")
        is_country = group == "country"
        near = state.read(VIEWS["domains"], word, {}, model.version.dates) if is_country else None
        return {
            "group": group,
            "word": word,
            "title": title,
            "parts_of": parts,
            "map": Markup(showing.world_map(model, near)) if near else None,  # noqa: S704 - escaped there
            "shown": near,
            "legend": world.legend("share"),
        }

    return page(request, "place.html", make)


def _part(model: ReadModel, view: View, group: str, word: str) -> dict[str, Any]:
    return _filled(model, state.read(view, *_choices(group, word), model.version.dates))


def _ready(model: ReadModel, group: str, word: str) -> dict[str, Any]:
    return _filled(model, state_of(model, MAIN, *_choices(group, word)))


def _choices(group: str, word: str) -> tuple[str | None, dict[str, str]]:
    """Return the country and the parameters of a view of one place, crawl by crawl."""
    return (word, {"group": "date"}) if group == "country" else (None, {"group": "date", "tld": word})


def _filled(model: ReadModel, shown: State) -> dict[str, Any]:
    rows = showing.of(model, shown).rows
    drawn = showing.drawings(model, shown, rows) if rows else []
    return {"view": shown.view, "shown": shown, "rows": rows, "drawings": drawn}
