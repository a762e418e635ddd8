"""
What could not be read of a source: counted, and told as far as somebody would read it.
"""

from __future__ import annotations

import logging
from collections import Counter
from functools import partial
from typing import Final

from ipv6matrix.importers.records import Complain

logger = logging.getLogger(__name__)

# Broken lines of one file that are told each.
_TOLD: Final = 10


class Complaints:
    """Counts the broken lines of all files of a source."""

    def __init__(self) -> None:
        self._by_place: Counter[str] = Counter()

    @property
    def number(self) -> int:
        return self._by_place.total()

    def about(self, place: str) -> Complain:
        """Give the function that is told what is wrong in a file or table."""
        return partial(self._complain, place)

    def sum_up(self) -> None:
        """Tell of which places more was wrong than was told."""
        for place, number in self._by_place.items():
            if number > _TOLD:
                logger.warning("%s: %s broken lines in all", place, f"{number:,}")

    def _complain(self, place: str, line: int, why: str) -> None:
        self._by_place[place] += 1
        if self._by_place[place] <= _TOLD:
            logger.warning("%s line %d is left out: %s", place, line, why)
