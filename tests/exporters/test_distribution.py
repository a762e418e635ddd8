"""Distributions in bins, compared with sorted lists."""

from __future__ import annotations

import statistics
from random import Random

import pytest

from ipv6matrix.exporters.distribution import Distribution


def distribution(values):
    made = Distribution()
    for value in values:
        made.add(value)
    return made


@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
def test_quantiles_are_close(share):
    """A quantile is accurate to 0.6 percent over six orders of magnitude."""
    values = sorted(10 ** Random(7).uniform(-2, 4) for _ in range(2001))

    assert pytest.approx(values[round(share * 2000)], rel=0.006) == distribution(values).quantile(share)


def test_the_median_is_a_quantile():
    """Half of all values do not exceed it."""
    values = [1.0, 2.0, 10.0, 500.0, 700.0]

    assert pytest.approx(statistics.median(values), rel=0.006) == distribution(values).median


def test_an_empty_distribution_has_no_median():
    """Without values there is no number, least of all 0."""
    assert None is Distribution().median
    assert [] == list(Distribution().cumulative(8))


def test_columns_include_all_values():
    """Each value is in the column between whose edges it lies; out-of-range values are in the outer ones."""
    assert [3, 1, 2] == distribution([0.001, 0.3, 0.6, 1.0, 2.5, 900]).between([0.5, 1, 2, 4])


def test_the_cumulative_curve_rises_from_0_to_1():
    """Each point is the share of values below it."""
    values = [1.5, 3.0, 3.5, 100.0]
    points = list(distribution(values).cumulative(step=64))

    assert [(below, sum(value < below for value in values) / 4) for below, _ in points] == points
    assert (0.0, 1.0) == (points[0][1], points[-1][1])


def test_memory_is_independent_of_the_number_of_values():
    """Many values share few bins."""
    values = Random(7)

    assert 1300 > len(distribution(values.uniform(0.1, 100_000) for _ in range(50_000))._bins)
