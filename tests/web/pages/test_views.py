"""The six views and their measures."""

from __future__ import annotations

import pytest

from ipv6matrix.web.pages.views import VIEWS

MEASURES = [(view, measure) for view in VIEWS.values() for measure in view.measures]


def test_unknown_is_in_no_share_of_hosts():
    """Unknown hosts are subtracted from the total of a share."""
    assert 0.5 == VIEWS["hosts"].measures[0].of({"hosts": 10, "unknown": 4, "with_ipv6": 3})


def test_nothing_measured_is_no_value():
    """Without measurements the value is missing, not 0."""
    assert VIEWS["hosts"].measures[0].of({"hosts": 4, "unknown": 4, "with_ipv6": 0}) is None


@pytest.mark.parametrize(
    ("view", "measure"), MEASURES, ids=lambda argument: getattr(argument, "name", None) or argument.key
)
def test_a_measure_divides_fields_that_are_shown(view, measure):
    """The table of a view has numerator and denominator of each measure."""
    # How many domains of a kind are known stands in the card above the table.
    shown = {*view.columns, *(name for name in view.figures.fields if name.endswith("_known"))}
    assert {measure.part, measure.whole, *filter(None, [measure.less])} <= shown
    assert set(view.columns) <= set(view.figures.fields)


def test_groups_begin_with_the_country():
    """The country is the first group, because the map belongs to it."""
    assert {"country"} == {view.groups[0] for view in VIEWS.values()}
