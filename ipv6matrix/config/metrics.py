"""
The words of the setting METRICS.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from ipv6matrix.config.plan import words
from ipv6matrix.measurements import REGISTRY

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

DEFAULT: Final = "default"
ALL: Final = "all"
# Needs the setting NAMESERVERS6.
RESOLVER6: Final = "resolver6"
# What the pipelines add to each address.
_OF_ADDRESSES: Final = ("geoip", "ip6Type")


def metrics() -> tuple[str, ...]:
    """Return the words that select a measurement or a fact about addresses."""
    return (*REGISTRY.metrics, *_OF_ADDRESSES)


def defaults() -> tuple[str, ...]:
    """Return the words for which `default` stands: all except those that an operator has to choose."""
    return tuple(word for word in metrics() if word not in REGISTRY.opt_in)


def allowed() -> tuple[str, ...]:
    """Return everything that METRICS may contain."""
    return (DEFAULT, ALL, *(f"{sign}{word}" for sign in ("", "+", "-") for word in metrics()))


def chosen(settings: BaseSettings) -> tuple[str, ...]:
    """
    Return the metrics that the setting METRICS chooses, which `ipv6matrix.config.checks` has validated.

    `default` and `all` have resolver6 only if NAMESERVERS6 is set.
    """
    selection = expand(words(settings, "METRICS"))
    return selection if settings.get("NAMESERVERS6") else tuple(word for word in selection if word != RESOLVER6)


def expand(choices: Iterable[str]) -> tuple[str, ...]:
    """
    Return the metrics that words choose, from the first to the last.

    `default` and `all` stand for several. `+word` adds to what comes before and `-word` removes from
    it; if one of them comes first, it changes the default.
    """
    groups = {DEFAULT: defaults(), ALL: metrics()}
    selection: dict[str, None] = {}
    for number, word in enumerate(choices):
        if number == 0 and word.startswith(("+", "-")):
            selection |= dict.fromkeys(groups[DEFAULT])
        if word.startswith("-"):
            selection.pop(word[1:], None)
        else:
            selection |= dict.fromkeys(groups.get(word, (word.removeprefix("+"),)))
    return tuple(selection)
