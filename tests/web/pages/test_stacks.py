"""Stacked bars."""

from __future__ import annotations

import datetime as dt

from lxml import etree

from ipv6matrix.web.pages.bars import LEFT, RIGHT
from ipv6matrix.web.pages.series import Line
from ipv6matrix.web.pages.stacks import stack

DATES = tuple(dt.date(2022, month, 1) for month in (1, 2, 3))
SVG = "{http://www.w3.org/2000/svg}"


def drawn(parts, apart=None, unit="share", dates=DATES):
    lines = [Line(name, tuple(zip(dates, values, strict=False))) for name, values in parts.items()]
    return etree.fromstring(stack("A & B", unit, lines, dates, dates[0], apart))


def bars(svg):
    return [
        (bar.findtext(f"{SVG}title"), float(bar.get("y")), float(bar.get("height")), bar.get("fill"))
        for bar in svg.iter(f"{SVG}rect")
        if bar.find(f"{SVG}title") is not None
    ]


def test_parts_lie_upon_each_other():
    """Each part begins where the previous one ends, and the parts of a whole reach the top."""
    (one, two) = bars(drawn({"IPv4": [0.75], "IPv6": [0.25]}))

    assert ["IPv4, 2022-01-01: 75.0 %", "IPv6, 2022-01-01: 25.0 %"] == [one[0], two[0]]
    assert one[1] == two[1] + two[2]
    assert two[1] == 18


def test_parts_are_told_apart_without_colour():
    """Each part has its own pattern."""
    svg = drawn({"IPv4": [0.5], "Both": [0.25], "IPv6": [0.25]})
    patterns = {one.get("id"): etree.tostring(one.find(f"{SVG}g")) for one in svg.iter(f"{SVG}pattern")}

    assert 4 == len({text.split(b">", 1)[1] for text in patterns.values()})
    assert {f"url(#{name})" for name in patterns} >= {bar[3] for bar in bars(svg)}


def test_a_crawl_without_values_has_no_bar():
    """A crawl without values has a gap, rather than a bar of height 0."""
    assert 2 == len(bars(drawn({"IPv4": [0.5], "IPv6": [0.5]})))
    assert [] == bars(drawn({"IPv4": [], "IPv6": []}))


def test_what_is_unknown_stands_apart():
    """Unknown values are below the bars, with their own scale."""
    *known, unknown = bars(drawn({"IPv4": [1.0]}, Line("Unknown", ((DATES[0], 0.02),))))

    assert "Unknown, 2022-01-01: 2.0 %" == unknown[0]
    assert unknown[1] > max(bar[1] + bar[2] for bar in known)


def test_no_bar_covers_another():
    """Bars do not overlap, even if two crawls are close together."""
    svg = drawn({"IPv4": [0.5, 0.5, 0.5]})
    found = sorted(
        (float(one.get("x")), float(one.get("width")))
        for one in svg.iter(f"{SVG}rect")
        if one.find(f"{SVG}title") is not None
    )

    assert 3 == len(found)
    assert found[0][0] + found[0][1] < found[1][0]
    assert found[1][0] + found[1][1] < found[2][0]


def test_the_bar_of_a_single_crawl_lies_on_its_side():
    """The parts of a single crawl fill a horizontal track; each is listed below, and so are unknown ones."""
    svg = drawn({"IPv4": [0.75], "IPv6": [0.25]}, Line("Unknown", ((DATES[0], 0.1),)), dates=DATES[:1])
    told = [one for one in svg.iter(f"{SVG}rect") if one.find(f"{SVG}title") is not None]
    four, six, unknown = [(float(one.get("x")), float(one.get("width"))) for one in told]

    assert (LEFT, RIGHT) == (four[0], six[0] + six[1])
    assert (four[0] + four[1], four[1]) == (six[0], 3 * six[1])
    assert unknown[1] == round((RIGHT - LEFT) * 0.1, 1)
    assert ["IPv4", "75.0 %", "IPv6", "25.0 %", "Unknown", "10.0 %"] == [text.text for text in svg.iter(f"{SVG}text")]


def test_what_is_not_known_of_a_single_crawl_is_no_zero():
    """Unknown values of a single crawl are a dash and a bar without length."""
    svg = drawn({"IPv4": [], "IPv6": []}, dates=DATES[:1])

    assert ["IPv4", "\u2013", "IPv6", "\u2013"] == [text.text for text in svg.iter(f"{SVG}text")]
