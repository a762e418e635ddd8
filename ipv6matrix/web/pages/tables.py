"""
The table of a view in each format, and links to the same data in the APIs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from ipv6matrix.web import formats
from ipv6matrix.web.pages.measures import Measure
from ipv6matrix.web.pages.series import Row
from ipv6matrix.web.pages.state import State
from ipv6matrix.web.sums import whole

FORMATS: Final = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "xml": "application/xml; charset=utf-8",
    "html": "text/html; charset=utf-8",
}


def write(word: str, shown: State, rows: Sequence[Row]) -> str:
    """Write rows with the names that /api/v1 has for them; shares are from 0 to 1."""
    records = [_row(shown, row) for row in rows]
    if word == "json":
        return formats.json_text(records)
    # The other formats have no null.
    plain = [{name: "" if value is None else value for name, value in row.items()} for row in records]
    return formats.write(word, plain, shown.file_name("table"))


def _row(shown: State, row: Row) -> dict[str, Any]:
    group = {} if shown.group == "date" else {shown.group: row[shown.group]}
    figures = {name: row[name] for name in shown.view.columns}
    measures = {name: _rounded(value) for measure in shown.view.measures for name, value in _values(measure, row)}
    return {"date": row["date"], **group, **figures, **measures}


def _values(measure: Measure, row: Row) -> Iterator[tuple[str, float | None]]:
    if measure.upper:
        yield f"{measure.part}_{measure.unit}", measure.of(row)
        yield f"{measure.upper}_{measure.unit}", measure.upper_of(row)
    else:
        yield f"{measure.key}_{measure.unit}", measure.of(row)


def _rounded(value: float | None) -> float | None:
    return None if value is None else whole(round(value, 6))


def links(shown: State, least: int = 0) -> dict[str, str]:
    """Return the addresses of the data behind a view: just its table by format, and what the APIs say."""
    # The APIs apply `least` to their first total only.
    enough = least if shown.view.total == next(iter(shown.view.figures.fields)) else 0
    tables = {word.upper(): shown.link(f"{shown.path}/table.{word}") for word in FORMATS}
    return {**tables, **_today(shown, enough), **_of_2022(shown, enough)}


def _today(shown: State, least: int) -> dict[str, str]:
    # It takes one type or service.
    if len(shown.words) > 1:
        return {}
    is_over_time = shown.group == "date"
    period = {} if is_over_time else {"from": str(shown.date), "to": str(shown.date), "group": shown.group}
    query = {**period, **{name: ",".join(words) for name, words in shown.filters.items()}}
    query |= {"least": str(least)} if least else {}
    query |= {"tag": shown.tag} if shown.tag else {}
    query |= {"limit": "1000"}
    return {"API v1": f"/api/v1/{shown.view.api}?{urlencode(query, safe=',')}"}


def _of_2022(shown: State, least: int) -> dict[str, str]:
    """Return all crawls in the API of 2022, which knows no filter by service."""
    if not shown.view.is_of_2022 or (shown.word_name == "service" and shown.words):
        return {}
    group = shown.group if shown.group != "date" else "country" if shown.country else ""
    path = f"/group-{group}" if group else ""
    country = f"/country-{shown.country}" if shown.country else ""
    parameters = {"tlds": ",".join(shown.tlds), "types": ",".join(shown.words), "min-sample": str(least or "")}
    query = urlencode({name: value for name, value in parameters.items() if value}, safe=",")
    return {"All crawls (API of 2022)": f"/csv/{shown.view.name}{path}{country}" + (f"?{query}" if query else "")}
