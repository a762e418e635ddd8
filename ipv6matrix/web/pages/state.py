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
    parameters: Mapping[str, str]
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
        places = {"country": (self.country,) if self.country else (), "tld": self.tlds}
        return {name: words for name, words in {**places, self.word_name or "": self.words}.items() if words}

    def link(self, path: str = "", **changed: Any) -> str:
        """Return the address of another state; None takes a parameter away."""
        parameters = {**self.parameters, **changed}
        query = {name: str(value) for name, value in parameters.items() if value not in (None, "")}
        return (path or self.path) + (f"?{urlencode(query, safe=',')}" if query else "")

    def file_name(self, suffix: str) -> str:
        """Return the name of a file after what it shows, without its ending."""
        filters = [self.country, *(f"tld-{tld}" for tld in self.tlds), *self.words]
        grouped = [] if self.group == "date" else [f"by-{self.group}"]
        shown = ["ipv6matrix", self.root[1:].replace("/", "-"), self.measure.key]
        return "-".join(part for part in (*shown, *filters, *grouped, str(self.date), suffix) if part)

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
    query = QueryParams(values)
    tlds = addresses.tlds(query.getlist("tld"))
    name = next((word_name for word_name in addresses.WORDS if word_name in view.groups), "")
    words = addresses.kinds(name, query.getlist(name)) if name else ()
    lists = {"tld": ",".join(tlds), name: ",".join(words)}
    return State(
        view=view,
        date=addresses.date(query.get("date"), dates),
        group=addresses.group(view, code, query.get("group")),
        measure=addresses.measure(view, query.get("measure")),
        country=code,
        tlds=tlds,
        words=words,
        least=addresses.least(query.get("least")),
        sort=addresses.sort(view, query.get("sort")),
        parameters={key: lists.get(key, value) for key, value in query.items() if key in _NAMES},
        dates=dates,
        choices=dates,
        root=f"/{view.name}",
    )


def moved(root: str, values: Mapping[str, str]) -> str | None:
    """Return the URL of the country that a form of a view selects; None without one."""
    parameters = QueryParams(values)
    if not (code := parameters.get("country")):
        return None
    # There is but one country to group by.
    pairs = [(name, value) for name, value in parameters.multi_items() if (name, value) != ("group", "country")]
    query = urlencode([pair for pair in pairs if pair[0] != "country"], safe=",")
    return f"{root}/country-{quote(code, safe='')}" + (f"?{query}" if query else "")
