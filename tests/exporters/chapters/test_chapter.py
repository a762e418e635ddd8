"""Words and bars that chapters share."""

from __future__ import annotations

import pytest

from ipv6matrix.exporters.chapters import chapter
from ipv6matrix.exporters.findings import Share


def test_percentages_ignore_the_unknown():
    """Unknown values are not part of the denominator."""
    assert "30.0 %" == chapter.percent(Share(part=3, whole=14, unknown=4))


def test_no_known_values_have_no_percentage():
    """Where nothing is known there is a dash, not 0 %."""
    assert "-" == chapter.percent(Share(part=0, whole=4, unknown=4))
    assert "-" == chapter.percent_of(0, 0)
    assert "-" == chapter.decimals(None, 1)


def test_numbers_of_a_share():
    """The total, the part, the rest and the unknown accompany the percentage."""
    assert ("1,014", "3", "1,007", "4", "0.3 %") == chapter.numbers(Share(part=3, whole=1014, unknown=4))


def test_parts_of_a_bar():
    """Together they are the whole; a part of 0 is left out."""
    looks = {"with": "k1", "without": "k0", "not known": "unknown"}
    bar = chapter.parts_of("a", {"with": 1, "without": 0, "not known": 3}, looks, " things")

    assert [(0.25, "k1"), (0.75, "unknown")] == [(part.value, part.look) for part in bar]
    assert "a, not known: 3 of 4 things" == bar[1].words


@pytest.mark.parametrize(("digits", "expected"), [(0, "1,235"), (2, "1,234.57")])
def test_decimals(digits, expected):
    """Thousands are separated."""
    assert expected == chapter.decimals(1234.567, digits)
