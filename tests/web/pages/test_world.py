"""The map of the world."""

from __future__ import annotations

import pytest
from lxml import etree

from ipv6matrix.web.pages import world

SVG = "{http://www.w3.org/2000/svg}"


def drawn(values, chosen=None):
    texts = {code: (value, "" if value is None else f"{value:.0%}") for code, value in values.items()}
    return etree.fromstring(world.draw("Map", "share", texts, lambda code: f"/x?c={code}&d=1", chosen))


def test_a_country_with_a_figure_is_a_link_with_its_value():
    """A country with a figure is a link with name and value, focusable and labelled for screen readers."""
    links = drawn({"DE": 0.5, "VA": 0.0, "FR": None}).findall(f".//{SVG}a")

    assert [("/x?c=DE&d=1", "Germany: 50%"), ("/x?c=VA&d=1", "Vatican City: 0%")] == [
        (link.get("href"), link.get("aria-label")) for link in links
    ]


def test_a_missing_figure_is_hatched():
    """A country without a figure is hatched; one with 0 is not."""
    kinds = {
        title.getparent().get("class"): title.text for title in drawn({"VA": 0.0}).findall(f".//{SVG}g/{SVG}title")
    }

    assert "Vatican City: 0%" == kinds["land q0"]
    assert kinds["land none"].endswith(": no figure")


def test_small_countries_are_circles_on_top():
    """Small countries are circles drawn above their neighbours."""
    shapes = drawn({"VA": 0.5}).findall(f".//{SVG}g")

    assert shapes[-1].find(f"{SVG}circle") is not None
    assert shapes[0].find(f"{SVG}circle") is None


@pytest.mark.parametrize("code", ["DE", "RU", "VA", "NZ", "FJ"])
def test_a_chosen_country_is_looked_at_closely(code):
    """A chosen country is enlarged: the visible part lies within the world."""
    left, top, width, height = map(float, drawn({}, code).get("viewBox").split())

    assert left >= 0
    assert left + width <= 1000.1
    assert top >= 0
    assert top + height <= 440.1
    assert width < 1000


def test_the_legend_covers_every_value():
    """The legend covers every value, including those outside the outer bounds."""
    for unit in ("share", "ratio"):
        assert [number for number, _ in world.legend(unit)] == list(range(len(world.SCALE)))
        assert (0, len(world.SCALE) - 1) == (world.step(unit, 0), world.step(unit, 9))
