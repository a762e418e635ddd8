"""Which rows are asked for."""

from __future__ import annotations

import datetime as dt

import pytest

from ipv6matrix.summaries.prepared.figures import Figures, Slice
from ipv6matrix.summaries.tables import REACHABILITY

ONE, TWO, THREE = (dt.date(2023, month, 1) for month in (1, 2, 3))


def test_filters_are_columns_with_words():
    """
    Each word once; a column without words filters nothing.
    """
    asked = Slice(group="type", only={"tld": ["de", "com", "de"], "country": []})

    assert {"tld": ("de", "com")} == asked.filters
    assert {"tld", "type"} == asked.words


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [(None, None, [ONE, TWO, THREE]), (TWO, None, [TWO, THREE]), (None, TWO, [ONE, TWO]), (TWO, TWO, [TWO])],
)
def test_a_period_has_its_first_and_last_date(since, until, expected):
    """
    And no end where none is given.
    """
    asked = Slice(since=since, until=until)

    assert expected == [date for date in (ONE, TWO, THREE) if asked.is_of(date)]


def test_figures_need_no_ratios():
    """
    Nothing is answered but the fields then.
    """
    assert {} == Figures(table=REACHABILITY, groups=(), fields={}).ratios
