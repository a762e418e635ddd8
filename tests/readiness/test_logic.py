"""Kleene's tables, against all ways to replace each unknown by yes or no."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

import pytest

from ipv6matrix.readiness.logic import Truth, at_least, certain, every, implies, negated, possible, some

YES, NO, UNKNOWN = Truth.YES, Truth.NO, Truth.UNKNOWN
_TRIPLES = list(product(Truth, repeat=3))


def decided(values: Sequence[Truth], condition: Callable[[Sequence[bool]], bool]) -> Truth:
    """Return the value of a condition if all replacements of the unknowns agree."""
    choices = [(True, False) if value is UNKNOWN else (value is YES,) for value in values]
    outcomes = {condition(chosen) for chosen in product(*choices)}
    return UNKNOWN if len(outcomes) > 1 else YES if outcomes.pop() else NO


@pytest.mark.parametrize("values", _TRIPLES)
def test_every_and_some_follow_from_all_replacements(values: tuple[Truth, ...]) -> None:
    """`every` and `some` are unknown only if the unknown values decide."""
    assert (decided(values, all), decided(values, any)) == (every(values), some(values))


@pytest.mark.parametrize("values", _TRIPLES)
def test_at_least_two_follows_from_all_replacements(values: tuple[Truth, ...]) -> None:
    """So is `at_least`."""
    assert decided(values, lambda chosen: sum(chosen) >= 2) == at_least(2, values)


@pytest.mark.parametrize(("condition", "value"), list(product(Truth, repeat=2)))
def test_implication_follows_from_all_replacements(condition: Truth, value: Truth) -> None:
    """So is `implies`."""
    assert decided((condition, value), lambda chosen: not chosen[0] or chosen[1]) == implies(condition, value)


def test_values_that_are_not_given_leave_a_minimum_open() -> None:
    """A minimum that is not reached is unknown if there are more values, and certain once it is reached."""
    assert (UNKNOWN, YES) == (at_least(2, [YES, NO], more=True), at_least(2, [YES, YES], more=True))


def test_nothing_meets_every_condition_and_no_alternative() -> None:
    """Without values, `every` is yes and `some` is `no`."""
    assert (YES, NO) == (every([]), some([]))


def test_unknown_is_read_both_ways() -> None:
    """The certain reading takes unknown for no, the possible one for yes; both agree on the rest."""
    assert [(True, True), (False, False), (False, True)] == [(certain(truth), possible(truth)) for truth in Truth]
    assert [NO, YES, UNKNOWN] == [negated(truth) for truth in Truth]
