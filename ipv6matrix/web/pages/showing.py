"""
What a view's page holds: its table, its totals, its map and its charts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from markupsafe import Markup

from ipv6matrix.charts import bars, columns
from ipv6matrix.charts import lines as line_charts
from ipv6matrix.charts.drawing import IPV6, UNKNOWN
from ipv6matrix.web.pages import addresses, series, state, tables, world
from ipv6matrix.web.pages.measures import Measure
from ipv6matrix.web.pages.places import name_of
from ipv6matrix.web.pages.series import Row
from ipv6matrix.web.pages.state import State
from ipv6matrix.web.read_model.model import ReadModel

# Rows of a page; the data have them all.
MOST_ROWS: Final = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A chart, and the parameters of its own URL."""

    title: str
    svg: Markup
    kind: str
    "chart, kinds or steps."
    measure: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The rows of a table."""

    rows: Sequence[Row]
    left_out: int
    "Rows with too few hosts or domains."
    least: int
    total: Row
    "Of the crawl that is shown, with all rows."


def filled(model: ReadModel, shown: State) -> dict[str, Any]:
    """Return what the template of a view needs."""
    table = of(model, shown)
    places = _places(model, shown)
    return {
        "rows": table.rows[:MOST_ROWS],
        "more": max(len(table.rows) - MOST_ROWS, 0),
        "table": table,
        "total": table.total,
        "means": series.means(shown.view, table.rows),
        "map": Markup(_map(shown, places)),  # noqa: S704 - escaped there
        "drawings": drawings(model, shown, table.rows),
        "legend": world.legend(shown.measure.unit),
        "labelled": series.labelled,
        "data": tables.links(shown, table.least) if table.rows else {},
        "place": name_of(shown.country) if shown.country else "",
        "countries": _countries(shown, places),
        "choices": addresses.WORDS.get(shown.word_name or "", ()),
        "minima": state.MINIMA,
        "automatic": replace(shown, least=None).least_of(_all(shown, places)),
    }


def of(model: ReadModel, shown: State) -> Shown:
    """Return the table that a state describes, sorted as it says."""
    is_over_time = shown.group == "date"
    selection = shown.slice(None) if is_over_time else shown.slice(shown.group, date=shown.date)
    table_rows = series.rows(model, shown.view, selection)
    total = series.total(shown.view, (row for row in table_rows if row["date"] == shown.date))
    least = shown.least_of(0 if is_over_time else int(total[shown.view.total]))
    large_rows = [row for row in table_rows if row[shown.view.total] >= least]
    return Shown(
        rows=series.ordered(shown, large_rows), left_out=len(table_rows) - len(large_rows), least=least, total=total
    )


def drawings(model: ReadModel, shown: State, rows: Sequence[Row]) -> list[Drawing]:
    """Draw all charts of a state."""
    stacked = [kinds(model, shown)] if shown.view.kinds else []
    stepped = [steps(model, shown)] if shown.view.has_steps else []
    return [*stacked, *stepped, *(chart(model, shown, rows, measure) for measure in _charted(shown))]


def chart(model: ReadModel, shown: State, rows: Sequence[Row], measure: Measure) -> Drawing:
    """Draw lines: of groups, or of all figures that have the unit of this one."""
    if shown.group == "date":
        matching = [figure for figure in shown.view.measures if figure.unit == measure.unit]
        lines = [series.line(figure.title, figure, sorted(rows, key=lambda row: row["date"])) for figure in matching]
    else:
        lines = series.lines(model, shown, measure, rows)
    title = measure.title if shown.group != "date" else {"ratio": measure.title}.get(measure.unit, shown.view.title)
    svg = line_charts.over_time(f"{title}{_when(shown)}", measure.unit, lines, shown.dates, shown.date)
    return Drawing(title=title, svg=Markup(svg), kind="chart", measure=measure.key)  # noqa: S704 - escaped there


def kinds(model: ReadModel, shown: State) -> Drawing:
    """Draw the kinds that make up a whole, of all that the filters choose."""
    rows = series.rows(model, shown.view, shown.slice(None))
    unknown = Measure(key="unknown", title="Unknown, of all hosts", part="unknown", whole="hosts")
    svg = columns.stack(
        f"{shown.view.title}{_when(shown)}, stacked",
        "share",
        series.kinds(shown.view, rows),
        shown.dates,
        shown.date,
        series.line(unknown.title, unknown, rows),
    )
    return Drawing(title="Kinds of hosts", svg=Markup(svg), kind="kinds", measure=shown.measure.key)  # noqa: S704 - escaped there


def steps(model: ReadModel, shown: State) -> Drawing:
    """Draw the measures of the chosen crawl, each of which includes the next one, between their bounds."""
    sums = series.rows(model, shown.view, shown.slice(None, date=shown.date))
    total = series.total(shown.view, sums)
    title = f"{shown.view.title}, {shown.date}"
    rows = [bars.Bar(measure.title, measure.text(total), _parts(measure, total)) for measure in shown.view.measures]
    svg = bars.bars(title, rows, keys={"Certain": IPV6, "Possible": UNKNOWN})
    return Drawing(title="Levels", svg=Markup(svg), kind="steps", measure=shown.measure.key)  # noqa: S704 - escaped there


def _parts(measure: Measure, total: Row) -> list[bars.Part]:
    lower, upper = measure.of(total) or 0.0, measure.upper_of(total) or 0.0
    words = f"{measure.title}: {measure.text(total)}"
    return [bars.Part(lower, IPV6, words), bars.Part(upper - lower, UNKNOWN, words)]


def _when(shown: State) -> str:
    return " over time" if len(shown.dates) > 1 else f", {shown.date}"


def world_map(model: ReadModel, shown: State) -> str:
    """Draw the map of a state."""
    return _map(shown, _places(model, shown))


def _places(model: ReadModel, shown: State) -> list[Row]:
    return series.rows(model, shown.view, shown.slice("country", everywhere=True, date=shown.date))


def _all(shown: State, places: Sequence[Row]) -> int:
    return int(series.total(shown.view, places)[shown.view.total])


def _map(shown: State, places: Sequence[Row]) -> str:
    least = shown.least_of(_all(shown, places))
    enough = [row for row in places if row[shown.view.total] >= least]
    return world.draw(
        f"{shown.measure.title}, by country, {shown.date}",
        shown.measure.unit,
        {row["country"]: (shown.measure.of(row), shown.measure.text(row)) for row in enough},
        lambda code: shown.link(f"{shown.root}/country-{code}", group=None, sort=None),
        shown.country,
    )


def _countries(shown: State, places: Sequence[Row]) -> list[tuple[str, str]]:
    """Return codes and names of the countries that can be chosen, by name."""
    codes = {*(row["country"] for row in places), *filter(None, [shown.country])}
    return sorted(((code, name_of(code)) for code in codes), key=lambda pair: pair[1])


def _charted(shown: State) -> tuple[Measure, ...]:
    # Shares of one whole fit one axis; a share and a ratio do not.
    units = {measure.unit: measure for measure in reversed(shown.view.measures)}
    if shown.group == "date":
        return tuple(units[unit] for unit in ("share", "ratio") if unit in units)
    return (shown.measure,)
