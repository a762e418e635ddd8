"""
One chapter, and the words and bars that chapters share.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ipv6matrix.exporters.charts import Chart, Segment
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
    draw: Callable[[int], Chart] | None = None
    "Makes the chart for a width in pixels; None when there is nothing to show, which `explanation` says then."


def stacked(label: str, parts: Mapping[str, int], note: str = "") -> Iterator[Segment]:
    """Return parts of a whole one behind the other, in percent."""
    whole, start = sum(parts.values()), 0
    for state, number in parts.items():
        if number:
            yield Segment(
                label=label,
                state=state,
                start=100 * start / whole,
                end=100 * (start + number) / whole,
                hover=f"{label}, {state}: {number:,} of {whole:,}{note}",
            )
        start += number


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
