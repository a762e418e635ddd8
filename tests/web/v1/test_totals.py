"""Totals of each crawl, and of each of its countries and TLDs."""

from __future__ import annotations

import pytest

from ipv6matrix.summaries.database import Database
from ipv6matrix.web.v1.totals import share
from tests.web import client
from tests.web.summaries import COUNTRIES, DATES, TLDS
from tests.web.v1.asking import ask, everything


async def test_crawls_come_the_last_first(web):
    """Crawls are newest first, with paging."""
    assert [str(date) for date in reversed(DATES)] == [
        item["date"] for item in await everything(web, "/crawls?limit=1")
    ]


async def test_domains_without_a_country_have_no_hosts(web):
    """Domains without a country are listed under ZZ, without hosts."""
    items = await everything(web, f"/countries?limit=3&date={DATES[0]}")

    assert [*COUNTRIES, "ZZ"] == [item["country"] for item in items]
    assert (0, None) == (items[-1]["hosts"], items[-1]["hosts_ipv6_share"])


@pytest.mark.parametrize("sort", ["tld", "-domains", "hosts_ipv6_share"])
async def test_tlds_are_sorted(web, sort):
    """TLDs can be sorted by any field."""
    name = sort.removeprefix("-")
    values = [item[name] for item in await everything(web, f"/tlds?sort={sort}")]

    assert sorted(values, reverse=sort.startswith("-")) == values
    assert len(TLDS) == len(values)


@pytest.mark.parametrize("sort", ["hosts_ipv6_share", "-hosts_ipv6_share"])
async def test_a_share_that_is_not_known_comes_last(web, sort):
    """Unknown shares come last in both directions."""
    assert "ZZ" == (await everything(web, f"/countries?sort={sort}"))[-1]["country"]


async def test_no_crawl_is_no_error_of_the_server(tmp_path):
    """With empty tables lists are empty, and resources that need a crawl are not found."""
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
    """A share of nothing is null, not 0."""
    assert (0.333333, None) == (share(1, 3), share(0, 0))
