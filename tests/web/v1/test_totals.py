"""Each crawl, and each country and TLD of one."""

from __future__ import annotations

import pytest

from ipv6matrix.summaries.database import Database
from ipv6matrix.summaries.rows import DomainPenetration, HostData
from ipv6matrix.web.v1.totals import share
from tests.web import client
from tests.web.summaries import COUNTRIES, DATES, ROWS, TLDS
from tests.web.v1.asking import ask, everything


def totals(date, wanted=lambda row: True):
    domains = [row for row in ROWS if isinstance(row, DomainPenetration) and row.date == date and wanted(row)]
    hosts = [row for row in ROWS if isinstance(row, HostData) and row.date == date and wanted(row)]
    found = {
        "domains": sum(row.domains for row in domains),
        "domains_with_ipv6": sum(row.domains6 for row in domains),
        "domains_unknown": sum(row.unknown for row in domains),
        "hosts": sum(row.hosts for row in hosts),
        "hosts_with_ipv6": sum(row.hosts6 + row.dualstack for row in hosts),
        "hosts_unknown": sum(row.unknown for row in hosts),
    }
    for word in ("domains", "hosts"):
        known = found[word] - found[f"{word}_unknown"]
        found[f"{word}_ipv6_share"] = round(found[f"{word}_with_ipv6"] / known, 6) if known else None
    return found


async def test_crawls_come_the_last_first(web):
    """
    With what was found in each.
    """
    expected = [{"date": str(date), **totals(date)} for date in reversed(DATES)]

    assert expected == await everything(web, "/crawls?limit=1")


@pytest.mark.parametrize("date", [None, *DATES])
async def test_countries_of_a_crawl(web, date):
    """
    Of the last one, or of the one asked for; domains without a country are ZZ, which has no hosts.
    """
    at = date or DATES[-1]
    expected = [
        {"date": str(at), "country": code, **totals(at, lambda row, code=code: row.country == code)}
        for code in (*COUNTRIES, "ZZ")
    ]

    items = await everything(web, "/countries?limit=3" + (f"&date={date}" if date else ""))

    assert expected == items
    assert (0, None) == (items[-1]["hosts"], items[-1]["hosts_ipv6_share"])


@pytest.mark.parametrize("sort", ["tld", "-domains", "hosts_ipv6_share"])
async def test_tlds_of_a_crawl(web, sort):
    """
    Sorted as is asked for.
    """
    expected = [
        {"date": str(DATES[-1]), "tld": tld, **totals(DATES[-1], lambda row, tld=tld: row.tld == tld)} for tld in TLDS
    ]
    expected.sort(key=lambda row: row[sort.removeprefix("-")], reverse=sort.startswith("-"))

    assert expected == await everything(web, f"/tlds?sort={sort}")


@pytest.mark.parametrize("sort", ["hosts_ipv6_share", "-hosts_ipv6_share"])
async def test_a_share_that_is_not_known_comes_last(web, sort):
    """
    It is neither small nor large.
    """
    assert "ZZ" == (await everything(web, f"/countries?sort={sort}"))[-1]["country"]


async def test_no_crawl_is_no_error_of_the_server(tmp_path):
    """
    Tables without a row: lists are empty, and what needs a crawl is not found.
    """
    url = f"sqlite:///{tmp_path / 'matrix.db'}"
    with Database(url) as database:
        database.prepare()
    async with client.of(url) as web:
        assert [[], []] == [(await ask(web, path))["items"] for path in ("/crawls", "/hosts")]
        answers = [await web.get(f"/api/v1{path}") for path in ("/countries", "/domains", "/changes/tlds")]
        old = await web.get("/json/hosts")

    assert {(404, "There is no crawl yet")} == {(answer.status_code, answer.json()["detail"]) for answer in answers}
    assert (400, "Empty query") == (old.status_code, old.json()[0]["error"])


def test_a_share_of_nothing_is_none():
    """
    It is not 0.
    """
    assert (0.333333, None) == (share(1, 3), share(0, 0))
