"""Chapters that hold IPv4 against IPv6."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace

import pytest

from ipv6matrix.exporters.chapters import comparisons
from ipv6matrix.exporters.distribution import Distribution
from ipv6matrix.exporters.findings import Comparison
from ipv6matrix.exporters.pictures import svg
from ipv6matrix.store.queries.asked import Asked

ALL = (comparisons.rtt_ratio, comparisons.rtts, comparisons.hops_difference, comparisons.hops)


def found(*pairs, metrics=None):
    """Make the figures of hosts that were this far away over IPv4 and over IPv6, in ms and in hops."""
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


HOSTS = found((10, 5), (10, 10), (10, 12), (3, 28))


def test_ratios_are_counted_in_quarters_of_an_octave():
    """
    Numbers of hosts by ratio, what lies beyond in the outer rows, and who won in words.
    """
    chapter = comparisons.rtt_ratio(HOSTS)

    assert [
        ("0.50 to 0.59", "1", "25.0 %"),
        ("1.00 to 1.19", "1", "25.0 %"),
        ("1.19 to 1.41", "1", "25.0 %"),
        ("6.73 and more", "1", "25.0 %"),
    ] == [row for row in chapter.rows if row[1] != "0"]
    assert "Of 4 hosts, 1 (25.0 %) are quicker over IPv6, 2 (50.0 %) over IPv4, and 1 (25.0 %) are alike." in (
        chapter.explanation
    )


def test_quantiles_stand_side_by_side():
    """
    The same share of hosts, over IPv4 and over IPv6.
    """
    rows = {share: (float(four), float(six)) for share, four, six in comparisons.rtts(HOSTS).rows}

    assert pytest.approx((10, 10), rel=0.01) == rows["50 %"]
    assert pytest.approx((10, 28), rel=0.01) == rows["95 %"]


def test_differences_of_hops():
    """
    What lies beyond the outer columns is in them.
    """
    chapter = comparisons.hops_difference(HOSTS)

    assert [("-5", "1"), ("0", "1"), ("+2", "1"), ("+8 and beyond", "1")] == [
        row[:2] for row in chapter.rows if row[1] != "0"
    ]


def test_hops_by_family():
    """
    Hosts by number of hops, of both families, with the medians.
    """
    chapter = comparisons.hops(HOSTS)

    assert ("10", "3", "1") in chapter.rows
    assert "The medians are 10.0 hops over IPv4 and 11.0 hops over IPv6." in chapter.explanation


@pytest.mark.parametrize("make", ALL)
def test_charts_can_be_drawn(make):
    """
    Of few hosts, and of hosts that are all alike.
    """
    for figures in (HOSTS, found((7, 7))):
        assert "IPv6" in svg(make(figures).draw(400))


@pytest.mark.parametrize("make", ALL)
def test_without_the_metric_there_is_a_sentence(make):
    """
    What was not measured has no chart, and the page says why.
    """
    chapter = make(found(metrics=frozenset({"tcp80"})))

    assert None is chapter.draw
    assert chapter.explanation.startswith("Not measured: the metric p")


@pytest.mark.parametrize("make", ALL)
def test_without_answers_there_is_a_sentence(make):
    """
    Measured, but nothing came back over both families: no chart, and the number of hosts it could have been.
    """
    chapter = make(found())

    assert None is chapter.draw
    assert "of 5 hosts with addresses of both families, none" in chapter.explanation
