"""Figures by date and group."""

from __future__ import annotations

from collections import defaultdict

import pytest

from ipv6matrix.summaries.database import Database
from ipv6matrix.summaries.publication import publish
from ipv6matrix.summaries.rows import DomainPenetration, HostData, Reachability
from tests.web import client
from tests.web.summaries import DATES, ROWS
from tests.web.v1.asking import ask, everything

# By path: whose rows, and how each field comes of a row.
FIELDS = {
    "hosts": (
        HostData,
        {
            "hosts": lambda row: row.hosts,
            "unknown": lambda row: row.unknown,
            "with_ipv6": lambda row: row.hosts6 + row.dualstack,
            "ipv4_only": lambda row: row.hosts4,
            "ipv6_only": lambda row: row.hosts6,
            "dual_stack": lambda row: row.dualstack,
            "no_address": lambda row: row.noip,
            "ping_hosts": lambda row: row.pinghosts,
            "ping_faster_over_ipv6": lambda row: row.faster,
            "ping_ipv4_sum_ms": lambda row: row.ping4,
            "ping_ipv6_sum_ms": lambda row: row.ping6,
            "path_hosts": lambda row: row.pathhosts,
            "path_shorter_over_ipv6": lambda row: row.fewer,
            "path_ipv4_sum_hops": lambda row: row.hops4,
            "path_ipv6_sum_hops": lambda row: row.hops6,
        },
    ),
    "reachability": (
        Reachability,
        {
            "ipv4_hosts": lambda row: row.hosts4,
            "ipv6_hosts": lambda row: row.hosts6,
            "ipv4_open": lambda row: row.reach4,
            "ipv6_open": lambda row: row.reach6,
            "unknown": lambda row: row.unknown,
        },
    ),
    "penetration": (
        DomainPenetration,
        {
            "domains": lambda row: row.domains,
            "unknown": lambda row: row.unknown,
            "with_ipv6": lambda row: row.domains6,
            "www_with_ipv6": lambda row: row.www,
            "mx_with_ipv6": lambda row: row.mx,
            "ns_with_ipv6": lambda row: row.ns,
            "ntp_with_ipv6": lambda row: row.ntp,
        },
    ),
}
RATIOS = {
    "hosts": {
        "ipv6_share": lambda row: row["with_ipv6"] / (row["hosts"] - row["unknown"]),
        "ping_ratio": lambda row: row["ping_ipv6_sum_ms"] / row["ping_ipv4_sum_ms"],
        "path_ratio": lambda row: row["path_ipv6_sum_hops"] / row["path_ipv4_sum_hops"],
    },
    "reachability": {},
    "penetration": {"ipv6_share": lambda row: row["with_ipv6"] / (row["domains"] - row["unknown"])},
}


def expected(path, group=None, wanted=lambda row: True):
    kind, fields = FIELDS[path]
    members = defaultdict(list)
    for row in ROWS:
        if isinstance(row, kind) and wanted(row):
            members[str(row.date), *([getattr(row, group)] if group else [])].append(row)
    found = []
    for key, rows in sorted(members.items()):
        sums = {name: round(sum(map(field, rows)), 3) for name, field in fields.items()}
        ratios = {name: pytest.approx(ratio(sums), abs=1e-6) for name, ratio in RATIOS[path].items()}
        found.append({"date": key[0], **sums, **ratios, **({group: key[1]} if group else {})})
    return found


@pytest.fixture(scope="module")
def app(summary_url):
    """Servers over both kinds of databases."""
    return client.create_app(summary_url, "/nowhere")


@pytest.fixture
async def both(app):
    async with client.over(app) as asking:
        yield asking


@pytest.mark.parametrize(
    ("path", "group"),
    [
        *(("hosts", group) for group in (None, "tld", "country", "type")),
        *(("reachability", group) for group in (None, "tld", "country", "service")),
        *(("penetration", group) for group in (None, "tld", "country")),
    ],
)
async def test_figures_are_plain_sums(both, path, group):
    """
    By date and group, in that order; shares are those of what is known.
    """
    assert expected(path, group) == await everything(both, f"/{path}" + (f"?group={group}" if group else ""))


@pytest.mark.parametrize(
    ("path", "parameters", "wanted"),
    [
        ("hosts", "country=de", lambda row: row.country == "DE"),
        ("hosts", "country=DE,GB&tld=COM", lambda row: row.country in ("DE", "GB") and row.tld == "com"),
        ("hosts", "type=MX", lambda row: row.type == "MX"),
        ("reachability", "service=HTTPS&tld=de,uk", lambda row: row.service == "HTTPS" and row.tld in ("de", "uk")),
        ("penetration", "country=ZZ", lambda row: row.country == "ZZ"),
        ("penetration", f"from={DATES[1]}", lambda row: row.date >= DATES[1]),
        ("penetration", f"to={DATES[1]}", lambda row: row.date <= DATES[1]),
        ("hosts", f"from={DATES[1]}&to={DATES[1]}", lambda row: row.date == DATES[1]),
        ("hosts", "from=2030-01-01", lambda row: False),
    ],
)
async def test_filters_leave_out_rows(both, path, parameters, wanted):
    """
    Dates, countries, TLDs, kinds and services, together if need be.
    """
    assert expected(path, wanted=wanted) == await everything(both, f"/{path}?{parameters}")


async def test_the_least_total_leaves_out_groups(web):
    """
    Small groups say little.
    """
    rows = expected("hosts", "country")
    least = sorted(row["hosts"] for row in rows)[3]

    assert [row for row in rows if row["hosts"] >= least] == await everything(
        web, f"/hosts?group=country&least={least}"
    )


@pytest.mark.parametrize("sort", ["hosts", "-hosts", "-ipv6_share", "country", "-date", "ping_ratio"])
async def test_rows_are_sorted(web, sort):
    """
    By any field; with a hyphen the largest first.
    """
    name = sort.removeprefix("-")
    values = [row[name] for row in await everything(web, f"/hosts?group=country&sort={sort}&limit=2")]

    assert sorted(values, reverse=sort.startswith("-")) == values
    assert len(expected("hosts", "country")) == len(values)


async def test_pages_make_up_the_whole(web):
    """
    Whatever their size, nothing comes twice and nothing is left out.
    """
    whole = expected("hosts", "country")

    for limit in (1, 2, len(whole) - 1, len(whole), 1000):
        assert whole == await everything(web, f"/hosts?group=country&limit={limit}")
    assert [] == (await ask(web, "/hosts?offset=1000000"))["items"]


@pytest.mark.parametrize(("sort", "order"), [("ipv6_share", "DE GB FR"), ("-ipv6_share", "GB DE FR")])
async def test_a_share_that_is_not_known_comes_last(tmp_path, sort, order):
    """
    It is neither small nor large.
    """
    url = f"sqlite:///{tmp_path / 'matrix.db'}"
    figures = {"DE": (9, 0, 1), "FR": (9, 9, 0), "GB": (9, 1, 4)}
    rows = [
        DomainPenetration(date=DATES[0], country=code, tld="de", domains=domains, unknown=unknown, domains6=six)
        for code, (domains, unknown, six) in figures.items()
    ]
    with Database(url) as database:
        publish(database, DATES[0], rows)
    async with client.of(url) as web:
        items = await everything(web, f"/penetration?group=country&sort={sort}")

    assert order.split() == [item["country"] for item in items]
