"""
One chapter, and the words and bars that chapters share.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ipv6matrix.charts.bars import Part
from ipv6matrix.exporters.findings import Share

NO_NUMBER: Final = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """One chart of the report, with its words and numbers."""

    name: str
    "Of its files."
    title: str
    explanation: str
    head: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    svg: str = ""
    "The chart; empty if there is nothing to show, as `explanation` then states."


def parts_of(label: str, numbers: Mapping[str, int], looks: Mapping[str, str], note: str, whole: int = 0) -> list[Part]:
    """Return the parts of a bar as shares of `whole`, or else of their sum; a part of 0 is left out."""
    whole = whole or sum(numbers.values())
    return [
        Part(number / whole, looks[state], f"{label}, {state}: {number:,} of {whole:,}{note}")
        for state, number in numbers.items()
        if number
    ]


def numbers(share: Share) -> tuple[str, ...]:
    """Return all, the part, the rest, the unknown and the percentage."""
    return (*map(count, (share.whole, share.part, share.known - share.part, share.unknown)), percent(share))


def percent(share: Share) -> str:
    """Return a share in percent, of what is known."""
    return NO_NUMBER if share.percent is None else f"{share.percent:.1f} %"


def percent_of(number: int, whole: int) -> str:
    return f"{100 * number / whole:.1f} %" if whole else NO_NUMBER


def count(number: int) -> str:
    return f"{number:,}"


def decimals(number: float | None, digits: int) -> str:
    return NO_NUMBER if number is None else f"{number:,.{digits}f}"
