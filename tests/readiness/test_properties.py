"""Properties of verdicts and levels that hold for every domain, whatever is known about it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ipv6matrix.readiness.facts import Domain
from ipv6matrix.readiness.levels import judge
from ipv6matrix.readiness.logic import Truth
from ipv6matrix.readiness.verdicts import Value, any_usable
from tests.readiness import oracle
from tests.readiness.worlds import BASIS, FULL_BASIS, complete, less_known

pytestmark = pytest.mark.slow

_BASES = st.sampled_from((BASIS, BASIS | {"nameservers"}, BASIS | {"web"}, FULL_BASIS))
_PAIRS = complete().flatmap(lambda whole: st.tuples(st.just(whole), less_known(whole)))


@settings(deadline=None)
@given(complete(), _BASES)
def test_known_facts_lead_to_the_verdicts_of_the_table(domain: Domain, basis: frozenset[str]) -> None:
    """If everything is known, verdicts and levels are those of plain two-valued conditions."""
    expected = oracle.values(domain, with_parity="web" in basis, with_name_servers="nameservers" in basis)
    readiness = judge(domain, basis)

    assert expected == {service.value: value.value for service, value in readiness.values.items()}
    levels = oracle.readings(expected, has_address=oracle.usable(domain))
    assert (min(levels), max(levels)) == (readiness.certain, readiness.possible)


@settings(deadline=None)
@given(_PAIRS, _BASES)
def test_more_facts_never_contradict_a_verdict(pair: tuple[Domain, Domain], basis: frozenset[str]) -> None:
    """A verdict other than `unknown` stays the same when facts are added."""
    whole, part = (judge(domain, basis) for domain in pair)

    decided = {service: value for service, value in part.values.items() if value is not Value.UNKNOWN}
    assert decided == {service: whole.values[service] for service in decided}


@settings(deadline=None)
@given(_PAIRS, _BASES)
def test_more_facts_narrow_the_bounds(pair: tuple[Domain, Domain], basis: frozenset[str]) -> None:
    """The bounds of a level contain those that follow from more facts."""
    whole, part = (judge(domain, basis) for domain in pair)

    assert part.certain <= whole.certain <= whole.possible <= part.possible


@settings(deadline=None)
@given(_PAIRS, _BASES)
def test_replacing_unknowns_brackets_the_level(pair: tuple[Domain, Domain], basis: frozenset[str]) -> None:
    """The bounds are the lowest and the highest level of all ways to replace each `unknown` by yes or no."""
    readiness = judge(pair[1], basis)
    usable = {Truth.YES: (True,), Truth.NO: (False,), Truth.UNKNOWN: (True, False)}[any_usable(pair[1], basis)]
    words = {service.value: value.value for service, value in readiness.values.items()}

    levels = {level for has_address in usable for level in oracle.readings(words, has_address=has_address)}

    assert (min(levels), max(levels)) == (readiness.certain, readiness.possible)


@settings(deadline=None)
@given(_PAIRS, _BASES)
def test_every_undecided_or_negative_verdict_has_a_reason(pair: tuple[Domain, Domain], basis: frozenset[str]) -> None:
    """
    `no` and `unknown` come with reasons, each with a text and one line of advice; `yes` and `none` come with none.
    """
    for domain in pair:
        for verdict in judge(domain, basis).verdicts:
            assert (verdict.value in (Value.NO, Value.UNKNOWN)) is bool(verdict.reasons)
            assert all(reason.text and reason.advice and "\n" not in reason.advice for reason in verdict.reasons)
