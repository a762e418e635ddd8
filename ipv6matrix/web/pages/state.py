"""
The state of a view: all of it stands in the address.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from ipv6matrix.web.figures import Slice
from ipv6matrix.web.pages.places import is_country
from ipv6matrix.web.pages.views import Measure, View
from ipv6matrix.web.problems import NotFoundError

MINIMA: Final = (0, 1, 50, 100, 500, 1000, 2000)
WORDS: Final = {"type": ("NS", "MX", "WWW", "NTP"), "service": ("HTTP", "HTTPS", "SMTPS")}
# With fewer in a whole crawl, a limit on what is shown of it would hide everything.
_LARGE: Final = 10_000


class BadStateError(ValueError):
    """A part of an address makes no sense; the message says which, and what would."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What a view shows."""

    view: View
    date: dt.date
    group: str
    "A column, or `date`."
    measure: Measure
    country: str | None = None
    tld: str | None = None
    word: str | None = None
    "One type or service."
    least: int | None = None
    sort: str = ""
    given: Mapping[str, str]
    "The parameters as they came."

    @property
    def path(self) -> str:
        return f"/{self.view.name}" + (f"/country-{self.country}" if self.country else "")

    @property
    def word_name(self) -> str | None:
        """Give the name of the view's further filter."""
        return next((name for name in WORDS if name in self.view.groups), None)

    def link(self, path: str = "", **changed: Any) -> str:
        """Give the address of another state; None takes a parameter away."""
        parameters = {**self.given, **changed}
        query = urlencode({name: str(value) for name, value in parameters.items() if value not in (None, "")})
        return (path or self.path) + (f"?{query}" if query else "")

    def slice(self, group: str | None, *, everywhere: bool = False, date: dt.date | None = None) -> Slice:
        """Give which rows are asked for."""
        only: dict[str, tuple[str, ...]] = {"tld": (self.tld,)} if self.tld else {}
        if self.country and not everywhere:
            only["country"] = (self.country,)
        if self.word and self.word_name:
            only[self.word_name] = (self.word,)
        return Slice(group=group, only=only, since=date, until=date)

    def least_of(self, total: int) -> int:
        """Give how many there must be for a row to be shown; the larger half of crawls has many."""
        return self.least if self.least is not None else (50 if total >= _LARGE else 1)


def read(view: View, country: str | None, values: Mapping[str, str], dates: tuple[dt.date, ...]) -> State:
    """Read the state of a view. Raises BadStateError, and NotFoundError for a country or crawl that is not there."""
    code = country.upper() if country else None
    if code and not is_country(code):
        raise NotFoundError(f"There is no country with the code {code[:8]}")
    return State(
        view=view,
        date=_date(values.get("date"), dates),
        group=_group(view, code, values.get("group")),
        measure=_measure(view, values.get("measure")),
        country=code,
        tld=_tld(values.get("tld")),
        word=_word(view, values),
        least=_least(values.get("least")),
        sort=_sort(view, values.get("sort")),
        given={name: value for name, value in values.items() if name in _NAMES},
    )


_NAMES: Final = ("date", "group", "measure", "tld", "type", "service", "least", "sort")


def _date(text: str | None, dates: tuple[dt.date, ...]) -> dt.date:
    if not dates:
        raise NotFoundError("There is no crawl yet: publish one, and it is shown here")
    if text is None:
        return dates[-1]
    try:
        date = dt.date.fromisoformat(text)
    except ValueError:
        raise BadStateError("date is no date: write it like 2026-01-31") from None
    if date not in dates:
        raise NotFoundError(f"There is no crawl of {date}: the last one is of {dates[-1]}")
    return date


def _group(view: View, country: str | None, text: str | None) -> str:
    allowed = [*(name for name in view.groups if name != "country" or not country), "date"]
    if text is None:
        return allowed[0] if not country else "date"
    if text not in allowed:
        raise BadStateError(f"group is none of this view: choose among {', '.join(allowed)}")
    return text


def _measure(view: View, text: str | None) -> Measure:
    found = {measure.key: measure for measure in view.measures}
    if text is not None and text not in found:
        raise BadStateError(f"measure is none of this view: choose among {', '.join(found)}")
    return found[text] if text else view.measures[0]


def _tld(text: str | None) -> str | None:
    if text is not None and not re.fullmatch(r"\.?[A-Za-z0-9-]{1,63}", text):
        raise BadStateError("tld is no top-level domain: write it like de")
    return text.lower().removeprefix(".") if text else None


def _word(view: View, values: Mapping[str, str]) -> str | None:
    for name, words in WORDS.items():
        text = values.get(name)
        if name in view.groups and text is not None:
            if text.upper() not in words:
                raise BadStateError(f"{name} is unknown: choose among {', '.join(words)}")
            return text.upper()
    return None


def _least(text: str | None) -> int | None:
    if text is not None and not re.fullmatch(r"[0-9]{1,9}", text):
        raise BadStateError("least is no whole number: write it like 50")
    return int(text) if text else None


def _sort(view: View, text: str | None) -> str:
    known = ("name", *view.columns, *(measure.key for measure in view.measures))
    if text is not None and text.removeprefix("-") not in known:
        raise BadStateError(f"sort is no column of this view: choose among {', '.join(known)}")
    return text or ""
