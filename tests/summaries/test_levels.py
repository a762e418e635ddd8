"""The rows of readiness of a crawl."""

from __future__ import annotations

from collections import Counter
from operator import attrgetter

import pytest

from ipv6matrix.readiness.rules import VERSION
from ipv6matrix.store.queries import readiness
from ipv6matrix.summaries import figures
from ipv6matrix.summaries.rows import DomainRow, Readiness, ReadinessBasis, ReadinessCounts
from tests.readiness.true_verdicts import TrueVerdicts
from tests.summaries.true_figures import TrueFigures

pytestmark = pytest.mark.crawl


@pytest.fixture(scope="module")
def rows(finished):
    return list(figures.rows_of(finished.store))


def of(rows, kind):
    return [row for row in rows if isinstance(row, kind)]


def test_each_domain_has_the_levels_and_verdicts_of_the_truth(finished, rows):
    """The rows are those of the domains that were looked up, with the country of Domains and no rank."""
    truth = TrueVerdicts(finished.expected, readiness.basis(finished.store))
    domains = {row["domain"]: row["country"] for row in TrueFigures(finished).tables()["Domains"]}

    expected = {
        (name, name.rpartition(".")[2], country, 0, *truth.levels(name), *truth.words(name).values())
        for name, country in domains.items()
    }

    columns = attrgetter(
        *("domain", "tld", "country", "bracket", "certain", "possible"),
        *("web", "dns", "mail", "chain", "path", "content"),
    )
    assert expected == set(map(columns, of(rows, Readiness)))
    assert {""} == {row.tag for row in of(rows, Readiness)}


def test_counts_are_those_of_the_rows(rows):
    """Each domain is counted once in each reading, and as unknown at its certain level if its bounds differ."""
    domains = of(rows, Readiness)
    where = [(row.country, row.tld, row.bracket) for row in domains]
    expected = (
        Counter((*place, row.certain) for place, row in zip(where, domains, strict=True)),
        Counter((*place, row.possible) for place, row in zip(where, domains, strict=True)),
        Counter((*place, row.certain) for place, row in zip(where, domains, strict=True) if row.certain < row.possible),
    )

    counts = {(row.country, row.tld, row.bracket, row.level): row for row in of(rows, ReadinessCounts)}

    assert len(of(rows, ReadinessCounts)) == len(counts)
    for counter, name in zip(expected, ("certain", "possible", "unknown"), strict=True):
        assert counter == Counter({key: getattr(row, name) for key, row in counts.items() if getattr(row, name)})
        assert counter


def test_the_basis_names_what_was_measured(finished, rows):
    """One row has the version of the rules, what was measured, and the number of domains."""
    (basis,) = of(rows, ReadinessBasis)

    assert (VERSION, len(of(rows, DomainRow))) == (basis.version, basis.domains)
    assert readiness.basis(finished.store) == {*basis.basis.split(",")}


def test_a_list_with_a_tag_has_no_other_rows(finished, rows, monkeypatch):
    """Everything else would replace the figures of the main list."""
    crawl = finished.store.crawl()
    monkeypatch.setattr(finished.store, "crawl", lambda: crawl | {"tag": "cities"})

    tagged = list(figures.rows_of(finished.store))

    assert {"cities"} == {row.tag for row in tagged}
    assert [row.domain for row in of(rows, Readiness)] == [row.domain for row in of(tagged, Readiness)]
    assert len(tagged) == sum(len(of(rows, kind)) for kind in (Readiness, ReadinessCounts, ReadinessBasis))
