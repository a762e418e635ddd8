"""Sorting, paging and filters of figures; test_golden.py has the figures themselves."""

from __future__ import annotations

import pytest

from tests.web import client, summaries
from tests.web.summaries import DATES, DomainPenetration
from tests.web.v1.asking import ask, everything


@pytest.mark.parametrize("path", ["hosts", "reachability", "penetration", "services"])
async def test_filters_leave_out_rows(web, path):
    """Dates, countries and TLDs can be filtered, also in combination."""
    rows = await everything(web, f"/{path}?group=country&tld=de")

    assert [row for row in rows if row["country"] == "GB"] == await everything(
        web, f"/{path}?group=country&tld=DE&country=gb"
    )
    assert [row for row in rows if row["date"] == str(DATES[1])] == await everything(
        web, f"/{path}?group=country&tld=de&from={DATES[1]}&to={DATES[1]}"
    )
    assert [] == await everything(web, f"/{path}?from=2030-01-01")


@pytest.mark.parametrize("sort", ["hosts", "-hosts", "-ipv6_share", "country", "-date", "ping_ratio"])
async def test_rows_are_sorted(web, sort):
    """Rows can be sorted by any field, descending with a hyphen."""
    name = sort.removeprefix("-")
    values = [row[name] for row in await everything(web, f"/hosts?group=country&sort={sort}&limit=2")]

    assert sorted(values, reverse=sort.startswith("-")) == values
    assert 9 == len(values)


async def test_pages_make_up_the_whole(web):
    """Pages of any size make up the whole list without repetition or gaps."""
    whole = await everything(web, "/hosts?group=country&limit=1000")

    for limit in (1, 2, len(whole) - 1, len(whole)):
        assert whole == await everything(web, f"/hosts?group=country&limit={limit}")
    assert [] == (await ask(web, "/hosts?offset=1000000"))["items"]


@pytest.mark.parametrize(("sort", "order"), [("ipv6_share", "DE GB FR"), ("-ipv6_share", "GB DE FR")])
async def test_an_unknown_share_comes_last(tmp_path, sort, order):
    """Unknown shares come last in both directions."""
    url = f"sqlite:///{tmp_path / 'matrix.db'}"
    figures = {"DE": (9, 0, 1), "FR": (9, 9, 0), "GB": (9, 1, 4)}
    rows = [
        DomainPenetration(date=DATES[0], country=code, tld="de", domains=domains, unknown=unknown, domains6=six)
        for code, (domains, unknown, six) in figures.items()
    ]
    with client.database(url) as database:
        summaries.publish(database, DATES[0], rows)
    async with client.of(url) as web:
        items = await everything(web, f"/penetration?group=country&sort={sort}")

    assert order.split() == [item["country"] for item in items]
