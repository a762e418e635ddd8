"""Line charts."""

from __future__ import annotations

import datetime as dt

from lxml import etree

from ipv6matrix.web.pages import charts
from ipv6matrix.web.pages.series import Line

DATES = tuple(dt.date(2022, month, 1) for month in (1, 2, 3))
SVG = "{http://www.w3.org/2000/svg}"


def drawn(*lines, unit="share"):
    return etree.fromstring(charts.chart("A & B", unit, lines, DATES, DATES[-1]))


def test_each_point_has_its_words():
    """Each point has name, date and value as text, for readers who cannot tell colours or positions apart."""
    svg = drawn(Line("<All>", ((DATES[0], 0.25), (DATES[1], 0.5))))

    titles = [title.text for title in svg.findall(f".//{SVG}circle/{SVG}title")]
    assert ["<All>, 2022-01-01: 25.0 %", "<All>, 2022-02-01: 50.0 %"] == titles


def test_a_missing_value_is_a_gap():
    """The line is interrupted, and nothing is drawn at 0."""
    svg = drawn(Line("All", ((DATES[0], 0.25), (DATES[2], 0.5))))

    (path,) = [one.get("d") for one in svg.findall(f".//{SVG}path") if one.get("class") == "l0"][:1]
    assert (2, 0) == (path.count("M"), path.count("L"))


def test_lines_without_a_value_can_be_drawn():
    """A chart without values has a grid."""
    assert 0 == charts.chart("None", "share", [Line("All", ())], DATES, DATES[0]).count("<circle")


def test_a_single_crawl_has_bars():
    """A single crawl has bars instead of lines."""
    one = charts.chart("One", "ratio", [Line("All", ((DATES[0], 1.1),))], DATES[:1], DATES[0])

    assert (0, 1) == (one.count("<circle"), one.count("All, 2022-01-01: 1.10"))
