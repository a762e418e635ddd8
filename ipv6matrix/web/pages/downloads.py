"""
What a view gives away: its map and charts as SVG, its table in each format. File names tell what is in them.
"""

from __future__ import annotations

from typing import Final

from fastapi import Request, Response
from sqlalchemy import Connection

from ipv6matrix.web.caching import answered
from ipv6matrix.web.edition import Edition
from ipv6matrix.web.pages import series, showing, state, tables
from ipv6matrix.web.pages.pictures import framed
from ipv6matrix.web.pages.state import State
from ipv6matrix.web.pages.views import View
from ipv6matrix.web.problems import NotFoundError

SVG: Final = "image/svg+xml"


def picture(request: Request, view: View, what: str) -> Response:
    """Answer with a map, a chart, or the kinds stacked."""

    def write(connection: Connection, now: Edition) -> str:
        return draw(connection, now, _state(request, view, now), what)

    return answered(request, SVG, write, {"Content-Disposition": "attachment"})


def table(request: Request, view: View) -> Response:
    """Answer with all rows of a view's table."""
    word = request.path_params["word"]
    if word not in tables.FORMATS:
        raise NotFoundError(f"A table has no such form: choose among {', '.join(tables.FORMATS)}")

    def write(connection: Connection, now: Edition) -> str:
        shown = _state(request, view, now)
        rows = showing.of(connection, now, shown).rows
        if not rows:
            raise NotFoundError("No row is left by these filters")
        return tables.write(word, shown, rows)

    return answered(request, tables.FORMATS[word], write)


def draw(connection: Connection, now: Edition, shown: State, what: str) -> str:
    """Draw a picture with its title and source."""
    filters = ", ".join(series.labelled(name, word) for name, words in shown.filters.items() for word in words)
    source = f"IPv6 Matrix, crawls of {now.dates[0]} to {now.dates[-1]}" + (f" \u00b7 {filters}" if filters else "")
    if what == "map":
        title = f"{shown.view.title}: {shown.measure.title}, {shown.date}"
        return framed(title, source, showing.world_map(connection, now, shown), shown.measure.unit)
    if what == "kinds":
        drawing = showing.kinds(connection, now, shown)
    else:
        drawing = showing.chart(connection, now, shown, showing.of(connection, now, shown).rows, shown.measure)
    return framed(f"{shown.view.title}: {drawing.title}", source, str(drawing.svg))


def _state(request: Request, view: View, now: Edition) -> State:
    return state.read(view, request.path_params.get("country"), request.query_params, now.dates)
