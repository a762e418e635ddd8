"""
Downloads of a view: its map and charts as SVG, its table in each format.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from fastapi import FastAPI, Request, Response

from ipv6matrix.charts.frame import framed
from ipv6matrix.web.answers import answered
from ipv6matrix.web.pages import series, showing, tables, world
from ipv6matrix.web.pages.rendering import in_lane
from ipv6matrix.web.pages.state import State
from ipv6matrix.web.problems import NotFoundError
from ipv6matrix.web.read_model.model import ReadModel

SVG: Final = "image/svg+xml"


Reader = Callable[[Request, ReadModel], State]
"Reads the state of a view from a request."


def install(app: FastAPI, path: str, read: Reader, pictures: Iterable[str]) -> None:
    """Add the downloads below the path of a view to an app."""

    def add(name: str, respond: Any) -> None:
        app.add_route(f"{path}/{name}", respond, methods=["GET", "HEAD"], include_in_schema=False)

    add("table.{word}", lambda request: table(request, read))
    for kind in pictures:
        add(f"{kind}.svg", lambda request, kind=kind: picture(request, read, kind))


def picture(request: Request, read: Reader, kind: str) -> Response:
    """Answer with a map, a chart, or the kinds stacked."""

    def write(model: ReadModel) -> str:
        return draw(model, read(request, model), kind)

    return answered(request, SVG, write, {"Content-Disposition": "attachment"}, lane=in_lane)


def table(request: Request, read: Reader) -> Response:
    """Answer with all rows of a view's table."""
    word = request.path_params["word"]
    if word not in tables.FORMATS:
        raise NotFoundError(f"There is no such format of a table: choose one of {', '.join(tables.FORMATS)}")

    def write(model: ReadModel) -> str:
        shown = read(request, model)
        rows = showing.of(model, shown).rows
        if not rows:
            raise NotFoundError("No row is left by these filters")
        return tables.write(word, shown, rows)

    return answered(request, tables.FORMATS[word], write, lane=in_lane)


def draw(model: ReadModel, shown: State, kind: str) -> str:
    """Draw a picture with its title and source."""
    filters = ", ".join(series.labelled(name, word) for name, words in shown.filters.items() for word in words)
    source = f"IPv6 Matrix, crawls of {shown.dates[0]} to {shown.dates[-1]}" + (f" \u00b7 {filters}" if filters else "")
    if kind == "map":
        title = f"{shown.view.title}: {shown.measure.title}, {shown.date}"
        drawn = showing.world_map(model, shown)
        return framed(title, source, drawn, size=world.SIZE, below=world.keys(shown.measure.unit))
    if kind in ("kinds", "steps"):
        drawing = {"kinds": showing.kinds, "steps": showing.steps}[kind](model, shown)
    else:
        drawing = showing.chart(model, shown, showing.of(model, shown).rows, shown.measure)
    return framed(f"{shown.view.title}: {drawing.title}", source, str(drawing.svg))
