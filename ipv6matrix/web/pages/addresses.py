"""
Parses the parameters in the URL of a view, with an error message for invalid ones.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Final

from ipv6matrix.web.domain_names import a_label
from ipv6matrix.web.pages.measures import Measure, View
from ipv6matrix.web.problems import NotFoundError

WORDS: Final = {
    "type": ("WWW", "MX", "NS", "NTP"),
    "service": ("HTTP", "HTTPS", "SMTPS"),
    # The largest rank of each, as in the table; 0 is without ranks.
    "bracket": ("1000", "10000", "100000", "1000000", "10000000", "0"),
}
MOST_TLDS: Final = 20


class BadStateError(ValueError):
    """A parameter is invalid; the message says which, and what is valid."""


def date(text: str | None, dates: Sequence[dt.date], name: str = "date") -> dt.date:
    """Read the date of a crawl; the last one by default. Raises NotFoundError."""
    if not dates:
        raise NotFoundError("There is no crawl yet: publish one, and it is shown here")
    if text is None:
        return dates[-1]
    try:
        parsed = dt.date.fromisoformat(text)
    except ValueError:
        raise BadStateError(f"Invalid {name}: must be a date such as 2026-01-31") from None
    if parsed not in dates:
        raise NotFoundError(f"There is no crawl of {parsed}: the last one is of {dates[-1]}")
    return parsed


def group(view: View, country: str | None, text: str | None) -> str:
    """Read the grouping of a view: a column, or `date`."""
    allowed = [*(name for name in view.groups if name != "country" or not country), "date"]
    if text is None:
        return allowed[0] if not country else "date"
    if text not in allowed:
        raise BadStateError(f"Invalid group: must be one of {', '.join(allowed)}")
    return text


def measure(view: View, text: str | None) -> Measure:
    """Read which figure is shown."""
    by_key = {figure.key: figure for figure in view.measures}
    if text is not None and text not in by_key:
        raise BadStateError(f"Invalid measure: must be one of {', '.join(by_key)}")
    return by_key[text] if text else view.measures[view.default]


def tlds(texts: Sequence[str]) -> tuple[str, ...]:
    """Read top-level domains, with or without their dot."""
    names = tuple(dict.fromkeys(a_label(word.lower().removeprefix(".")) for word in _words(texts)))
    if not all(map(is_tld, names)):
        raise BadStateError("Invalid tld: must be a list of top-level domains such as com,de")
    if len(names) > MOST_TLDS:
        raise BadStateError(f"Invalid tld: must have at most {MOST_TLDS} top-level domains")
    return names


def is_tld(word: str) -> bool:
    """Check whether a word may be a top-level domain."""
    return re.fullmatch(r"[a-z0-9-]{1,63}", word) is not None


def kinds(name: str, texts: Sequence[str]) -> tuple[str, ...]:
    """Read types, services or brackets, in their order; all of them, or none, mean no filter."""
    requested = {word.upper() for word in _words(texts)}
    if not requested <= {word.upper() for word in WORDS[name]}:
        raise BadStateError(f"Invalid {name}: must be some of {', '.join(WORDS[name])}")
    chosen = tuple(word for word in WORDS[name] if word.upper() in requested)
    return chosen if chosen != WORDS[name] else ()


def least(text: str | None) -> int | None:
    """Read the smallest total of a row to be shown."""
    if text is not None and not re.fullmatch(r"[0-9]{1,9}", text):
        raise BadStateError("Invalid least: must be a whole number such as 50")
    return int(text) if text else None


def offset(text: str | None) -> int:
    """Read how many addresses of a domain to skip."""
    if text is not None and not re.fullmatch(r"[0-9]{1,7}", text):
        raise BadStateError("Invalid offset: must be a whole number, such as 500")
    return int(text or 0)


def sort(view: View, text: str | None) -> str:
    """Read the column by which rows are sorted."""
    columns = ("name", *view.columns, *(figure.key for figure in view.measures))
    if text is not None and text.removeprefix("-") not in columns:
        raise BadStateError(f"Invalid sort: must be one of {', '.join(columns)}")
    return text or ""


def _words(texts: Sequence[str]) -> list[str]:
    return [word.strip() for text in texts for word in text.split(",") if word.strip()]
