"""
Charts as SVG and PNG, drawn by vl-convert without a browser.
"""

from __future__ import annotations

import io
from typing import Final
from xml.etree import ElementTree as ET

from ipv6matrix.exporters.charts import Chart

_SVG: Final = "http://www.w3.org/2000/svg"
# What Vega calls the marks that have something to say of themselves.
_MARKS: Final = ("bar", "point")


def svg(chart: Chart) -> str:
    """Draw a chart as a whole SVG document."""
    text = io.StringIO()
    chart.save(text, format="svg")
    return text.getvalue()


def png(chart: Chart) -> bytes:
    """Draw a chart as PNG, two dots a pixel."""
    data = io.BytesIO()
    chart.save(data, format="png", scale_factor=2)
    return data.getvalue()


def with_titles(drawn: str) -> str:
    """
    Return each bar and point a title with its numbers, which browsers show under the pointer.

    Source: SVG 2 section 5.7, the element `title`.
    """
    ET.register_namespace("", _SVG)
    root = ET.fromstring(drawn)  # noqa: S314 - drawn here
    for mark in list(root.iter()):
        if mark.get("aria-roledescription") in _MARKS:
            title = ET.Element(f"{{{_SVG}}}title")
            title.text = mark.get("aria-label")
            mark.insert(0, title)
    return ET.tostring(root, encoding="unicode")
