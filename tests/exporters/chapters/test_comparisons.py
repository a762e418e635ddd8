"""Chapters that compare IPv4 and IPv6."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace

import pytest

from ipv6matrix.exporters.chapters import comparisons
from ipv6matrix.exporters.distribution import Distribution
from ipv6matrix.exporters.findings import Comparison
from ipv6matrix.store.queries.asked import Asked

ALL = (comparisons.rtt_ratio, comparisons.rtts, comparisons.hops_difference, comparisons.hops)


def findings(*pairs, metrics=None):
    """Return the figures of hosts with these distances over IPv4 and over IPv6, in ms and in hops."""
    made = SimpleNamespace(
        asked=Asked(run="", features=None, metrics=metrics, skipped=frozenset()),
        dual_stack=5,
        rtts=Comparison(),
        paths=Comparison(),
        rtt_ms={4: Distribution(), 6: Distribution()},
        rtt_ratio=Distribution(),
        hops={4: Counter(), 6: Counter()},
        hops_difference=Counter(),
    )
    for four, six in pairs:
        made.rtts.add(four, six)
        made.paths.add(four, six)
        made.rtt_ms[4].add(four)
        made.rtt_ms[6].add(six)
        made.rtt_ratio.add(six / four)
        made.hops[4][four] += 1
        made.hops[6][six] += 1
        made.hops_difference[six - four] += 1
    return made


HOSTS = findings((10, 5), (10, 10), (10, 12), (3, 28))


def test_ratios_are_counted_in_quarters_of_an_octave():
    """Hosts are counted by ratio, out-of-range values in the outer rows, and the faster family is named in words."""
    chapter = comparisons.rtt_ratio(HOSTS)

    assert [
        ("0.50 to 0.59", "1", "25.0 %"),
        ("1.00 to 1.19", "1", "25.0 %"),
        ("1.19 to 1.41", "1", "25.0 %"),
        ("6.73 and more", "1", "25.0 %"),
    ] == [row for row in chapter.rows if row[1] != "0"]
    assert "Of 4 hosts, 1 (25.0 %) are quicker over IPv6, 2 (50.0 %) over IPv4, and 1 (25.0 %) are equal." in (
        chapter.explanation
    )


def test_quantiles_are_listed_together():
    """A row has the quantile of the same share of hosts over IPv4 and over IPv6."""
    rows = {share: (float(four), float(six)) for share, four, six in comparisons.rtts(HOSTS).rows}

    assert pytest.approx((10, 10), rel=0.01) == rows["50 %"]
    assert pytest.approx((10, 28), rel=0.01) == rows["95 %"]


def test_differences_of_hops():
    """The outer columns include out-of-range values."""
    chapter = comparisons.hops_difference(HOSTS)

    assert [("-5", "1"), ("0", "1"), ("+2", "1"), ("+8 and beyond", "1")] == [
        row[:2] for row in chapter.rows if row[1] != "0"
    ]


def test_hops_by_family():
    """Hosts are counted by number of hops, for both families, with the medians."""
    chapter = comparisons.hops(HOSTS)

    assert ("10", "3", "1") in chapter.rows
    assert "The medians are 10.0 hops over IPv4 and 11.0 hops over IPv6." in chapter.explanation


@pytest.mark.parametrize("make", ALL)
def test_charts_can_be_drawn(make):
    """Charts of few hosts, and of identical hosts, can be drawn."""
    for figures in (HOSTS, findings((7, 7))):
        assert "IPv6" in make(figures).svg


@pytest.mark.parametrize("make", ALL)
def test_a_missing_metric_is_explained(make):
    """A metric that was not measured has no chart, and the page gives the reason."""
    chapter = make(findings(metrics=frozenset({"tcp80"})))

    assert "" == chapter.svg
    assert chapter.explanation.startswith("Not measured: the metric p")


@pytest.mark.parametrize("make", ALL)
def test_missing_answers_are_explained(make):
    """
    If nothing was measured over both families there is no chart, but the number of hosts that could have been compared.
    """
    chapter = make(findings())

    assert "" == chapter.svg
    assert "of 5 hosts with addresses of both families, none" in chapter.explanation
