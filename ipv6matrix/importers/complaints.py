"""
Counts and logs the lines of a source that could not be read.
"""

from __future__ import annotations

import logging
from collections import Counter
from functools import partial
from typing import Final

from ipv6matrix.importers.records import Complain

logger = logging.getLogger(__name__)

# Number of broken lines per file that are logged one by one.
_TOLD: Final = 10


class Complaints:
    """Counts the broken lines of all files of a source."""

    def __init__(self) -> None:
        self._by_place: Counter[str] = Counter()

    @property
    def number(self) -> int:
        return self._by_place.total()

    def about(self, place: str) -> Complain:
        """Return the function that records what is wrong in a file or table."""
        return partial(self._complain, place)

    def sum_up(self) -> None:
        """Log the totals of files with more broken lines than were logged."""
        for place, number in self._by_place.items():
            if number > _TOLD:
                logger.warning("%s: %s broken lines in total [IMPORT_LINE_INVALID]", place, f"{number:,}")

    def _complain(self, place: str, line: int, why: str) -> None:
        self._by_place[place] += 1
        if self._by_place[place] <= _TOLD:
            logger.warning("%s line %d skipped: %s [IMPORT_LINE_INVALID]", place, line, why)
