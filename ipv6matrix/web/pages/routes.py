"""
The addresses of all pages: views, and what is the same for every crawl.
"""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI, Request, Response
from markupsafe import Markup
from sqlalchemy import Connection

from ipv6matrix.web.caching import answered
from ipv6matrix.web.edition import Edition
from ipv6matrix.web.pages import charts, lookups, series, state, world
from ipv6matrix.web.pages.places import name_of
from ipv6matrix.web.pages.rendering import error_page, failed, page
from ipv6matrix.web.pages.series import Row
from ipv6matrix.web.pages.state import BadStateError, State
from ipv6matrix.web.pages.views import VIEWS, Measure, View

SVG: Final = "image/svg+xml"
TEXTS: Final = ("about", "methodology", "credits")
# Rows of a page; the data have them all.
MOST_ROWS: Final = 250


def install(app: FastAPI) -> None:
    """Give an app all pages."""
    _add(app, "/", lambda request: _view(request, VIEWS["domains"], None, is_home=True))
    for view in VIEWS.values():
        _install_view(app, view)
    for name in TEXTS:
        _add(app, f"/{name}", _text(name))
    lookups.install(app)
    app.state.error_page = error_page
    app.add_exception_handler(BadStateError, lambda _, error: failed(400, str(error)))


def _add(app: FastAPI, path: str, respond: Any) -> None:
    app.add_route(path, respond, methods=["GET", "HEAD"], include_in_schema=False)


def _install_view(app: FastAPI, view: View) -> None:
    for path in (f"/{view.name}", f"/{view.name}/country-{{country}}"):
        _add(app, path, lambda request: _view(request, view, request.path_params.get("country")))
        _add(app, f"{path}/map.svg", lambda request: _picture(request, view, _map))
        _add(app, f"{path}/chart.svg", lambda request: _picture(request, view, _chart))


def _text(name: str) -> Any:
    return lambda request: page(request, f"{name}.html", lambda *_: {})


def _view(request: Request, view: View, country: str | None, *, is_home: bool = False) -> Response:
    def make(connection: Connection, now: Edition) -> dict[str, Any]:
        if not now.dates:
            return {"shown": None, "is_home": is_home}
        shown = state.read(view, country, request.query_params, now.dates)
        return {"shown": shown, "is_home": is_home, **_filled(connection, now, shown)}

    return page(request, "view.html", make)


def _filled(connection: Connection, now: Edition, shown: State) -> dict[str, Any]:
    found = _rows(connection, now, shown)
    most = shown.least_of(int(series.total(shown.view, found)[shown.view.total]) if shown.group != "date" else 0)
    kept = [row for row in found if row[shown.view.total] >= most]
    rows = series.ordered(shown, kept)
    of_date = [row for row in found if row["date"] == shown.date]
    return {
        "rows": rows[:MOST_ROWS],
        "more": max(len(rows) - MOST_ROWS, 0),
        "left_out": len(found) - len(kept),
        "least": most,
        "total": series.total(shown.view, of_date),
        "map": Markup(_map(connection, now, shown)),  # noqa: S704 - escaped there
        "charts": [Markup(_drawn(connection, now, shown, kept, measure)) for measure in _charted(shown)],  # noqa: S704 - likewise
        "legend": world.legend(shown.measure.unit),
        "labelled": series.labelled,
        "data": _links(shown),
        "place": name_of(shown.country) if shown.country else "",
    }


def _rows(connection: Connection, now: Edition, shown: State) -> list[Row]:
    if shown.group == "date":
        return series.rows(connection, now, shown.view, shown.slice(None))
    return series.rows(connection, now, shown.view, shown.slice(shown.group, date=shown.date))


def _charted(shown: State) -> tuple[Measure, ...]:
    # Shares of one whole fit one axis; a share and a ratio do not.
    units = {measure.unit: measure for measure in reversed(shown.view.measures)}
    if shown.group == "date":
        return tuple(units[unit] for unit in ("share", "ratio") if unit in units)
    return (shown.measure,)


def _drawn(connection: Connection, now: Edition, shown: State, kept: list[Row], measure: Measure) -> str:
    if shown.group == "date":
        alike = [one for one in shown.view.measures if one.unit == measure.unit]
        lines = [series.line(one.title, one, kept) for one in alike]
    else:
        lines = series.lines(connection, now, shown, measure, kept)
    title = shown.view.title if shown.group == "date" else measure.title
    return charts.chart(f"{title} over time", measure.unit, lines, now.dates, shown.date)


def _chart(connection: Connection, now: Edition, shown: State) -> str:
    return _drawn(connection, now, shown, _rows(connection, now, shown), shown.measure)


def _map(connection: Connection, now: Edition, shown: State) -> str:
    asked = shown.slice("country", everywhere=True, date=shown.date)
    found = series.rows(connection, now, shown.view, asked)
    least = shown.least_of(int(series.total(shown.view, found)[shown.view.total]))
    values = {row["country"]: shown.measure.of(row) for row in found if row[shown.view.total] >= least}
    kept = {"group": None, "sort": None}
    return world.draw(
        f"{shown.measure.title}, by country, {shown.date}",
        shown.measure.unit,
        values,
        lambda code: shown.link(f"/{shown.view.name}/country-{code}", **kept),
        shown.country,
    )


def _picture(request: Request, view: View, draw: Any) -> Response:
    def write(connection: Connection, now: Edition) -> str:
        country = request.path_params.get("country")
        return str(draw(connection, now, state.read(view, country, request.query_params, now.dates)))

    name = request.url.path.strip("/").replace("/", "-")
    return answered(request, SVG, write, {"Content-Disposition": f'attachment; filename="ipv6matrix-{name}"'})


def _links(shown: State) -> dict[str, str]:
    """Give the addresses of the data behind a view, by format."""
    group = "" if shown.group == "date" else shown.group
    if shown.country:
        path = f"/group-{group or 'country'}/country-{shown.country}"
    else:
        path = f"/group-{group}" if group else ""
    filters = {"tlds": shown.tld, "types": shown.word if shown.word_name == "type" else None}
    query = "&".join(f"{name}={value}" for name, value in filters.items() if value)
    found = {
        word.upper(): f"/{word}/{shown.view.name}{path}" + (f"?{query}" if query else "")
        for word in ("json", "xml", "html", "csv")
    }
    asked = {"group": group, "country": shown.country, "tld": shown.tld, shown.word_name: shown.word}
    today = "&".join(f"{name}={value}" for name, value in asked.items() if name and value)
    return {**found, "API v1": f"/api/v1/{shown.view.api}" + (f"?{today}" if today else "")}
