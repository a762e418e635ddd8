"""Measures whose value lies between two bounds."""

from __future__ import annotations

import pytest

from ipv6matrix.web.pages import ladder, series
from ipv6matrix.web.pages.measures import Measure

SHARE = Measure(key="share", title="Share", part="certain", upper="possible", whole="domains")


@pytest.mark.parametrize(
    ("certain", "possible", "domains", "value", "part"),
    [
        (1, 3, 4, "25.0 to 75.0 %", "1 to 3"),
        (2, 2, 4, "50.0 %", "2"),
        (0, 4_000, 4_000, "0.0 to 100.0 %", "0 to 4,000"),
        (0, 0, 0, "\u2013", "0"),
    ],
)
def test_a_value_is_written_with_its_bounds(certain, possible, domains, value, part):
    """Both bounds are written; one value if they are the same; a dash without any domain."""
    row = {"certain": certain, "possible": possible, "domains": domains}

    assert (value, part) == (SHARE.text(row), SHARE.part_text(row))


def test_a_value_that_is_known_has_no_upper_bound():
    """A measure without an upper field has one value."""
    known = Measure(key="share", title="Share", part="certain", whole="domains")

    assert known.upper_of({"certain": 1, "domains": 2}) is None


def test_a_line_has_both_bounds():
    """A line has a lower and an upper bound for each crawl with domains."""
    rows = [{"date": date, "certain": 1, "possible": 2, "domains": domains} for date, domains in ((1, 4), (2, 0))]
    line = series.line("All", SHARE, rows)

    assert (((1, 0.25),), ((1, 0.5),)) == (line.points, line.upper)


def test_each_level_includes_the_next_one():
    """The steps of readiness are the levels from 1 to 5+, and their fields exist."""
    measures = ladder.VIEW.measures

    assert ["1", "2", "3", "4", "5", "5plus"] == [measure.key.removeprefix("level") for measure in measures]
    assert {name for measure in measures for name in (measure.part, measure.upper)} <= set(ladder.VIEW.figures.fields)
