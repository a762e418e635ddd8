"""The charts: every figure has its words, and is drawn in proportion."""

from __future__ import annotations

import datetime as dt
import re
from importlib.resources import files
from itertools import pairwise

import pytest
from lxml import etree

from ipv6matrix.charts import axes, bars, columns, drawing, lines
from ipv6matrix.charts.bars import Bar, Part
from ipv6matrix.charts.columns import Column
from ipv6matrix.charts.drawing import COLOURS, Line
from ipv6matrix.charts.frame import framed

LOOK = files("ipv6matrix.charts") / "static/look.css"
SVG = "{http://www.w3.org/2000/svg}"
DATES = tuple(dt.date(2022, month, 1) for month in (1, 2, 3))
SHARES = axes.Axes(unit="share", top=1, span=(1, 8), ticks={1: "1", 8: "8"}, titles=("ratio", "share"))


def marks(text):
    """Return the element of each mark by its words, in order."""
    titles = list(etree.fromstring(text).iter(f"{SVG}title"))[1:]
    return {title.text: title.getparent() for title in titles}


def texts(text):
    return [element.text for element in etree.fromstring(text).iter(f"{SVG}text")]


def stacked(parts, dates=DATES, apart=None, unit="share"):
    whole = [Line(name, tuple(zip(dates, values, strict=False))) for name, values in parts.items()]
    return columns.stack("A & B", unit, whole, dates, dates[0], apart)


def over_time(*drawn, unit="share", dates=DATES):
    return lines.over_time("A & B", unit, drawn, dates, dates[-1])


@pytest.mark.parametrize(
    ("unit", "value", "text"),
    [("share", 0.123, "12.3 %"), ("ratio", 1.009, "1.01"), ("count", 1234, "1,234"), ("share", None, "\u2013")],
)
def test_values_have_their_unit(unit, value, text):
    """Shares are percentages; a missing value is a dash."""
    assert text == drawing.written(unit, value)


@pytest.mark.parametrize(
    ("unit", "values", "top"),
    [("share", [0.04], 0.05), ("share", [0.6], 1.0), ("ratio", [], 1.5), ("ratio", [2.2], 2.5), ("count", [7], 10)],
)
def test_an_axis_has_room_for_every_value(unit, values, top):
    """It ends at a round number."""
    assert top == axes.top_of(unit, values)


def test_names_of_dates_do_not_overlap():
    """Of sixty crawls some are named."""
    dates = [dt.date(2020, 1, 1) + dt.timedelta(days=30 * number) for number in range(60)]
    made = axes.of_dates("share", 1.0, dates, dates[3])
    places = [made.x(ordinal) for ordinal in made.ticks]

    assert 4 < len(places) < 10
    assert min(right - left for left, right in pairwise(places)) >= 90


def test_each_point_has_its_words():
    """The words are name, date and value, and are escaped."""
    svg = over_time(Line("<All>", ((DATES[0], 0.25), (DATES[1], 0.5))))

    assert ["<All>, 2022-01-01: 25.0 %", "<All>, 2022-02-01: 50.0 %"] == list(marks(svg))


def test_a_missing_value_is_a_gap():
    """The line begins again after it; nothing is drawn at 0."""
    svg = etree.fromstring(over_time(Line("All", ((DATES[0], 0.25), (DATES[2], 0.5)))))
    (path, _) = [element.get("d") for element in svg.iter(f"{SVG}path") if element.get("class") == "l0"]

    assert (2, 0) == (path.count("M"), path.count("L"))


def test_lines_differ_by_more_than_colour():
    """Their dashes differ, except for the first two."""
    svg = etree.fromstring(over_time(*(Line(str(number), ((DATES[0], 0.5),)) for number in range(6))))

    assert 5 == len({element.get("stroke-dasharray") for element in svg.findall(f"{SVG}g/{SVG}path")})


def test_lines_over_numbers_have_units():
    """The words of a point are the name, the number with its unit, and the value."""
    svg = lines.draw("A", [Line("IPv6", ((2, 0.5),), drawing.LINE6)], SHARES, (1, 2, 8), "ms")

    assert ["IPv6, 2 ms: 50.0 %"] == list(marks(svg))
    assert {"ratio", "share", "1", "8", "100 %", "IPv6"} <= set(texts(svg))


@pytest.mark.parametrize(("unit", "value", "top"), [("share", 0.02, 1), ("ratio", 1.2, 1.5), ("count", 4, 5)])
def test_of_a_single_crawl_bars_are_drawn(unit, value, top):
    """A bar has the length of its value; without a value its track is empty."""
    svg = over_time(Line("All", ((DATES[0], value),)), Line("DE", ()), unit=unit, dates=DATES[:1])
    (mark,) = marks(svg).values()

    assert round((bars.RIGHT - bars.LEFT) * value / top, 1) == float(mark.get("width"))
    assert ["All", drawing.written(unit, value), "DE", "\u2013"] == texts(svg)[:4]


def test_parts_of_a_bar_are_adjacent():
    """Each part begins where the previous one ends."""
    parts = [Part(0.25, "k1", "yes: 1 of 4"), Part(0.75, "unknown", "not known: 3 of 4")]
    first, second = marks(bars.bars("A", [Bar("<b>", "25 %", parts)], keys={"yes": "k1"})).values()

    assert bars.LEFT == float(first.get("x"))
    assert float(first.get("x")) + float(first.get("width")) == float(second.get("x"))
    assert float(second.get("x")) + float(second.get("width")) == bars.RIGHT


def test_short_bars_fill_their_tracks():
    """What a whole track means stands below."""
    svg = bars.bars("A", [Bar("a", "4 %", [Part(0.04, "k3", "a")])], top=0.05)

    assert ["0 %", "5 %"] == texts(svg)[2:]
    assert 0.8 == pytest.approx(float(marks(svg)["a"].get("width")) / (bars.RIGHT - bars.LEFT), rel=0.01)


def test_parts_of_a_column_are_stacked():
    """The second begins where the first ends, and a whole reaches the top."""
    svg = stacked({"IPv4": [0.75], "IPv6": [0.25]}, apart=Line("Unknown", ((DATES[0], 0.02),)))
    four, six, unknown = [(float(mark.get("y")), float(mark.get("height"))) for mark in marks(svg).values()]

    assert ["IPv4, 2022-01-01: 75.0 %", "IPv6, 2022-01-01: 25.0 %", "Unknown, 2022-01-01: 2.0 %"] == list(marks(svg))
    assert (axes.TOP, sum(six)) == (six[0], four[0])
    assert unknown[0] > sum(four)


def test_parts_differ_by_more_than_colour():
    """Each has its own pattern."""
    svg = etree.fromstring(stacked({name: [0.25] for name in ("IPv4", "Both", "IPv6", "None")}))

    assert 5 == len({pattern.find(f"{SVG}path").get("d") for pattern in svg.iter(f"{SVG}pattern")})


def test_columns_do_not_overlap():
    """There is room between two crawls, and a crawl without values has no column."""
    places = [
        (float(mark.get("x")), float(mark.get("width"))) for mark in marks(stacked({"IPv4": [0.5, 0.5, 0.5]})).values()
    ]

    assert 3 == len(places)
    assert all(sum(left) < right[0] for left, right in pairwise(places))
    assert {} == marks(stacked({"IPv4": [], "IPv6": []}))


def test_the_column_of_a_single_crawl_lies_on_its_side():
    """Parts fill the track, and the key has their values; a part without a value has a dash."""
    svg = stacked({"IPv4": [0.75], "IPv6": [0.25]}, DATES[:1], Line("Unknown", ((DATES[0], 0.1),)))

    assert ["All", "Unknown", "10.0 %", "IPv4: 75.0 %", "IPv6: 25.0 %"] == texts(svg)
    assert ["All", "IPv4: \u2013"] == texts(stacked({"IPv4": []}, DATES[:1]))


def test_the_column_of_a_single_crawl_counts_in_its_unit():
    """A track of counts ends at their sum; a share next to them is one of its own whole."""
    svg = stacked({"IPv4": [1], "IPv6": [3]}, DATES[:1], Line("Unknown", ((DATES[0], 1.0),)), "count")
    widths = [float(mark.get("width")) for mark in marks(svg).values()]

    assert {"0", "4"} <= set(texts(svg))
    assert pytest.approx(widths[2]) == widths[0] + widths[1]


def test_a_histogram_has_words_and_keys():
    """A column has the height of its value."""
    parts = [Column(1, 2, 0.5, "k1", "1 to 2: 3 of 6"), Column(2, 8, 0.25, "k3", "2 to 8: 1 of 6")]
    svg = columns.histogram("A", parts, SHARES, {"quicker": "k1", "slower": "k3"})
    heights = [float(mark.get("height")) for mark in marks(svg).values()]

    assert 2 == pytest.approx(heights[0] / heights[1], rel=0.01)
    assert {"quicker", "slower", "ratio", "share"} <= set(texts(svg))


def test_a_picture_that_is_taken_away_has_title_source_and_size():
    """Without a size, a canvas could not draw it."""
    svg = etree.fromstring(framed("A & B", "from <here>", over_time(Line("All", ()))))

    assert ["A & B", "from <here>"] == [element.text for element in svg.findall(f"{SVG}text")]
    assert 2 * 768 == float(svg.get("width"))


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_colours_have_sufficient_contrast(scheme):
    """Text has a contrast of at least 4.5, lines of 3 (WCAG 2.2); every look has a colour in both schemes."""
    colours = schemes()[scheme]

    assert 4.5 <= min(contrast(colours[name], colours["card"]) for name in ("ink", "dim", "six"))
    assert 3 <= min(contrast(colours[f"c{number}"], colours["card"]) for number in range(drawing.PLAIN))
    assert {look.replace("s", "c") for look in COLOURS if look != "unknown"} <= colours.keys()


def test_pictures_that_are_taken_away_have_the_colours_of_light_pages():
    """Attributes and classes say the same."""
    light = schemes()[0]

    assert {look: light[look.replace("s", "c")] for look in COLOURS if look != "unknown"}.items() <= COLOURS.items()


def schemes():
    """Return the colours of light and of dark pages, by name."""
    light, dark = re.findall(r":root \{(.*?)\}", LOOK.read_text(), re.DOTALL)
    colours = [dict(re.findall(r"--(\w+): (#\w+)", part)) for part in (light, dark)]
    return [
        {name: (c if len(c) == 7 else "#" + 2 * c[1:2] + 2 * c[2:3] + 2 * c[3:]) for name, c in of.items()}
        for of in colours
    ]


def luminance(colour):
    """Return the relative luminance (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(colour, other):
    dark, light = sorted((luminance(colour), luminance(other)))
    return (light + 0.05) / (dark + 0.05)
