"""
Distributions of positive numbers in constant memory: counts in bins of a fixed ratio.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

# Bins per doubling: each is 1.1 % wide, so that values read from them are accurate to 0.6 %.
_BINS: Final = 64


class Distribution:
    """Counts of numbers above 0, by their binary logarithm."""

    def __init__(self) -> None:
        self._bins: Counter[int] = Counter()
        self.count = 0

    def add(self, value: float) -> None:
        self._bins[math.floor(math.log2(value) * _BINS)] += 1
        self.count += 1

    def quantile(self, share: float) -> float | None:
        """Return the number that a given share of all numbers does not exceed, within 0.6 %; None if there are none."""
        passed = 0
        for number, count in sorted(self._bins.items()):
            passed += count
            if passed >= share * self.count:
                return float(2 ** ((number + 0.5) / _BINS))
        return None

    @property
    def median(self) -> float | None:
        return self.quantile(0.5)

    def between(self, edges: Sequence[float]) -> list[int]:
        """Count the numbers between each pair of edges; the first and last bins include everything beyond."""
        inner = [round(math.log2(edge) * _BINS) for edge in edges[1:-1]]
        counts = [0] * (len(inner) + 1)
        for number, count in self._bins.items():
            counts[sum(number >= edge for edge in inner)] += count
        return counts

    def cumulative(self, step: int) -> Iterator[tuple[float, float]]:
        """Return points (number, share of all below it), every few bins, from the first to the last."""
        if not self._bins:
            return
        first, last = (edge // step for edge in (min(self._bins), max(self._bins)))
        below = 0
        for group in range(first, last + 2):
            yield 2 ** (group * step / _BINS), below / self.count
            below += sum(self._bins[number] for number in range(group * step, (group + 1) * step))
