"""
What can be asked of the summaries: figures of a table, and which of its rows they are summed from.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Table

Ratio = tuple[ColumnElement[Any], ColumnElement[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What can be asked of one table."""

    table: Table
    groups: tuple[str, ...]
    "Columns by which there may be a row each."
    fields: Mapping[str, ColumnElement[Any]]
    "What is summed, by the name it is answered with: columns, their sums and differences; the first is the total."
    ratios: Mapping[str, Ratio] = field(default_factory=dict)
    "What is answered after them: one sum through another; nothing where that is 0."


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Which rows are summed up, and to what."""

    group: str | None = None
    "One row for each of its words, besides the date."
    only: Mapping[str, Sequence[str]] = field(default_factory=dict)
    "By column: the words that count; all of them where none is given."
    since: dt.date | None = None
    until: dt.date | None = None
    least: int = 0
    "The smallest total of a row."

    @property
    def filters(self) -> dict[str, tuple[str, ...]]:
        """Give the columns by which rows are chosen."""
        return {name: tuple(dict.fromkeys(words)) for name, words in self.only.items() if words}

    @property
    def words(self) -> set[str]:
        """Give the columns that tell rows apart, or choose them."""
        return {*self.filters, *([self.group] if self.group else [])}

    def is_of(self, date: dt.date) -> bool:
        """Tell whether a date lies in the period."""
        return (self.since or date) <= date <= (self.until or date)
