"""Sums by date and group."""

from __future__ import annotations

import pytest

from ipv6matrix.web.sums import Slice, sums, whole
from ipv6matrix.web.v1.resources import HOSTS, READINESS
from tests.web import summaries
from tests.web.summaries import DATES, ROWS


def expected(wanted):
    return sum(row.hosts for row in ROWS if isinstance(row, summaries.HostData) and wanted(row))


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        (Slice(since=DATES[1], until=DATES[1]), lambda row: row.date == DATES[1]),
        (Slice(only={"tld": ("de", "de"), "type": ()}), lambda row: row.tld == "de"),
        (
            Slice(only={"country": ("DE", "GB")}, since=DATES[2]),
            lambda row: row.country != "US" and row.date == DATES[2],
        ),
    ],
)
def test_filters_choose_rows(model, asked, wanted):
    """Repeated words count once; no words select all rows."""
    assert expected(wanted) == sum(row["hosts"] for row in model.mappings(sums(HOSTS, asked)))


@pytest.mark.parametrize(
    "only", [{}, {"tld": ("de",)}, {"country": ("DE", "GB")}, {"tld": ("de",), "country": ("DE",)}], ids=str
)
@pytest.mark.parametrize("group", [None, "tld", "country", "type"])
def test_sums_that_are_stored_equal_those_that_are_computed(model, monkeypatch, group, only):
    """Whether a slice reads the table or the sums over it makes no difference."""
    asked = [Slice(group=group, only=only, least=least) for least in (0, 60)]
    stored = [model.rows(sums(HOSTS, selection)) for selection in asked]
    monkeypatch.setattr("ipv6matrix.web.sums.SUMS", {})

    assert stored == [model.rows(sums(HOSTS, selection)) for selection in asked]
    assert stored[0]


def test_numbers_are_whole_where_they_are():
    """Whole numbers have no decimal point, as in the JSON of 2022."""
    assert [1, 1.5, "1.0", None] == [whole(value) for value in (1.0, 1.5, "1.0", None)]
    assert isinstance(whole(1.0), int)


@pytest.mark.parametrize("only", [{}, {"tld": ("de",)}, {"bracket": (1_000,)}, {"country": ("DE",)}], ids=str)
@pytest.mark.parametrize("group", [None, "tld", "country", "bracket"])
@pytest.mark.parametrize("tags", [("",), ("", "uni")], ids=str)
def test_stored_sums_of_levels_equal_those_that_are_computed(model, monkeypatch, tags, group, only):
    """Sums of levels are stored by list, and by country, TLD or rank bracket; those of several lists are added."""
    asked = Slice(group=group, only={**only, "tag": tags, "date": DATES[1:]}, least=2)
    stored = model.rows(sums(READINESS, asked))
    monkeypatch.setattr("ipv6matrix.web.sums.SUMS", {})

    assert stored == model.rows(sums(READINESS, asked))
    assert {*DATES[1:]} == {row[0] for row in stored}
