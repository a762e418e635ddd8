"""
The state of a view, all of which is in the URL.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode

from starlette.datastructures import QueryParams

from ipv6matrix.web.pages import addresses
from ipv6matrix.web.pages.measures import Measure, View
from ipv6matrix.web.pages.places import is_country
from ipv6matrix.web.problems import NotFoundError
from ipv6matrix.web.sums import Slice

MINIMA: Final = (0, 1, 50, 100, 500, 1000, 2000)
# In smaller crawls, a default limit would hide everything.
_LARGE: Final = 10_000
_NAMES: Final = ("date", "group", "measure", "tld", "type", "service", "bracket", "least", "sort")


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What a view shows."""

    view: View
    date: dt.date
    group: str
    "A column, or `date`."
    measure: Measure
    country: str | None = None
    tlds: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    "Types or services; none stands for all."
    least: int | None = None
    sort: str = ""
    given: Mapping[str, str]
    "The parameters as they came, lists with commas."
    dates: tuple[dt.date, ...]
    "The crawls that are drawn together."
    root: str
    "Path of the view."
    choices: tuple[dt.date, ...]
    "The crawls that can be chosen."
    tag: str | None = None
    "The list that the view is about, in views that have lists."

    @property
    def path(self) -> str:
        return self.root + (f"/country-{self.country}" if self.country else "")

    @property
    def word_name(self) -> str | None:
        """Return the name of the view's further filter."""
        return next((name for name in addresses.WORDS if name in self.view.groups), None)

    @property
    def filters(self) -> dict[str, tuple[str, ...]]:
        """Return the words by which rows are chosen, by column."""
        found = {"country": (self.country,) if self.country else (), "tld": self.tlds}
        return {name: words for name, words in {**found, self.word_name or "": self.words}.items() if words}

    def link(self, path: str = "", **changed: Any) -> str:
        """Return the address of another state; None takes a parameter away."""
        parameters = {**self.given, **changed}
        query = {name: str(value) for name, value in parameters.items() if value not in (None, "")}
        return (path or self.path) + (f"?{urlencode(query, safe=',')}" if query else "")

    def file_name(self, what: str) -> str:
        """Return the name of a file after what it shows, without its ending."""
        kept = [self.country, *(f"tld-{tld}" for tld in self.tlds), *self.words]
        grouped = [] if self.group == "date" else [f"by-{self.group}"]
        parts = ["ipv6matrix", self.root[1:].replace("/", "-"), self.measure.key, *kept, *grouped, str(self.date), what]
        return "-".join(part for part in parts if part)

    def slice(self, group: str | None, *, everywhere: bool = False, date: dt.date | None = None) -> Slice:
        """Return which rows are requested."""
        only: dict[str, Sequence[Any]] = {
            name: words for name, words in self.filters.items() if name != "country" or not everywhere
        }
        if "bracket" in only:
            only["bracket"] = [int(word) for word in only["bracket"]]
        if self.tag is not None:
            only |= {"tag": [self.tag], "date": self.dates}
        return Slice(group=group, only=only, since=date, until=date)

    def least_of(self, total: int) -> int:
        """Return the smallest total of a row to be shown; large crawls have a default of 50."""
        return self.least if self.least is not None else (50 if total >= _LARGE else 1)


def read(view: View, country: str | None, values: Mapping[str, str], dates: tuple[dt.date, ...]) -> State:
    """Read the state of a view. Raises BadStateError, and NotFoundError for a country or crawl that is not there."""
    code = country.upper() if country else None
    if code and not is_country(code):
        raise NotFoundError(f"There is no country with the code {code[:8]}")
    asked = QueryParams(values)
    tlds = addresses.tlds(asked.getlist("tld"))
    name = next((one for one in addresses.WORDS if one in view.groups), "")
    words = addresses.kinds(name, asked.getlist(name)) if name else ()
    lists = {"tld": ",".join(tlds), name: ",".join(words)}
    return State(
        view=view,
        date=addresses.date(asked.get("date"), dates),
        group=addresses.group(view, code, asked.get("group")),
        measure=addresses.measure(view, asked.get("measure")),
        country=code,
        tlds=tlds,
        words=words,
        least=addresses.least(asked.get("least")),
        sort=addresses.sort(view, asked.get("sort")),
        given={one: lists.get(one, value) for one, value in asked.items() if one in _NAMES},
        dates=dates,
        choices=dates,
        root=f"/{view.name}",
    )


def moved(root: str, values: Mapping[str, str]) -> str | None:
    """Return the URL of the country that a form of a view selects; None without one."""
    asked = QueryParams(values)
    if not (code := asked.get("country")):
        return None
    # There is but one country to group by.
    kept = [(name, value) for name, value in asked.multi_items() if (name, value) != ("group", "country")]
    query = urlencode([pair for pair in kept if pair[0] != "country"], safe=",")
    return f"{root}/country-{quote(code, safe='')}" + (f"?{query}" if query else "")
