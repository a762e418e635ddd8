"""Charts as files."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from ipv6matrix.exporters import charts, pictures
from ipv6matrix.exporters.charts import Segment

HOVER = '<b> & "c": 3 of 10'
TITLE = "{http://www.w3.org/2000/svg}title"


def chart():
    segments = [Segment(label="<b>", state="yes", start=0, end=30, hover=HOVER)]
    return charts.bars(segments, {"<b>": "30.0 %"}, {"yes": charts.IPV6}, title="share", width=charts.WIDE)


def test_svg_is_well_formed_and_escaped():
    """
    The document is well-formed XML; texts stay texts, whatever they look like.
    """
    root = ET.fromstring(pictures.svg(chart()))

    assert "{http://www.w3.org/2000/svg}svg" == root.tag
    assert "<b>" in root.itertext()


def test_png_has_two_dots_per_pixel():
    """
    Its width is twice that of the chart.
    """
    data = pictures.png(chart())

    assert b"\x89PNG\r\n\x1a\n" == data[:8]
    assert 2 * charts.WIDE == int.from_bytes(data[16:20], "big")


def test_only_bars_have_titles():
    """
    A title has the numbers of its bar; axes and legends, which have labels too, need none.
    """
    drawn = pictures.with_titles(pictures.svg(chart()))

    assert [HOVER] == [title.text for title in ET.fromstring(drawn).iter(TITLE)]
    assert "<b>" not in drawn
