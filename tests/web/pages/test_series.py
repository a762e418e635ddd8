"""Database queries of a view."""

from __future__ import annotations

from ipv6matrix.web.pages import series, state
from ipv6matrix.web.pages.views import VIEWS
from tests.web import summaries
from tests.web.summaries import DATES, ROWS


def expected(date, country):
    """Compute the hosts of a country in plain Python."""
    rows = [row for row in ROWS if isinstance(row, summaries.HostData) and (row.date, row.country) == (date, country)]
    return sum(row.hosts for row in rows), sum(row.hosts6 + row.dualstack for row in rows)


def test_rows_are_sums_by_country(model):
    """Rows equal sums computed without SQL."""
    shown = state.read(VIEWS["hosts"], None, {}, DATES)
    sums = series.rows(model, shown.view, shown.slice("country", date=shown.date))

    assert {code: expected(shown.date, code) for code in summaries.COUNTRIES} == {
        row["country"]: (row["hosts"], row["with_ipv6"]) for row in sums
    }


def test_rows_are_sorted_with_what_is_unknown_last(model):
    """Unknown values come last in both directions."""
    shown = state.read(VIEWS["hosts"], None, {"sort": "-share"}, DATES)
    rows = [
        {"country": code, "hosts": 10, "unknown": unknown, "with_ipv6": six}
        for code, unknown, six in (("A", 0, 1), ("B", 10, 0), ("C", 0, 5))
    ]
    up = state.read(VIEWS["hosts"], None, {"sort": "share"}, DATES)

    assert ["C", "A", "B"] == [row["country"] for row in series.ordered(shown, rows)]
    assert ["A", "C", "B"] == [row["country"] for row in series.ordered(up, rows)]


def test_lines_are_of_all_and_of_the_largest(model):
    """There is a line for the total and for each of the largest groups, with one point per crawl."""
    shown = state.read(VIEWS["hosts"], None, {}, DATES)
    rows = series.rows(model, shown.view, shown.slice("country", date=shown.date))
    lines = series.lines(model, shown, shown.measure, rows)

    largest = sorted(rows, key=lambda row: row["hosts"], reverse=True)
    assert ["All", *(series.labelled("country", row["country"]) for row in largest)] == [line.name for line in lines]
    assert list(DATES) == [date for date, _ in lines[0].points]


def test_a_crawl_without_a_value_has_no_point():
    """A crawl without a value has no point, rather than one at 0."""
    measure = VIEWS["hosts"].measures[0]
    rows = [
        {"date": date, "hosts": hosts, "unknown": 0, "with_ipv6": 0}
        for date, hosts in zip(DATES, (1, 0, 2), strict=True)
    ]

    assert [DATES[0], DATES[2]] == [date for date, _ in series.line("All", measure, rows).points]


def test_the_rest_of_the_world_is_all_but_the_named(monkeypatch, model):
    """The rest replaces one line of countries; sums are subtracted from sums."""
    monkeypatch.setattr(series, "MOST_LINES", 2)
    shown = state.read(VIEWS["hosts"], None, {}, DATES)
    rows = series.rows(model, shown.view, shown.slice("country", date=shown.date))
    *_, last = lines = series.lines(model, shown, shown.measure, rows)

    named = max(rows, key=lambda row: row["hosts"])["country"]
    others = [
        row for row in ROWS if isinstance(row, summaries.HostData) and row.date == shown.date and row.country != named
    ]
    known = sum(row.hosts - row.unknown for row in others)
    assert ["All", series.labelled("country", named), "Rest of the world"] == [line.name for line in lines]
    assert sum(row.hosts6 + row.dualstack for row in others) / known == dict(last.points)[shown.date]


def test_groups_that_are_left_out_have_no_line(model):
    """If all groups are excluded, the chart shows only the total."""
    shown = state.read(VIEWS["hosts"], None, {}, DATES)

    assert ["All"] == [line.name for line in series.lines(model, shown, shown.measure, [])]


def test_kinds_make_up_the_whole():
    """Kinds add up to all known hosts."""
    row = {
        "date": DATES[0],
        "hosts": 12,
        "unknown": 2,
        "dual_stack": 4,
        "ipv6_only": 1,
        "ipv4_only": 5,
        "no_address": 0,
    }

    values = [dict(line.points)[DATES[0]] for line in series.kinds(VIEWS["dualstack"], [row])]
    assert [0.5, 0.4, 0.1, 0] == values


def test_means_leave_out_what_is_not_known():
    """Each known row has the same weight; without rows there is no mean."""
    rows = [
        {"hosts": 10, "unknown": 0, "with_ipv6": 5},
        {"hosts": 2, "unknown": 2, "with_ipv6": 0},
    ]

    assert {"hosts": 6, "unknown": 1, "with_ipv6": 2.5, "share": 0.5} == series.means(VIEWS["hosts"], rows)
    assert series.means(VIEWS["hosts"], [])["share"] is None
