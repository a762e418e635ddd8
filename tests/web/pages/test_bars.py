"""
Bars of a single crawl.
"""

from __future__ import annotations

import datetime as dt

import pytest
from lxml import etree

from ipv6matrix.web.pages.bars import LEFT, RIGHT, draw
from ipv6matrix.web.pages.series import Line

DATE = dt.date(2022, 7, 20)
SVG = "{http://www.w3.org/2000/svg}"


def drawn(unit, **values):
    lines = [Line(name, () if value is None else ((DATE, value),)) for name, value in values.items()]
    return etree.fromstring(draw("A & B", unit, lines, DATE))


def points(svg):
    return [one for one in svg.iter(f"{SVG}rect") if "point" in one.get("class", "")]


def lengths(svg):
    return [float(one.get("width")) for one in points(svg)]


def test_each_value_has_its_name_and_its_words():
    """Name and value stand next to each other, and together in the tooltip of the bar."""
    svg = drawn("share", All=0.25, DE=0.5)

    assert ["All", "25.0 %", "DE", "50.0 %"] == [text.text for text in svg.iter(f"{SVG}text")]
    assert ["All, 2022-07-20: 25.0 %", "DE, 2022-07-20: 50.0 %"] == [one.findtext(f"{SVG}title") for one in points(svg)]


@pytest.mark.parametrize(
    ("unit", "value", "whole"), [("share", 0.02, 1), ("share", 1.0, 1), ("ratio", 1.2, 1.5), ("count", 4, 5)]
)
def test_a_bar_is_as_long_as_its_value(unit, value, whole):
    """A share fills its part of the track, independent of other values."""
    assert [round((RIGHT - LEFT) * value / whole, 1)] == lengths(drawn(unit, All=value))


def test_a_missing_value_is_an_empty_track():
    """A missing value has an empty track and a dash."""
    svg = drawn("share", All=None, DE=0.0)

    assert [0.0] == lengths(svg)
    assert ["All", "\u2013", "DE", "0.0 %"] == [text.text for text in svg.iter(f"{SVG}text")]
    assert 2 == sum(one.get("class") == "track" for one in svg.iter(f"{SVG}rect"))


def test_a_ratio_shows_where_both_are_equal():
    """A ratio has a mark at 1."""
    (mark,) = [one.get("d") for one in drawn("ratio", All=0.75).iter(f"{SVG}path")]

    assert mark.startswith(f"M{LEFT + (RIGHT - LEFT) / 1.5:.1f} ")
    assert [] == list(drawn("share", All=0.75).iter(f"{SVG}path"))
