"""
Downloads of a view: its map and charts as SVG, its table in each format.
"""

from __future__ import annotations

from typing import Final

from fastapi import Request, Response

from ipv6matrix.charts.frame import framed
from ipv6matrix.web.answers import answered
from ipv6matrix.web.pages import series, showing, state, tables, world
from ipv6matrix.web.pages.rendering import in_lane
from ipv6matrix.web.pages.state import State
from ipv6matrix.web.pages.views import View
from ipv6matrix.web.problems import NotFoundError
from ipv6matrix.web.read_model.model import ReadModel

SVG: Final = "image/svg+xml"


def picture(request: Request, view: View, what: str) -> Response:
    """Answer with a map, a chart, or the kinds stacked."""

    def write(model: ReadModel) -> str:
        return draw(model, _state(request, view, model), what)

    return answered(request, SVG, write, {"Content-Disposition": "attachment"}, lane=in_lane)


def table(request: Request, view: View) -> Response:
    """Answer with all rows of a view's table."""
    word = request.path_params["word"]
    if word not in tables.FORMATS:
        raise NotFoundError(f"There is no such format of a table: choose one of {', '.join(tables.FORMATS)}")

    def write(model: ReadModel) -> str:
        shown = _state(request, view, model)
        rows = showing.of(model, shown).rows
        if not rows:
            raise NotFoundError("No row is left by these filters")
        return tables.write(word, shown, rows)

    return answered(request, tables.FORMATS[word], write, lane=in_lane)


def draw(model: ReadModel, shown: State, what: str) -> str:
    """Draw a picture with its title and source."""
    filters = ", ".join(series.labelled(name, word) for name, words in shown.filters.items() for word in words)
    dates = model.version.dates
    source = f"IPv6 Matrix, crawls of {dates[0]} to {dates[-1]}" + (f" \u00b7 {filters}" if filters else "")
    if what == "map":
        title = f"{shown.view.title}: {shown.measure.title}, {shown.date}"
        drawn = showing.world_map(model, shown)
        return framed(title, source, drawn, size=world.SIZE, below=world.keys(shown.measure.unit))
    if what == "kinds":
        drawing = showing.kinds(model, shown)
    else:
        drawing = showing.chart(model, shown, showing.of(model, shown).rows, shown.measure)
    return framed(f"{shown.view.title}: {drawing.title}", source, str(drawing.svg))


def _state(request: Request, view: View, model: ReadModel) -> State:
    return state.read(view, request.path_params.get("country"), request.query_params, model.version.dates)
