"""Names and outlines of countries."""

from __future__ import annotations

from ipv6matrix.web.pages import places


def test_a_country_has_its_english_name():
    """Codes have English names; Unknown is a place of its own, and other codes stand for themselves."""
    assert ["Germany", "Kosovo", "Unknown country", "Q1"] == [places.name_of(code) for code in ("DE", "XK", "ZZ", "Q1")]


def test_every_outline_is_of_a_country():
    """Every outline belongs to a country and lies within the picture."""
    outlines = places.outlines()

    assert len(outlines) > 240
    assert [] == [code for code in outlines if not places.is_country(code)]
    assert [] == [
        code for code, outline in outlines.items() if not (0 <= outline["x"] <= 1000 and 0 <= outline["y"] <= 440)
    ]


def test_small_countries_have_no_box():
    """Small countries, drawn as circles, have no box."""
    outlines = places.outlines()

    assert [True, False, False] == ["box" in outlines[code] for code in ("DE", "SG", "VA")]
