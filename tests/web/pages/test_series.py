"""What a view reads of the database."""

from __future__ import annotations

import pytest

from ipv6matrix.web.database import Summaries
from ipv6matrix.web.edition import edition
from ipv6matrix.web.pages import series, state
from ipv6matrix.web.pages.views import VIEWS
from tests.web import summaries
from tests.web.summaries import DATES, ROWS


@pytest.fixture
def reading(summary_url):
    database = Summaries(summary_url)
    with database.connect() as connection:
        yield connection, edition(connection)
    database.close()


def expected(date, country):
    """Work out the hosts of a country in plain Python."""
    rows = [row for row in ROWS if isinstance(row, summaries.HostData) and (row.date, row.country) == (date, country)]
    return sum(row.hosts for row in rows), sum(row.hosts6 + row.dualstack for row in rows)


def test_rows_are_sums_by_country(reading):
    """
    As worked out without SQL.
    """
    shown = state.read(VIEWS["hosts"], None, {}, DATES)
    found = series.rows(*reading, shown.view, shown.slice("country", date=shown.date))

    assert {code: expected(shown.date, code) for code in summaries.COUNTRIES} == {
        row["country"]: (row["hosts"], row["with_ipv6"]) for row in found
    }


def test_rows_are_sorted_with_what_is_unknown_last(reading):
    """
    In both directions.
    """
    shown = state.read(VIEWS["hosts"], None, {"sort": "-share"}, DATES)
    rows = [
        {"country": code, "hosts": 10, "unknown": unknown, "with_ipv6": six}
        for code, unknown, six in (("A", 0, 1), ("B", 10, 0), ("C", 0, 5))
    ]
    up = state.read(VIEWS["hosts"], None, {"sort": "share"}, DATES)

    assert ["C", "A", "B"] == [row["country"] for row in series.ordered(shown, rows)]
    assert ["A", "C", "B"] == [row["country"] for row in series.ordered(up, rows)]


def test_lines_are_of_all_and_of_the_largest(reading):
    """
    One point a crawl, with the share of what is known.
    """
    shown = state.read(VIEWS["hosts"], None, {}, DATES)
    rows = series.rows(*reading, shown.view, shown.slice("country", date=shown.date))
    lines = series.lines(*reading, shown, shown.measure, rows)

    largest = sorted(rows, key=lambda row: row["hosts"], reverse=True)
    assert ["All", *(series.labelled("country", row["country"]) for row in largest)] == [line.name for line in lines]
    assert list(DATES) == [date for date, _ in lines[0].points]


def test_a_crawl_without_a_value_has_no_point():
    """
    Not one at 0.
    """
    measure = VIEWS["hosts"].measures[0]
    rows = [
        {"date": date, "hosts": hosts, "unknown": 0, "with_ipv6": 0}
        for date, hosts in zip(DATES, (1, 0, 2), strict=True)
    ]

    assert [DATES[0], DATES[2]] == [date for date, _ in series.line("All", measure, rows).points]
