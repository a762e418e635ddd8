"""The appearance of charts."""

from __future__ import annotations

from itertools import combinations

import pytest

from ipv6matrix.exporters import charts
from ipv6matrix.exporters.charts import IPV4, IPV6, NARROW, WIDE, Point, Segment
from ipv6matrix.exporters.pictures import svg

SEGMENTS = [
    Segment(label="a", state="yes", start=0, end=30, hover="a: 3 of 10"),
    Segment(label="a", state="no", start=30, end=100, hover="a: 7 of 10"),
    Segment(label="b", state="yes", start=0, end=0.5, hover="b: 1 of 200"),
]
POINTS = [Point(series=f"IPv{family}", x=x, y=10 * x, hover=f"{family} at {x}") for family in (4, 6) for x in (1, 5)]
COLOURS = {"yes": IPV6, "no": IPV4}


def bars(width):
    return charts.bars(SEGMENTS, {"a": "30.0 %", "b": "0.5 %"}, COLOURS, title="share of things", width=width)


def grouped(width):
    pair = [Segment(label="HTTP", state=f"IPv{family}", start=0, end=90, hover=f"{family}") for family in (4, 6)]
    return charts.grouped(pair, {("HTTP", "IPv4"): "90.0 %"}, title="share of hosts", width=width)


def histogram(width):
    columns = [Segment(label="", state="yes", start=x, end=2 * x, hover=f"from {x}") for x in (1, 2, 4)]
    return charts.histogram(
        columns,
        [10, 0, 5],
        {"yes": IPV6},
        titles=("ratio", "share of hosts"),
        ticks={1: "1", 2: "2", 8: "8"},
        width=width,
        logarithmic=True,
    )


def lines(width):
    return charts.lines(POINTS, titles=("hops", "share of hosts"), ticks={1: "1", 5: "5"}, width=width)


ALL = {"bars": bars, "grouped": grouped, "histogram": histogram, "lines": lines}


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_a_chart_has_the_expected_width(name, width):
    """
    The width includes axes, legend and notes, so that a page need not shrink the chart.
    """
    assert f'width="{width}"' in svg(ALL[name](width)).partition(">")[0]


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("bars", ["share of things", "30.0 %", "0.5 %", "yes", "no", "100 %"]),
        ("grouped", ["share of hosts", "HTTP", "IPv4", "IPv6", "90.0 %"]),
        ("histogram", ["ratio", "share of hosts", "2", "8", "10 %"]),
        ("lines", ["hops", "share of hosts", "IPv4", "IPv6", "5"]),
    ],
)
def test_axes_and_legends_are_labelled(name, texts):
    """
    Titles, units, ticks, notes and the meaning of colours are readable text.
    """
    drawn = svg(ALL[name](WIDE))

    assert [] == [text for text in texts if f">{text}</text>" not in drawn]


@pytest.mark.parametrize(("name", "hovers"), [("bars", ["a: 3 of 10"]), ("lines", ["4 at 1", "6 at 5"])])
def test_marks_have_their_numbers(name, hovers):
    """
    Each bar and point has the text that appears under the pointer.
    """
    drawn = svg(ALL[name](WIDE))

    assert [] == [hover for hover in hovers if f'aria-label="{hover}"' not in drawn]


def test_short_bars_fill_the_space():
    """
    If all shares are small, the axis ends shortly after the longest bar.
    """
    small = [Segment(label="a", state="yes", start=0, end=4.2, hover="a")]
    drawn = svg(charts.bars(small, {"a": "4.2 %"}, {"yes": IPV6}, title="share", width=WIDE))

    assert ">5 %</text>" in drawn
    assert ">10 %</text>" not in drawn


def test_lines_differ_by_more_than_colour():
    """
    IPv4 is dashed.
    """
    assert 'stroke-dasharray="5,4"' in svg(lines(WIDE))


def luminance(colour):
    """Return the relative luminance (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("dark", [False, True])
def test_texts_have_sufficient_contrast(dark):
    """
    Text has a contrast of at least 4.5, marks of 3, on light and on dark pages (WCAG 2.2).
    """
    colours = {colour: charts.DARK[colour] if dark else colour for colour in charts.DARK}
    paper = colours[charts.PAPER]

    assert 4.5 <= min(contrast(colours[text], paper) for text in (charts.INK, charts.DIM))
    assert 3 <= min(contrast(colours[mark], paper) for mark in (IPV4, IPV6, charts.UNKNOWN))


def test_each_colour_has_its_own_dark_one():
    """
    A page replaces colours one by one, so all must be spelled differently.
    """
    assert [] == [pair for pair in combinations(charts.DARK, 2) if charts.DARK[pair[0]] == charts.DARK[pair[1]]]
