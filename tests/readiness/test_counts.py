"""
Counts of levels.
"""

from __future__ import annotations

from ipv6matrix.readiness.counts import count
from ipv6matrix.readiness.facts import Domain, not_possible
from ipv6matrix.readiness.levels import Level
from tests.readiness.worlds import FULL_BASIS, NAME, ready


def test_levels_are_counted_in_both_readings() -> None:
    """
    Each domain counts once in each reading, and as unknown if they differ.
    """
    nothing = Domain(name=NAME, exclusion="opted_out")
    counts = count([ready(), ready(mx=not_possible("servfail")), nothing], FULL_BASIS)

    assert {Level.WITH_CONTENT: 1, Level.WEB_AND_DNS: 1, Level.NONE: 1} == counts.certain
    assert {Level.WITH_CONTENT: 3} == counts.possible
    assert (2, FULL_BASIS) == (counts.unknown, counts.basis)
