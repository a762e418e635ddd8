"""Chapters that count domains."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace

import pytest

from ipv6matrix.exporters.chapters import domains
from ipv6matrix.exporters.findings import Share, find
from ipv6matrix.summaries.rows import NO_COUNTRY
from tests.finished import Finished


def findings(**figures):
    return SimpleNamespace(**figures)


def test_the_largest_countries_are_listed():
    """At most twenty-five are listed, by number of domains; the text counts domains without a country."""
    countries = {f"{letter}{letter}": Share(part=1, whole=number) for number, letter in enumerate("QRSTUVWXY", start=1)}
    countries |= {f"A{number:02}": Share(part=0, whole=1) for number in range(30)}
    countries |= {"DE": Share(part=5, whole=100, unknown=50), NO_COUNTRY: Share(part=7, whole=1234)}

    chapter = domains.countries(findings(countries=countries))

    assert ("Germany", "100", "5", "45", "50", "10.0 %") == chapter.rows[0]
    assert 25 == len(chapter.rows)
    assert "1,234 domains without a known country" in chapter.explanation


@pytest.mark.parametrize(("code", "name"), [("DE", "Germany"), ("GB", "United Kingdom"), ("<script>", "<script>")])
def test_countries_have_names(code, name):
    """Names are English, from CLDR; a code that is not a country stays as it is."""
    assert name == domains.country_name(code)


@pytest.mark.parametrize(
    "chapter",
    [
        domains.countries(findings(countries={NO_COUNTRY: Share(whole=3)})),
        domains.tlds(findings(tlds={})),
        domains.penetration(findings(kinds={"WWW": Share()})),
    ],
)
def test_missing_figures_are_explained(chapter):
    """If there is nothing to show, the chapter says so and has no chart."""
    assert ("", ()) == (chapter.svg, chapter.rows)
    assert chapter.explanation.startswith("No ")


def test_tlds_match_the_truth(finished: Finished):
    """Each TLD of the list has a row with the number of its domains."""
    numbers = Counter(f".{name.rpartition('.')[2]}" for name in finished.expected.domains)
    rows = domains.tlds(find(finished.store)).rows

    assert numbers == {row[0]: int(row[1]) for row in rows}
