"""
Parses the path and the parameters of a request.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ipv6matrix.web.domain_names import a_label
from ipv6matrix.web.legacy.resources import FIGURES

TYPES: Final = ("NS", "MX", "WWW", "NTP")
# More TLDs than exist.
MOST_TLDS: Final = 2_000
# No total is as large; larger numbers have the same effect, and fit into every database.
_MOST: Final = 10**15

_PATHS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"/(hosts|dualstack|ping|path|reach|domains)(?:/group-(?P<group>[^/]+)(?:/country-(?P<country>[^/]+))?)?/?",
        r"/(country)-(?P<country>[^/]+)/?",
        r"/(domain)-(?P<name>[^/]+)/?",
        r"/domain/(search)-(?P<name>[^/]+)/?",
    )
)


class BadQuestionError(Exception):
    """An invalid request; the message is what the client reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A parsed request; all text is in the case of the database."""

    resource: str
    group: str | None = None
    country: str | None = None
    name: str | None = None
    "A domain, or how it begins."
    tlds: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    least: int = 0
    "The smallest total of a row."


def read(path: str, values: Callable[[str], Sequence[str]]) -> Question:
    """
    Read a path without its format, and parameters; `values` gives those of a name.

    Raises BadQuestionError.
    """
    match = next(filter(None, (pattern.fullmatch(path) for pattern in _PATHS)), None)
    if match is None:
        raise BadQuestionError("Invalid URI")
    parts, resource = match.groupdict(), match[1].lower()
    return Question(
        resource=resource,
        group=_group(resource, parts.get("group")),
        country=(parts.get("country") or "").upper() or None,
        name=(parts.get("name") or "").lower() or None,
        **_parameters(resource, values),
    )


def _parameters(resource: str, values: Callable[[str], Sequence[str]]) -> dict[str, Any]:
    """Parse the parameters that a resource has, and ignore others."""
    figures = FIGURES.get(resource)
    if figures is None:
        return {}
    types = _types(values("types")) if "type" in figures.table.c else ()
    return {"tlds": _tlds(values("tlds")), "types": types, "least": _least(values("min-sample"))}


def _group(resource: str, text: str | None) -> str | None:
    if text is None:
        return None
    groups = FIGURES[resource].groups
    if text.lower() not in groups:
        raise BadQuestionError(f"Invalid group: {resource} has {', '.join(groups)}")
    return text.lower()


def _tlds(values: Iterable[str]) -> tuple[str, ...]:
    tlds = _words(values, lambda word: a_label(word.lower()))
    if len(tlds) > MOST_TLDS:
        raise BadQuestionError(f"Invalid tlds: give at most {MOST_TLDS}")
    return tlds


def _types(values: Iterable[str]) -> tuple[str, ...]:
    types = _words(values, str.upper)
    if not set(types) <= set(TYPES):
        raise BadQuestionError(f"Invalid types: give some of {','.join(TYPES)}")
    return types


def _words(values: Iterable[str], case: Callable[[str], str]) -> tuple[str, ...]:
    words = (word.strip() for value in values for word in value.split(","))
    return tuple(dict.fromkeys(case(word) for word in words if word))


def _least(values: Sequence[str]) -> int:
    text = (values[-1] if values else "").strip()
    if not text:
        return 0
    if not re.fullmatch(r"\d{1,300}", text, re.ASCII):
        raise BadQuestionError("Invalid min-sample: give a whole number")
    return min(int(text), _MOST)
