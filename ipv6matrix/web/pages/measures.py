"""
What a view is: figures, the measures that it shows of them, and its texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ipv6matrix.charts.drawing import bounds
from ipv6matrix.web.sums import Figures

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One sum divided by another; or, with an upper bound, a share that is known to lie between two."""

    key: str
    title: str
    part: str
    "Field that is divided; with an upper bound the smallest that it may be."
    whole: str
    "Field that it is divided by."
    short: str = ""
    "Title in a narrow column, if there is one."
    upper: str = ""
    "Field with the largest that the part may be; none if it is known."
    less: str = ""
    "Field that is first subtracted from the whole: what is unknown."
    unit: str = "share"
    "share (0 to 1) or ratio (1 is equal)."

    older: Measure | None = None
    "What is shown for crawls that did not count the whole: a lower bound."

    def of(self, row: Row) -> float | None:
        """Return the value of a row; None if nothing was measured."""
        whole = self.divisor(row)
        return float(row[self.part]) / whole if whole else None

    def upper_of(self, row: Row) -> float | None:
        """Return the upper bound of the value; None if the value is known, or nothing was measured."""
        whole = self.divisor(row)
        return float(row[self.upper]) / whole if self.upper and whole else None

    def divisor(self, row: Row) -> float:
        """Return what the part is divided by."""
        if self.is_older(row):
            assert self.older
            return self.older.divisor(row)
        return float(row[self.whole]) - (float(row[self.less]) if self.less else 0)

    def is_older(self, row: Row) -> bool:
        """Check whether a row is of a crawl that did not count the whole."""
        return self.older is not None and row[self.whole] is None

    def text(self, row: Row) -> str:
        """Return the value as text; a lower bound is marked."""
        return ("\u2265 " if self.is_older(row) else "") + bounds(self.unit, self.of(row), self.upper_of(row))

    def part_text(self, row: Row) -> str:
        """Return what is divided, as text."""
        return bounds("count", row[self.part], row[self.upper] if self.upper else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A page with a map, a chart and a table."""

    name: str
    title: str
    question: str
    "The question that it answers."
    explanation: str
    figures: Figures
    measures: tuple[Measure, ...]
    api: str
    "Path of its data below /api/v1."
    total: str
    "Field with the number of hosts or domains."
    columns: Mapping[str, str] = field(default_factory=dict)
    "Fields of the table, with their headings."
    kinds: tuple[Measure, ...] = ()
    "Shares that make up one whole, to be stacked."
    default: int = 0
    "Place of the measure that is shown first."
    has_steps: bool = False
    "True if each measure includes the next one: the chosen crawl is drawn as steps."
    is_of_2022: bool = True
    "True if the API of 2022 has these figures."

    @property
    def groups(self) -> tuple[str, ...]:
        return tuple(sorted(self.figures.groups, key=("country", "tld", "bracket", "type", "service").index))
