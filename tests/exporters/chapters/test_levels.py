"""Chapters about readiness."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ipv6matrix.exporters.chapters import levels
from ipv6matrix.exporters.findings import AllLevels
from ipv6matrix.readiness.levels import Level
from ipv6matrix.summaries.rows import ReadinessBasis, ReadinessCounts
from tests.summaries.sample_rows import DATE
from tests.summaries.sample_rows import levels as rows


@pytest.fixture
def findings():
    """Domains of two TLDs: fifty of each are of level 3 or 4, and thirty in .de without a country of level 0."""
    figures = AllLevels()
    about = {"date": DATE, "tag": "", "bracket": 0, "tld": "de", "country": "ZZ", "level": 0}
    for row in (*rows(domains=50), ReadinessCounts(**about, certain=30, possible=30)):
        figures.add(row)
    figures.add(ReadinessBasis(date=DATE, tag="", version=7, basis="MX,NS", domains=130))
    return SimpleNamespace(levels=figures)


def test_levels_have_both_readings_and_what_is_not_known(findings):
    """Each level has its certain and its possible domains; unknown ones are apart."""
    chapter = levels.levels(findings)

    assert ("3", "web and DNS", "100", "76.9 %", "100", "0", "0.0 %") == chapter.rows[Level.WEB_AND_DNS]
    assert ("4", "full", "0", "0.0 %", "0", "100", "76.9 %") == chapter.rows[Level.FULL]
    assert ("0", "none", "30", "23.1 %", "0", "30", "23.1 %") == chapter.rows[Level.NONE]
    assert "100 of them may have a higher one" in chapter.explanation


@pytest.mark.parametrize("make", [levels.levels, levels.services, levels.level_countries, levels.level_tlds])
def test_rules_and_basis_are_named(findings, make):
    """Without them a reader cannot tell which crawls may be compared."""
    assert "Rules 7; basis: MX, NS." in make(findings).explanation


def test_places_are_ordered_by_their_domains(findings):
    """A country or TLD has a number for each level; domains without a country are left out."""
    assert [
        ("Germany", "50", "0", "0", "0", "50", "0", "0", "0", "50"),
        ("United Kingdom", "50", "0", "0", "0", "50", "0", "0", "0", "50"),
    ] == levels.level_countries(findings).rows
    assert [
        (".de", "80", "30", "0", "0", "50", "0", "0", "0", "50"),
        (".example", "50", "0", "0", "0", "50", "0", "0", "0", "50"),
    ] == levels.level_tlds(findings).rows


def test_services_that_were_not_measured_are_named(findings):
    """A service that is unknown of every domain has no bar."""
    findings.levels.domains = 100
    chapter = levels.services(findings)

    assert ["Website", "Name servers", "Lookup"] == [row[0] for row in chapter.rows]
    assert ("Lookup", "Does the domain resolve without any IPv4?", "0", "100", "0", "0") == chapter.rows[-1]
    assert "Not measured: mail, large packets, content." in chapter.explanation


@pytest.mark.parametrize("make", [levels.levels, levels.services, levels.level_countries, levels.level_tlds])
def test_missing_figures_are_explained(make):
    """If there is nothing to show, the chapter says so and has no chart."""
    chapter = make(SimpleNamespace(levels=AllLevels()))

    assert ("", ()) == (chapter.svg, chapter.rows)
    assert chapter.explanation.startswith("No ")
