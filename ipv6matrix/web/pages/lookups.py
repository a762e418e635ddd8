"""
Pages about one thing: a domain, a country, a TLD; and what changed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from markupsafe import Markup
from sqlalchemy import Connection, select

from ipv6matrix import lists
from ipv6matrix.summaries.tables import DOMAINS
from ipv6matrix.web.edition import Edition
from ipv6matrix.web.figures import Slice
from ipv6matrix.web.names import begins_with
from ipv6matrix.web.pages import charts, series
from ipv6matrix.web.pages.places import is_country, name_of
from ipv6matrix.web.pages.rendering import page
from ipv6matrix.web.pages.state import BadStateError
from ipv6matrix.web.pages.views import VIEWS
from ipv6matrix.web.problems import NotFoundError
from ipv6matrix.web.v1 import changes, facts
from ipv6matrix.web.v1.domains import summary

_SHOWN: Final = 50
_CHANGES: Final = 100


def install(app: FastAPI) -> None:
    """Give an app these pages."""
    for path, respond in (
        ("/domain", search),
        ("/domain-{name}", domain),
        ("/country-{code}", country),
        ("/tld-{name}", tld),
        ("/changes", changed),
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
    name = lists.clean(request.path_params["name"])
    if isinstance(name, lists.Refused):
        raise NotFoundError("That is no name of a domain")
    file = facts.newest(request.app.state.output_dir)

    def make(connection: Connection, _: Edition) -> dict[str, Any]:
        status, found = facts.of(file, name)
        query = select(DOMAINS).where(DOMAINS.c.domain == name).order_by(DOMAINS.c.date.desc())
        crawls = [summary(row) for row in connection.execute(query).mappings()]
        if not crawls and found is None:
            raise NotFoundError(f"No crawl has asked about {name}")
        return {"name": name, "crawls": crawls, "facts_status": status, "facts": found}

    return page(request, "domain.html", make, beside=facts.version(file))


def country(request: Request) -> Response:
    """Tell all figures of a country."""
    code = request.path_params["code"].upper()
    if not is_country(code):
        raise NotFoundError(f"There is no country with the code {code[:8]}")
    return _place(request, "country", code, name_of(code))


def tld(request: Request) -> Response:
    """Tell all figures of a TLD."""
    name = request.path_params["name"].lower().removeprefix(".")
    return _place(request, "tld", name, f".{name}")


def _place(request: Request, group: str, word: str, title: str) -> Response:
    def make(connection: Connection, now: Edition) -> dict[str, Any]:
        asked = Slice(only={group: (word,)})
        found = {name: series.rows(connection, now, view, asked) for name, view in VIEWS.items()}
        if not any(found.values()):
            raise NotFoundError(f"No crawl has found a host or domain of {title[:70]}")
        return {
            "group": group,
            "word": word,
            "title": title,
            "parts": [_part(now, name, found[name]) for name in VIEWS],
        }

    return page(request, "place.html", make)


def _part(now: Edition, name: str, found: list[series.Row]) -> dict[str, Any]:
    view = VIEWS[name]
    drawn = []
    for unit in ("share", "ratio"):
        alike = [measure for measure in view.measures if measure.unit == unit]
        if alike and found:
            lines = [series.line(measure.title, measure, found) for measure in alike]
            drawn.append(Markup(charts.chart(f"{view.title} over time", unit, lines, now.dates, now.dates[-1])))  # noqa: S704 - escaped there
    return {"view": view, "rows": found[::-1], "charts": drawn}


def changed(request: Request) -> Response:
    """List what gained or lost IPv6 between two crawls."""

    def make(connection: Connection, now: Edition) -> dict[str, Any]:
        after = _date(request.query_params, "to", now) or (now.dates[-1] if now.dates else None)
        earlier = [date for date in now.dates if after and date < after]
        before = _date(request.query_params, "from", now) or (earlier[-1] if earlier else None)
        if before is None or after is None:
            return {"before": None, "after": after, "groups": {}, "domains": []}
        groups = {group: _groups(connection, now, group, before, after) for group in ("country", "tld")}
        question = changes.DomainChangeQuestion(limit=_CHANGES)
        rows = connection.execute(changes.differences(question, before, after)).mappings()
        return {"before": before, "after": after, "groups": groups, "domains": list(rows)[:_CHANGES]}

    return page(request, "changes.html", make)


def _groups(connection: Connection, now: Edition, group: str, before: dt.date, after: dt.date) -> list[dict[str, Any]]:
    view = VIEWS["domains"]
    one, two = (
        {row[group]: row for row in series.rows(connection, now, view, Slice(group=group, since=date, until=date))}
        for date in (before, after)
    )
    found = []
    for word in one.keys() & two.keys():
        was, now_is = view.measures[0].of(one[word]), view.measures[0].of(two[word])
        if was is not None and now_is is not None and was != now_is:
            found.append({"word": word, "name": series.labelled(group, word), "was": was, "is": now_is})
    return sorted(found, key=lambda row: row["was"] - row["is"])


def _date(values: Mapping[str, str], name: str, now: Edition) -> dt.date | None:
    text = values.get(name)
    if text is None:
        return None
    try:
        date = dt.date.fromisoformat(text)
    except ValueError:
        raise BadStateError(f"{name} is no date: write it like 2026-01-31") from None
    if date not in now.dates:
        raise NotFoundError(f"There is no crawl of {date}")
    return date
