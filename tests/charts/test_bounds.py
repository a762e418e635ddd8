"""Charts of values that lie between two bounds, and of levels."""

from __future__ import annotations

import datetime as dt

import pytest
from lxml import etree

from ipv6matrix.charts import axes, drawing, lines
from ipv6matrix.charts.drawing import Line

SVG = "{http://www.w3.org/2000/svg}"
DATES = tuple(dt.date(2022, month, 1) for month in (1, 2, 3, 4, 5))


def drawn(line, dates=DATES, unit="share"):
    return etree.fromstring(lines.over_time("Title", unit, [line], dates, dates[-1]))


def bands(svg):
    return [path.get("d") for path in svg.iter(f"{SVG}path") if "band" in path.get("class", "")]


@pytest.mark.parametrize(
    ("unit", "lower", "upper", "text"),
    [
        ("share", 0.25, 0.5, "25.0 to 50.0 %"),
        ("share", 0.25, 0.2504, "25.0 %"),
        ("share", 0.25, None, "25.0 %"),
        ("level", 3, 6, "3 to 5+"),
        ("count", 1_000, 2_000, "1,000 to 2,000"),
        ("share", None, None, "\u2013"),
    ],
)
def test_bounds_are_written_once_if_they_look_the_same(unit, lower, upper, text):
    """Both bounds are written, or one value if they are the same or there is no upper one."""
    assert text == drawing.bounds(unit, lower, upper)


def test_what_lies_between_is_shaded():
    """Each run of crawls with both bounds has a shape from the upper bounds back along the lower ones."""
    points = tuple((date, 0.2) for date in DATES if date != DATES[2])
    svg = drawn(Line("A", points, upper=tuple((date, value + 0.2) for date, value in points)))

    assert 2 == len(bands(svg))
    assert [4, 4] == [band.count(" ") for band in bands(svg)]
    assert ["A, 2022-01-01: 20.0 to 40.0 %"] == [
        title.text for title in svg.iter(f"{SVG}title") if "2022-01" in title.text
    ]


def test_a_value_that_is_known_has_no_band():
    """A line without upper bounds has no shape."""
    assert [] == bands(drawn(Line("A", tuple((date, 0.2) for date in DATES))))


def test_an_axis_has_room_for_the_upper_bounds():
    """The highest upper bound lies within the picture."""
    (band,) = bands(drawn(Line("A", ((DATES[0], 0.1), (DATES[1], 0.1)), upper=((DATES[0], 0.9), (DATES[1], 0.9)))))
    heights = [float(pair.split(" ")[1]) for pair in band.strip("MZ").split("L")]

    assert min(heights) >= axes.TOP


def test_of_a_single_crawl_the_bar_ends_at_the_upper_bound():
    """The part of the bar that is not certain follows the certain one."""
    svg = drawn(Line("A", ((DATES[0], 0.25),), upper=((DATES[0], 0.75),)), DATES[:1])
    widths = [
        float(element.get("width")) for element in svg.iter(f"{SVG}rect") if element.find(f"{SVG}title") is not None
    ]

    assert [1, 2] == [round(width / widths[0]) for width in widths]
    assert {"A, 2022-01-01: 25.0 to 75.0 %"} == {
        element.text for element in svg.iter(f"{SVG}title") if element.text.startswith("A,")
    }


def test_levels_have_their_own_axis():
    """Each level has a line of the grid, the highest is written 5+."""
    texts = [text.text for text in drawn(Line("A", ((DATES[0], 1), (DATES[1], 6))), unit="level").iter(f"{SVG}text")]

    assert ["0", "1", "2", "3", "4", "5", "5+"] == texts[:7]
