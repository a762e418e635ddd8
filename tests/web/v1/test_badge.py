"""The badge of a domain."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from ipv6matrix.web.v1.badge import _COLOURS, draw

SVG = "{http://www.w3.org/2000/svg}"


def badge(ipv6, **kinds):
    counts = {f"{kind}_with_ipv6": kinds.get(kind, 0) for kind in ("www", "mx", "ns", "ntp")}
    return ET.fromstring(draw({"domain": "a&b.example", "date": "2022-07-20", "ipv6": ipv6, **counts}))


@pytest.mark.parametrize(
    ("ipv6", "kinds", "words"),
    [
        ("yes", {"www": 1}, "Web"),
        ("yes", {"mx": 2, "ns": 3, "ntp": 1}, "mail, DNS, time"),
        ("no", {}, "no"),
        ("unknown", {}, "unknown"),
    ],
)
def test_it_says_where_in_words(ipv6, kinds, words):
    """The badge has a text alternative with domain and date."""
    picture = badge(ipv6, **kinds)

    assert ["IPv6", words] == [text.text for text in picture.iter(f"{SVG}text")]
    assert f"a&b.example: IPv6 {words} (2022-07-20)" == picture.findtext(f"{SVG}title") == picture.get("aria-label")


def test_the_text_has_room():
    """Each half is wider than its text, and both halves fill the picture."""
    picture = badge("yes", www=1, mx=1, ns=1, ntp=1)
    texts = [float(text.get("textLength")) for text in picture.iter(f"{SVG}text")]
    halves = [float(half.get("width")) for half in picture.iter(f"{SVG}rect")]

    assert sum(halves) == float(picture.get("width"))
    assert all(text < half for text, half in zip(texts, halves, strict=True))


@pytest.mark.parametrize("colour", ["#333333", *_COLOURS.values()])
def test_white_can_be_read_on_it(colour):
    """White text has a contrast of at least 4.5 to 1 (WCAG 2.2, 1.4.3)."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    luminance = sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    assert 1.05 / (luminance + 0.05) >= 4.5
