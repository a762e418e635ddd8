"""The axes of charts."""

from __future__ import annotations

import datetime as dt
import re
from itertools import pairwise

import pytest

from ipv6matrix.web.pages import axes
from ipv6matrix.web.pages.axes import Axes

DATES = tuple(dt.date(2020, 1, 1) + dt.timedelta(days=30 * number) for number in range(60))


def made(**changed):
    return Axes(**{"unit": "share", "top": 1.0, "dates": DATES, "chosen": DATES[3], **changed})


@pytest.mark.parametrize(
    ("unit", "value", "text"),
    [("share", 0.123, "12.3 %"), ("ratio", 1.009, "1.01"), ("count", 1234, "1,234")],
)
def test_values_are_written_with_their_unit(unit, value, text):
    """Shares are percentages; a missing value is a dash."""
    assert [text, "\u2013"] == [axes.written(unit, value), axes.written(unit, None)]


@pytest.mark.parametrize(
    ("unit", "values", "top"),
    [
        ("share", [0.04], 0.05),
        ("share", [0.3, 0.6], 1.0),
        ("ratio", [], 1.5),
        ("ratio", [2.2], 2.5),
        ("count", [0], 5),
        ("count", [7], 10),
    ],
    ids=str,
)
def test_every_value_has_room(unit, values, top):
    """The axis ends at a round number above every value."""
    assert top == axes.top_of(unit, values)


def test_dates_do_not_cover_each_other():
    """Of sixty crawls only some are labelled, with space between them."""
    places = [float(place) for place in re.findall(r'x="([\d.]+)" y="308"', made().drawn())]

    assert 4 < len(places) < 10
    assert min(two - one for one, two in pairwise(places)) >= 90


def test_the_mark_is_at_the_chosen_crawl():
    """Only the chosen crawl has a mark."""
    drawn = made()

    assert f"M{drawn.x(DATES[3]):.1f} " in drawn.mark()


def test_keys_wrap_within_the_picture():
    """The legend wraps onto as many lines as it needs."""
    one, low = axes.legend([("", "A")], 100)
    many, high = axes.legend([("", "Name of a country")] * 6, 100)

    assert [1, 6] == [one.count("<text"), many.count("<text")]
    assert high > low
    assert max(map(int, re.findall(r"translate\((\d+)", many))) < axes.WIDTH - 150
