"""
/changes: what gained or lost IPv6 between any two crawls.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import FastAPI, Request, Response
from starlette.datastructures import QueryParams

from ipv6matrix.web.pages import addresses, series
from ipv6matrix.web.pages.addresses import BadStateError
from ipv6matrix.web.pages.places import is_country
from ipv6matrix.web.pages.rendering import page
from ipv6matrix.web.read_model.model import ReadModel
from ipv6matrix.web.v1 import changes

# Domains of one page, countries and TLDs of one list.
MOST: Final = 100
_NAMES: Final = ("from", "to", "change", "country", "after")
_DIRECTIONS: Final = ("gained", "lost")


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two crawls, and which of the changes are listed."""

    before: dt.date | None
    after: dt.date | None
    change: str | None
    country: str | None
    parameters: dict[str, str]

    def link(self, path: str = "/changes", **changed: Any) -> str:
        """Return the address of another part; None takes a parameter away."""
        parameters = {"from": self.before, "to": self.after, **self.parameters, **changed}
        return f"{path}?{urlencode({name: value for name, value in parameters.items() if value is not None})}"


def install(app: FastAPI) -> None:
    """Add the page to an app."""
    app.add_route("/changes", changed, methods=["GET", "HEAD"], include_in_schema=False)


def changed(request: Request) -> Response:
    """List what gained or lost IPv6 between two crawls."""

    def make(model: ReadModel) -> dict[str, Any]:
        comparison = read(request.query_params, model.version.dates)
        if comparison.before is None or comparison.after is None:
            return {"comparison": comparison}
        groups = {group: _groups(model, group, comparison) for group in ("country", "tld")}
        return {"comparison": comparison, "groups": groups, "most": MOST, **_domains(model, comparison)}

    return page(request, "changes.html", make)


def read(values: QueryParams, dates: Sequence[dt.date]) -> Comparison:
    """Read an address; without dates the last two crawls are compared. Raises BadStateError and NotFoundError."""
    after = addresses.date(values["to"], dates, "to") if "to" in values else next(iter(dates[-1:]), None)
    earlier = [date for date in dates if after and date < after]
    before = addresses.date(values["from"], dates, "from") if "from" in values else next(iter(earlier[-1:]), None)
    change, country = values.get("change"), values.get("country")
    if change is not None and change not in _DIRECTIONS:
        raise BadStateError(f"Invalid change: must be one of {', '.join(_DIRECTIONS)}")
    if country is not None and not is_country(country.upper()):
        raise BadStateError("Invalid country: must be the code of a country such as DE")
    parameters = {name: values[name] for name in _NAMES if name in values}
    return Comparison(
        before=before, after=after, change=change, country=country.upper() if country else None, parameters=parameters
    )


def _domains(model: ReadModel, comparison: Comparison) -> dict[str, Any]:
    assert comparison.before
    assert comparison.after
    question = changes.DomainChangeQuestion.model_construct(
        change=comparison.change,
        country=comparison.country,
        after=comparison.parameters.get("after", "")[:253],
        limit=MOST,
    )
    rows = model.mappings(changes.differences(question, comparison.before, comparison.after))
    following = comparison.link(after=rows[MOST - 1]["domain"]) if len(rows) > MOST else None
    return {"domains": rows[:MOST], "following": following}


def _groups(model: ReadModel, group: str, comparison: Comparison) -> list[dict[str, Any]]:
    """Return the groups whose share changed, the greatest difference first."""
    assert comparison.before
    assert comparison.after
    differences = changes.groups(model, group, (comparison.before, comparison.after), comparison.change)
    labelled = [{**row, "label": series.labelled(group, row["name"])} for row in differences]
    return sorted(labelled, key=lambda row: -abs(row["difference"]))
