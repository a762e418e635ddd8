"""Rows as text."""

from __future__ import annotations

import datetime as dt
from xml.etree import ElementTree as ET

import pytest

from ipv6matrix.web import formats

ODD = [{"name": "a \"b\", <c> & 'd'\n", "number": 0.5}, {"name": "\x00\x1f\ud800\ufffe\u00fc\U0001f600", "number": 3}]


def test_json_is_compact_and_has_iso_dates():
    """JSON has no spaces, dates in ISO 8601, and unescaped text."""
    assert '{"a":["2022-07-20",null,"ü"]}' == formats.json_text({"a": [dt.date(2022, 7, 20), None, "ü"]})


def test_what_has_no_form_is_not_guessed():
    """A type without a JSON form raises an error."""
    with pytest.raises(TypeError, match="object has no JSON form"):
        formats.json_text(object())


def test_xml_escapes_and_leaves_out_what_it_may_not_hold():
    """Any text yields a well-formed document."""
    (first, second) = ET.fromstring(formats.xml_text(ODD).encode())

    assert ODD[0]["name"] == first.findtext("name")
    assert "ü\U0001f600" == second.findtext("name")
    assert "0.5" == first.findtext("number")


def test_html_escapes():
    """Values and titles are never interpreted as tags."""
    text = formats.html_text([{"<b>": "<script>"}], "<i>")

    assert "<tr><th>&lt;b&gt;</th></tr>\n<tr><td>&lt;script&gt;</td></tr>" in text
    assert "<title>&lt;i&gt;</title>" in text


def test_csv_quotes_where_needed():
    """Names come first, lines end with LF; commas, quotes and line ends are quoted."""
    assert 'name,number\n"a ""b"", <c> & \'d\'\n",0.5\n' == formats.csv_text(ODD[:1])
