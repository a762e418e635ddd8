"""
Three-valued logic (Kleene): what is unknown stays unknown unless the rest decides.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Truth(StrEnum):
    """The value of a statement."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


def every(values: Iterable[Truth]) -> Truth:
    """Return `no` if any value is, else `unknown` if any value is, else `yes`."""
    distinct = set(values)
    return next((value for value in (Truth.NO, Truth.UNKNOWN) if value in distinct), Truth.YES)


def some(values: Iterable[Truth]) -> Truth:
    """Return `yes` if any value is, else `unknown` if any value is, else `no`."""
    distinct = set(values)
    return next((value for value in (Truth.YES, Truth.UNKNOWN) if value in distinct), Truth.NO)


def negated(value: Truth) -> Truth:
    """Return the opposite of a value; that of `unknown` is `unknown`."""
    return {Truth.YES: Truth.NO, Truth.NO: Truth.YES}.get(value, value)


def implies(condition: Truth, value: Truth) -> Truth:
    """Return whether a value holds wherever a condition does."""
    return some((negated(condition), value))


def at_least(least: int, values: Iterable[Truth], *, more: bool = False) -> Truth:
    """Return whether at least `least` values are `yes`; with `more`, there may be further values."""
    truths = list(values)
    if truths.count(Truth.YES) >= least:
        return Truth.YES
    possible = len(truths) - truths.count(Truth.NO)
    return Truth.UNKNOWN if more or possible >= least else Truth.NO


def certain(value: Truth) -> bool:
    """Return whether a value is `yes`: the reading of `unknown` as `no`."""
    return value is Truth.YES


def possible(value: Truth) -> bool:
    """Return whether a value is not `no`: the reading of `unknown` as `yes`."""
    return value is not Truth.NO
