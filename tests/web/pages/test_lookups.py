"""Pages about one domain, address or place, and changes."""

from __future__ import annotations

import pytest
from lxml import html

from ipv6matrix.store.database import Store
from ipv6matrix.store.queries import domain
from tests.web import client
from tests.web.summaries import DATES
from tools import made_up


async def read(web, path):
    answer = await web.get(path)
    assert 200 == answer.status_code, path
    return html.fromstring(answer.text)


async def test_a_search_finds_names_by_how_they_begin(web):
    """A search finds names by prefix; `_` is not a wildcard."""
    assert ["a_b.de"] == (await read(web, "/domain?q=A_")).xpath("//main//li/a/text()")


async def test_a_search_that_finds_nothing_says_so(web):
    """An unsuccessful search shows the search term as text."""
    page = await read(web, "/domain?q=<b>nothing")

    assert "<b>nothing" in page.findtext(".//p[@class='lead']")


async def test_a_domain_has_a_row_for_each_crawl(web):
    """Rows are newest first; figures missing in the file of the last crawl are marked."""
    page = await read(web, "/domain-SITE00.com")

    assert [str(date) for date in reversed(DATES)] == page.xpath("//section[h2/@id='over']//tbody//th/text()")
    assert 1 == len(page.xpath("//p[@class='nothing']"))


@pytest.mark.parametrize(("path", "title", "maps"), [("/country-de", "Germany", 1), ("/tld-DE", ".de", 0)])
async def test_a_place_has_all_views(web, path, title, maps):
    """A place has the charts of all views: ratios separate from shares, kinds also stacked; a country has a map."""
    page = await read(web, path)

    assert title == page.findtext(".//h1")
    assert 7 + maps == len(page.xpath("//section"))
    assert 10 == len(page.xpath("//figure/*[contains(@class, 'chart')]"))
    assert maps == len(page.xpath("//figure/*[@class='map']"))


async def test_changes_are_those_of_the_api(web):
    """The page has the changes of domains, countries and TLDs that the API has."""
    page = await read(web, "/changes")
    changes = {
        word: {item["name"] for item in (await web.get(f"/api/v1/changes/{word}")).json()["items"]}
        for word in ("countries", "tlds")
    }
    domains = (await web.get("/api/v1/changes/domains")).json()["items"]

    assert len(domains) == len(page.xpath("//h2[@id='by-domain']/..//tbody/tr"))
    assert changes["tlds"] == {text.removeprefix(".") for text in page.xpath("//h2[@id='by-tld']/..//tbody//a/text()")}
    assert len(changes["countries"]) == len(page.xpath("//h2[@id='by-country']/..//tbody/tr"))


async def test_the_first_crawl_has_nothing_to_compare(web):
    """The page of the first crawl states that there is no previous one."""
    page = await read(web, f"/changes?to={DATES[0]}")

    assert ["There is no crawl before this one to compare with."] == page.xpath("//p[@class='lead']/text()")


async def test_a_domain_shows_every_host_of_the_last_crawl(sqlite_url, tmp_path):
    """Hosts have addresses, round-trip times, open ports and hops, or the outcome of their lookups."""
    made_up.make(tmp_path / "ips-2024-05-06__07-08-09.db", 30)
    store = Store.read(tmp_path / "ips-2024-05-06__07-08-09.db", lambda: False)
    names = [name for (name,) in store.query("SELECT name FROM domains ORDER BY name")]
    hosts = {name: len(domain.facts(store, name)["hosts"]) for name in names}
    store.close()

    async with client.of(sqlite_url, tmp_path) as web:
        shown = {name: len((await read(web, f"/domain-{name}")).xpath("//details")) for name in names}

    assert sum(hosts.values()) > 30
    assert hosts == shown


async def test_an_address_shows_its_mean_round_trip_time(sqlite_url, tmp_path):
    """An address shows its mean round-trip time, no reply, a failure, or a dash if it was not probed."""
    made_up.make(tmp_path / "ips-2024-05-06__07-08-09.db", 30)
    store = Store.read(tmp_path / "ips-2024-05-06__07-08-09.db", lambda: False)
    names = [name for (name,) in store.query("SELECT name FROM domains ORDER BY name")]
    addresses = {
        name: [address for host in domain.facts(store, name)["hosts"] for address in host["addresses"]]
        for name in names
    }
    store.close()

    async with client.of(sqlite_url, tmp_path) as web:
        for name, answers in addresses.items():
            rows = (await read(web, f"/domain-{name}")).xpath("//details//tbody/tr/td[3]/text()")
            assert [round_trip(address.get("pings")) for address in answers] == rows


def round_trip(ping):
    if ping is None:
        return "\u2013"
    rtts = ping["rtts_ms"]
    return f"{sum(rtts) / len(rtts):.1f}" if rtts else (ping["failure"] or "no reply").replace("_", " ")
