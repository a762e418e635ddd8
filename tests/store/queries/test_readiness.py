"""The readiness of every domain of a finished crawl, compared with verdicts computed from the truth."""

from __future__ import annotations

from collections import Counter

import pytest

from ipv6matrix.readiness.levels import Level, judge
from ipv6matrix.store.queries import readiness
from tests.finished import Finished
from tests.readiness.true_verdicts import MEASURED, TrueVerdicts

pytestmark = pytest.mark.crawl


@pytest.fixture(scope="module")
def truth(finished: Finished) -> TrueVerdicts:
    return TrueVerdicts(finished.expected, readiness.basis(finished.store))


def test_verdicts_are_those_of_the_truth(finished: Finished, truth: TrueVerdicts) -> None:
    """Each verdict about a website, name servers and mail follows from the scenario itself."""
    basis = readiness.basis(finished.store)
    verdicts = {domain.name: judge(domain, basis).values for domain in readiness.domains(finished.store)}
    differing = {
        name: (service, truth.words(name)[service], values[service].value)
        for name, values in verdicts.items()
        for service in MEASURED
        if truth.words(name)[service] != values[service]
    }

    assert {} == differing
    assert set(verdicts) == {
        domain for domain in finished.expected.scenario.domains if not finished.expected.is_opted_out(domain)
    }


def test_levels_are_those_of_the_truth(finished: Finished, truth: TrueVerdicts) -> None:
    """Both bounds of each level follow from the scenario itself; all levels that such a crawl can show occur."""
    basis = readiness.basis(finished.store)
    judged = {result.name: judge(result, basis) for result in readiness.domains(finished.store)}
    bounds = {name: (result.certain, result.possible) for name, result in judged.items()}

    assert {} == {name: (truth.levels(name), pair) for name, pair in bounds.items() if truth.levels(name) != pair}
    certain = Counter(result for result, _ in bounds.values())
    assert set(certain) == set(Level) - {Level.IPV6_ONLY, Level.WITH_CONTENT}


def test_one_domain_is_read_as_all_are(finished: Finished) -> None:
    """The facts about one domain are those of the whole crawl; a name that is not in the list has none."""
    first = next(readiness.domains(finished.store))

    assert first == readiness.domain(finished.store, first.name)
    assert readiness.domain(finished.store, "not-in-the-list.example") is None


def test_a_domain_that_opted_out_is_not_among_all(finished: Finished) -> None:
    """It can be read by its name, with the reason why nothing is known about it."""
    names = {domain.name for domain in readiness.domains(finished.store)}
    excluded = [name for name in finished.expected.scenario.domains if name not in names]

    assert excluded
    assert {"opted_out"} == {readiness.domain(finished.store, name).exclusion for name in excluded}
