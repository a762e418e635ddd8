"""
How charts look: bars, columns and lines in Vega-Lite, for wide places and for narrow ones.

Colours are those of Okabe and Ito, which people with any kind of colour vision
tell apart (https://jfly.uni-koeln.de/color/); what is not known is grey. A page
replaces each colour of `DARK` when the reader prefers dark pages.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import altair as alt

INK: Final = "#1f2328"
DIM: Final = "#59636e"
LINE: Final = "#d8dee4"
PAPER: Final = "#ffffff"
IPV6: Final = "#0072b2"
IPV4: Final = "#d55e00"
SKY: Final = "#56b4e8"
YELLOW: Final = "#e6b800"
UNKNOWN: Final = "#8c959f"
REST: Final = "#e4e8ec"
DARK: Final = {
    INK: "#e6edf3",
    DIM: "#9ba7b4",
    LINE: "#30363d",
    PAPER: "#161b22",
    IPV6: "#56b4e9",
    IPV4: "#e69f00",
    SKY: "#1f6f9f",
    YELLOW: "#f0e442",
    UNKNOWN: "#6e7985",
    REST: "#2d343d",
}
FAMILY_COLOURS: Final = {"IPv4": IPV4, "IPv6": IPV6}

# Widths of a chart in pixels: for a telephone, and for everything else.
NARROW: Final = 328
WIDE: Final = 680
# Liberation Sans, which measures the texts here, is as wide as Arial.
_FONT: Final = "Arial, Helvetica, Liberation Sans, sans-serif"
_ROW: Final = 24
# Room for the texts behind the bars.
_NOTE: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A part of a bar, from one number to another."""

    label: str
    "Of its bar."
    state: str
    "What the part stands for; the legend names it."
    start: float
    end: float
    hover: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A place on a line."""

    series: str
    x: float
    y: float
    hover: str


Chart = alt.LayerChart | alt.FacetChart
"A drawing; never a facet here, but that is how Altair types its layers."


def bars(
    segments: Sequence[Segment],
    notes: Mapping[str, str],
    colours: Mapping[str, str],
    *,
    title: str,
    width: int,
) -> Chart:
    """Draw horizontal bars of one or more segments, in percent, with a note behind each."""
    labels = list(dict.fromkeys(segment.label for segment in segments))
    y = _labels(labels, width)
    parts = (
        _chart(vars_of(segments))
        .mark_bar(height={"band": 0.72})
        .encode(
            y=y,
            x=_percents(segments, title, width),
            x2="end:Q",
            color=_colour("state", colours),
            description="hover:N",
        )
    )
    texts = (
        _chart([{"label": label, "note": note} for label, note in notes.items()])
        .mark_text(align="left", dx=6, color=INK, fontSize=12)
        .encode(y=y, x=alt.value("width"), text="note:N")
    )
    return _finish(alt.layer(parts, texts), width, height=_ROW * len(labels), right=_NOTE, columns=1)


def grouped(segments: Sequence[Segment], notes: Mapping[tuple[str, str], str], *, title: str, width: int) -> Chart:
    """Draw a bar for each family within each label, in percent, with a note behind each."""
    labels = list(dict.fromkeys(segment.label for segment in segments))
    families = list(FAMILY_COLOURS)
    y = _labels(labels, width)
    offset = alt.YOffset("state:N", sort=families)
    base = _chart(vars_of(segments))
    parts = base.mark_bar(height={"band": 0.82}).encode(
        y=y,
        yOffset=offset,
        x=_percents(segments, title, width),
        x2="end:Q",
        color=_colour("state", FAMILY_COLOURS),
        description="hover:N",
    )
    texts = (
        _chart([{"label": label, "state": state, "note": note} for (label, state), note in notes.items()])
        .mark_text(align="left", dx=6, color=INK, fontSize=12)
        .encode(y=y, yOffset=offset, x=alt.value("width"), text="note:N")
    )
    return _finish(alt.layer(parts, texts), width, height=2 * _ROW * len(labels), right=_NOTE)


def histogram(
    segments: Sequence[Segment],
    heights: Sequence[float],
    colours: Mapping[str, str],
    *,
    titles: tuple[str, str],
    ticks: Mapping[float, str],
    width: int,
    logarithmic: bool = False,
) -> Chart:
    """Draw columns from `start` to `end`, with a line where both families are alike."""
    values = [row | {"height": height} for row, height in zip(vars_of(segments), heights, strict=True)]
    edges = [segments[0].start, segments[-1].end]
    scale = alt.Scale(type="log", base=2, domain=edges, nice=False) if logarithmic else alt.Scale(domain=edges)
    axis = alt.Axis(values=list(ticks), labelExpr=_lookup(ticks), grid=False, labelFlush=False)
    columns = (
        _chart(values)
        .mark_bar(binSpacing=1)
        .encode(
            x=alt.X("start:Q", title=titles[0], scale=scale, axis=axis),
            x2="end:Q",
            y=alt.Y("height:Q", title=titles[1], axis=_PERCENT),
            y2=alt.datum(0),
            color=_colour("state", colours),
            description="hover:N",
        )
    )
    return _finish(alt.layer(columns), width, height=_height(width))


def lines(
    points: Sequence[Point],
    *,
    titles: tuple[str, str],
    ticks: Mapping[float, str],
    width: int,
    limit: float | None = None,
    logarithmic: bool = False,
) -> Chart:
    """Draw a line for each family, in percent: IPv4 dashed, so that it differs by more than colour."""
    edges = [min(ticks), max(ticks)]
    x = alt.X(
        "x:Q",
        title=titles[0],
        scale=alt.Scale(type="log" if logarithmic else "linear", domain=edges, nice=False),
        axis=alt.Axis(values=list(ticks), labelExpr=_lookup(ticks), labelFlush=False),
    )
    y = alt.Y(
        "y:Q",
        title=titles[1],
        scale=alt.Scale(domain=[0, limit]) if limit else alt.Scale(zero=True),
        axis=_PERCENT,
    )
    dash = alt.StrokeDash("series:N", scale=alt.Scale(domain=list(FAMILY_COLOURS), range=[[5, 4], [1, 0]]), legend=None)
    base = _chart(vars_of(points)).encode(x=x, y=y, color=_colour("series", FAMILY_COLOURS, "stroke"))
    drawn = base.mark_line(strokeWidth=2.5).encode(strokeDash=dash)
    # Places to rest a pointer on; a line as a whole has nothing to say.
    places = base.mark_point(size=20, filled=True, opacity=1).encode(description="hover:N")
    return _finish(alt.layer(drawn, places), width, height=_height(width))


def vars_of(items: Iterable[Any]) -> list[dict[str, Any]]:
    """Return slotted dataclasses as rows."""
    return [{name: getattr(item, name) for name in item.__slots__} for item in items]


# --- parts ---


def _chart(values: list[dict[str, Any]]) -> alt.Chart:
    return alt.Chart(alt.InlineData(values=values))


_PERCENT: Final = alt.Axis(labelExpr="datum.label + ' %'", tickCount=5)


def _labels(labels: Sequence[str], width: int) -> alt.Y:
    return alt.Y(
        "label:N", sort=list(labels), title=None, axis=alt.Axis(labelLimit=width * 0.48, ticks=False, domain=False)
    )


def _percents(segments: Sequence[Segment], title: str, width: int) -> alt.X:
    """Return the axis of horizontal bars: as far as 100 %, or less where all are short."""
    longest = max(segment.end for segment in segments)
    limit = next(limit for limit in (1, 5, 10, 20, 50, 100) if longest <= limit + 0.001)
    axis = alt.Axis(labelExpr="datum.label + ' %'", tickCount=2 if width <= NARROW else 5)
    return alt.X("start:Q", title=title, scale=alt.Scale(domain=[0, limit], nice=False), axis=axis)


def _colour(name: str, colours: Mapping[str, str], symbol: str = "square") -> alt.Color:
    legend = alt.Legend(title=None, symbolType=symbol, symbolStrokeWidth=3) if len(colours) > 1 else None
    return alt.Color(f"{name}:N", scale=alt.Scale(domain=list(colours), range=list(colours.values())), legend=legend)


def _lookup(ticks: Mapping[float, str]) -> str:
    """Return the expression that names each tick."""
    return "({" + ", ".join(f"'{value:g}': '{text}'" for value, text in ticks.items()) + "})[toString(datum.value)]"


def _height(width: int) -> int:
    return round(width * 0.42) if width > NARROW else round(width * 0.62)


def _finish(chart: Chart, width: int, *, height: int, right: int = 16, columns: int = 2) -> Chart:
    """Set the size and look of a chart; `columns` are those of a legend in a narrow place."""
    finished: Chart = (
        chart.properties(
            width=width,
            height=height,
            background=PAPER,
            padding={"left": 10, "top": 4, "right": right, "bottom": 4},
            autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
        )
        .configure(font=_FONT)
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=DIM,
            titleColor=DIM,
            labelFontSize=12,
            titleFontSize=12,
            titleFontWeight="normal",
            gridColor=LINE,
            domainColor=LINE,
            tickColor=LINE,
            labelPadding=6,
            titlePadding=8,
        )
        .configure_axisY(labelColor=INK)
        .configure_legend(
            orient="top",
            direction="horizontal",
            labelColor=INK,
            labelFontSize=12,
            offset=8,
            labelLimit=width,
            columns=columns if width <= NARROW else 0,
        )
    )
    return finished
