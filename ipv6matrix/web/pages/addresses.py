"""
The parts of a view's address: what each may be, and an error message for anything else.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Final

from ipv6matrix.web.domain_names import a_label
from ipv6matrix.web.pages.views import Measure, View
from ipv6matrix.web.problems import NotFoundError

WORDS: Final = {"type": ("WWW", "MX", "NS", "NTP"), "service": ("HTTP", "HTTPS", "SMTPS")}
MOST_TLDS: Final = 20


class BadStateError(ValueError):
    """A part of an address is invalid; the message says which, and what is valid."""


def date(text: str | None, dates: Sequence[dt.date], name: str = "date") -> dt.date:
    """Read the date of a crawl; without a text it is the last one. Raises NotFoundError where there is none."""
    if not dates:
        raise NotFoundError("There is no crawl yet: publish one, and it is shown here")
    if text is None:
        return dates[-1]
    try:
        found = dt.date.fromisoformat(text)
    except ValueError:
        raise BadStateError(f"{name} is no date: write it like 2026-01-31") from None
    if found not in dates:
        raise NotFoundError(f"There is no crawl of {found}: the last one is of {dates[-1]}")
    return found


def group(view: View, country: str | None, text: str | None) -> str:
    """Read by what a view is grouped: a column, or `date`."""
    allowed = [*(name for name in view.groups if name != "country" or not country), "date"]
    if text is None:
        return allowed[0] if not country else "date"
    if text not in allowed:
        raise BadStateError(f"group is none of this view: choose among {', '.join(allowed)}")
    return text


def measure(view: View, text: str | None) -> Measure:
    """Read which figure is shown; without a text it is the view's first."""
    found = {one.key: one for one in view.measures}
    if text is not None and text not in found:
        raise BadStateError(f"measure is none of this view: choose among {', '.join(found)}")
    return found[text] if text else view.measures[0]


def tlds(texts: Sequence[str]) -> tuple[str, ...]:
    """Read top-level domains, with or without their dot."""
    found = tuple(dict.fromkeys(a_label(word.lower().removeprefix(".")) for word in _words(texts)))
    if not all(map(is_tld, found)):
        raise BadStateError("tld is no list of top-level domains: write it like com,de")
    if len(found) > MOST_TLDS:
        raise BadStateError(f"tld has too many: give at most {MOST_TLDS}")
    return found


def is_tld(word: str) -> bool:
    """Check whether a word may be a top-level domain."""
    return re.fullmatch(r"[a-z0-9-]{1,63}", word) is not None


def kinds(name: str, texts: Sequence[str]) -> tuple[str, ...]:
    """Read types or services, in their order; all of them are no filter, and so is none."""
    asked = {word.upper() for word in _words(texts)}
    if not asked <= {*WORDS[name]}:
        raise BadStateError(f"{name} is unknown: choose among {', '.join(WORDS[name])}")
    return tuple(word for word in WORDS[name] if word in asked) if asked != {*WORDS[name]} else ()


def least(text: str | None) -> int | None:
    """Read how many there must be for a row to be shown."""
    if text is not None and not re.fullmatch(r"[0-9]{1,9}", text):
        raise BadStateError("least is no whole number: write it like 50")
    return int(text) if text else None


def offset(text: str | None) -> int:
    """Read how many addresses of a domain to skip."""
    if text is not None and not re.fullmatch(r"[0-9]{1,7}", text):
        raise BadStateError("Invalid offset: must be a whole number, such as 500")
    return int(text or 0)


def sort(view: View, text: str | None) -> str:
    """Read the column by which rows are sorted."""
    known = ("name", *view.columns, *(one.key for one in view.measures))
    if text is not None and text.removeprefix("-") not in known:
        raise BadStateError(f"sort is no column of this view: choose among {', '.join(known)}")
    return text or ""


def _words(texts: Sequence[str]) -> list[str]:
    return [word.strip() for text in texts for word in text.split(",") if word.strip()]
