"""
How many domains have which level, in both readings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from ipv6matrix.readiness.facts import Domain
from ipv6matrix.readiness.levels import Level, judge
from ipv6matrix.readiness.rules import VERSION, Basis


@dataclass(slots=True, kw_only=True)
class LevelCounts:
    """Domains by level; comparable only with counts of the same version and basis."""

    basis: Basis
    version: int = VERSION
    certain: Counter[Level] = field(default_factory=Counter)
    possible: Counter[Level] = field(default_factory=Counter)
    unknown: int = 0
    "Domains whose bounds differ."


def count(domains: Iterable[Domain], basis: Basis) -> LevelCounts:
    """Judge domains and count their levels."""
    counts = LevelCounts(basis=basis)
    for domain in domains:
        readiness = judge(domain, basis)
        counts.certain[readiness.certain] += 1
        counts.possible[readiness.possible] += 1
        counts.unknown += readiness.certain is not readiness.possible
    return counts
