"""A crawl compared with the previous one."""

from __future__ import annotations

import datetime as dt

import pytest

from ipv6matrix.summaries.comparison import leaps, look
from ipv6matrix.summaries.publication import publish
from ipv6matrix.summaries.rows import Reachability
from tests.summaries.sample_rows import DATE, LATER, made_up


def compared(new_database, before, now):
    """Compare a crawl with a previous live one, and return the warnings."""
    staging, live = new_database(), new_database()
    publish(live, DATE, before)
    publish(staging, LATER, now)
    figures, earlier = look(staging, live, LATER)
    return leaps(earlier, figures)


def test_totals_are_summed_up(new_database):
    """Rows are counted by table, and figures are summed over TLDs and kinds."""
    database = new_database()
    publish(database, DATE, made_up(domains=10))

    now, before = look(database, new_database(), DATE)

    assert before is None
    assert {"DomainPenetration": 2, "Domains": 20, "HostData": 4, "Reachability": 4} == now.rows
    assert (20, 10) == (now.totals["domains"], now.totals["domains with IPv6"])
    assert (120, 60, 60) == (now.totals["hosts"], now.totals["hosts with IPv4 only"], now.totals["dual-stack hosts"])
    assert (60, 60, 30) == now.groups["country DE"]
    assert 120 == now.totals["services open over IPv4"] * 2


def test_the_last_live_date_before_it_is_taken(new_database):
    """A crawl is compared with the last live one before it: not an older one, the same date, or a later one."""
    staging, live = new_database(), new_database()
    publish(staging, LATER, made_up(LATER))
    last = LATER - dt.timedelta(1)
    for date in (DATE, last, LATER, LATER + dt.timedelta(1)):
        publish(live, date, made_up(date))

    _, before = look(staging, live, LATER)

    assert before is not None
    assert last == before.date


def test_looking_makes_nothing(new_database, tmp_path):
    """A comparison creates no tables in an empty live database."""
    staging, live = new_database(), new_database()
    publish(staging, DATE, made_up())

    look(staging, live, DATE)

    assert not live.has_tables()


def test_a_crawl_like_the_last_is_no_leap(new_database):
    """Slightly fewer hosts and slightly more IPv6 yield no warning."""
    assert [] == compared(new_database, made_up(domains=100, six=0.5), made_up(LATER, domains=90, six=0.52))


def test_losing_half_is_a_leap(new_database):
    """The total, each country and each TLD that lost half of its hosts have a warning."""
    assert [
        "all hosts: 1,200 hosts before, now 600",
        "country DE: 600 hosts before, now 300",
        "country GB: 600 hosts before, now 300",
        "TLD de: 600 hosts before, now 300",
        "TLD example: 600 hosts before, now 300",
    ] == compared(new_database, made_up(domains=100), made_up(LATER, domains=50))


def test_a_country_that_is_gone_is_a_leap(new_database):
    """A country without any row left has lost all of its hosts."""
    now = [row for row in made_up(LATER, domains=100) if getattr(row, "country", None) != "DE"]

    assert "country DE: 600 hosts before, now 0" in compared(new_database, made_up(domains=100), now)


@pytest.mark.parametrize(
    ("six", "leap"),
    [(0.3, ["all hosts", "country DE", "country GB", "TLD de", "TLD example"]), (0.42, ["all hosts"]), (0.53, [])],
)
def test_a_share_that_leaps(new_database, six, leap):
    """The IPv6 share of all hosts has a lower threshold than that of a single country or TLD."""
    warnings = compared(new_database, made_up(domains=100, six=0.5), made_up(LATER, domains=100, six=six))

    assert leap == [warning.partition(":")[0] for warning in warnings]


def test_small_ones_do_not_cry_wolf(new_database):
    """A country with fewer than a hundred hosts may lose them without a warning."""
    assert [] == compared(new_database, made_up(domains=8), made_up(LATER, domains=1))


def test_a_table_without_rows_is_a_leap(new_database):
    """A table that is empty now and was not before has a warning of its own."""
    now = [row for row in made_up(LATER) if not isinstance(row, Reachability)]

    assert ["Reachability: 4 rows before, now none"] == compared(new_database, made_up(), now)
