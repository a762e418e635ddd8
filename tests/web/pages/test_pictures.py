"""
Pictures that can be downloaded.
"""

from __future__ import annotations

from lxml import etree

from ipv6matrix.web.pages import world
from ipv6matrix.web.pages.pictures import framed

SVG = "{http://www.w3.org/2000/svg}"
DRAWN = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 300"><path d="M0 0"/></svg>'


def test_a_picture_has_title_source_and_size():
    """A picture has title, source and size; a canvas needs the size."""
    svg = etree.fromstring(framed("A & B", "from <here>", DRAWN))

    assert ["A & B", "from <here>"] == [one.text for one in svg.findall(f"{SVG}text")]
    assert ("1536", "792") == (svg.get("width"), svg.get("height"))
    assert ("720", "300") == (svg.find(f"{SVG}svg").get("width"), svg.find(f"{SVG}svg").get("height"))


def test_a_map_has_its_legend():
    """The legend has every class, and one for places without a figure."""
    svg = etree.fromstring(framed("Map", "", world.draw("Map", "share", {"DE": 0.5}, lambda code: code), "share"))

    texts = [one.text for one in svg.findall(f"{SVG}g/{SVG}text")]
    assert [*(text for _, text in world.legend("share")), "no figure"] == texts


def test_a_small_country_fills_the_picture():
    """The picture of a small country shows that country enlarged."""
    svg = etree.fromstring(framed("Map", "", world.draw("Map", "share", {}, str, "MT"), "share"))

    assert ("1000", "440") == (svg.find(f"{SVG}svg").get("width"), svg.find(f"{SVG}svg").get("height"))
