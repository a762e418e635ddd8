"""The view of readiness."""

from __future__ import annotations

import pytest
from lxml import html

from ipv6matrix.summaries.publication import publish
from tests.web import client, levels, summaries
from tests.web.summaries import DATES


async def read(web, path):
    answer = await web.get(path)
    assert 200 == answer.status_code, answer.text
    return html.fromstring(answer.text)


def dates_of(page):
    """Return the dates for which the lines of a page have a point."""
    titles = page.xpath("//*[contains(@class, 'chart')]//*[local-name()='circle']/*[local-name()='title']/text()")
    return {title.split(", ")[1].split(":")[0] for title in titles}


@pytest.mark.parametrize(("date", "drawn"), [(DATES[2], DATES[1:]), (DATES[1], DATES[1:])])
async def test_crawls_of_another_basis_are_not_drawn_together(web, date, drawn):
    """Charts have the crawls that can be compared with the chosen one; the others are named, with links."""
    page = await read(web, f"/readiness?date={date}")
    others = page.xpath("//p[contains(., 'cannot be compared')]/a/text()")

    assert set(map(str, drawn)) == dates_of(page)
    assert [str(DATES[0])] == others


async def test_a_crawl_of_another_basis_has_its_own_page(web):
    """Choosing a crawl of another basis shows it alone, with its basis."""
    page = await read(web, f"/readiness?date={DATES[0]}")

    assert set() == dates_of(page)
    assert levels.SOME.split(",") == page.xpath("//details[contains(., 'version 1 of the rules')]//code/text()")
    assert list(map(str, reversed(DATES))) == page.xpath("//select[@name='date']/option/text()")


async def test_shares_are_between_bounds(web):
    """Cards and cells show the certain and the possible share."""
    page = await read(web, f"/readiness/tag-{levels.TAG}?date={DATES[1]}")
    cards = dict(zip(page.xpath("//dl//dt/text()"), page.xpath("//dd[@class='number']/text()"), strict=True))

    # north and south have 4 to 5 in that crawl, west 5+.
    assert {"100.0 %", "33.3 to 100.0 %", "33.3 %", "2"} == set(cards.values())
    assert "33.3 to 100.0 %" == cards["Level 5 or higher (IPv6-only)"]
    assert "2" == cards["Level not certain"]


async def test_the_possible_lies_on_the_certain(web):
    """Bars have a part for what is certain, and a part up to what is possible."""
    page = await read(web, f"/readiness/tag-{levels.TAG}?date={DATES[1]}")
    rows = page.xpath("//*[contains(@class, 'bars')]//*[local-name()='rect'][contains(@fill, 'k1')]/@width")
    more = page.xpath("//*[contains(@class, 'bars')]//*[local-name()='rect'][contains(@fill, '-unknown')]/@width")

    # The last rectangle of each is the key.
    assert [3, 3, 3, 3, 1, 1] == [round(float(width) / 392 * 3) for width in rows[:-1]]
    assert [0, 0, 0, 0, 2, 0] == [round(float(width) / 392 * 3) for width in more[:-1]]


async def test_groups_have_their_names(web):
    """Rank brackets are written as ranks; a table by bracket has a row for each."""
    page = await read(web, "/readiness?group=bracket&sort=name")

    assert ["ranks 1 to 1,000", "ranks 1,001 to 10,000", "ranks 10,001 to 100,000"] == page.xpath(
        "//*[@aria-labelledby='table-title']//tbody//th/text()"
    )


async def test_lists_are_linked(web):
    """The view of each list links to the others, and its links stay within the list."""
    page = await read(web, f"/readiness/tag-{levels.TAG}?date={DATES[1]}")

    assert ["/readiness", f"/readiness/tag-{levels.TAG}"] == page.xpath("//ul[@class='names']//a/@href")
    assert [f"/readiness/tag-{levels.TAG}/country-DE?date={DATES[1]}"] == page.xpath("//*[@class='map']//a/@href")
    assert [f"/readiness/tag-{levels.TAG}"] == page.xpath("//form[@class='controls']/@action")


async def test_a_country_is_chosen_within_a_list(web):
    """The form leads to the page of a country of the same list."""
    answer = await web.get(f"/readiness/tag-{levels.TAG}?country=DE&group=country&date={DATES[1]}")

    assert (307, f"/readiness/tag-{levels.TAG}/country-DE?date={DATES[1]}") == (
        answer.status_code,
        answer.headers["location"],
    )


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/readiness/tag-nothing", 404),
        ("/readiness/tag-nothing/domains", 404),
        ("/readiness/tag-nothing/map.svg", 404),
        ("/readiness?date=2022-07-21", 404),
        (f"/readiness/tag-{levels.TAG}?date={DATES[0]}", 404),
        ("/readiness?bracket=7", 400),
        ("/readiness?measure=level0", 400),
        ("/readiness/changes?change=moved", 400),
        ("/readiness/domains?certain=7", 400),
        ("/readiness/domains?country=Germany", 400),
        (f"/readiness/changes?from={DATES[0]}", 404),
    ],
)
async def test_what_is_not_there_is_told(web, path, status):
    """An invalid or unknown part of the address is a client error."""
    assert status == (await web.get(path)).status_code


async def test_without_readiness_pages_say_so(tmp_path):
    """Without any tested list the pages say so; with one crawl there is nothing to compare."""
    url = summaries.sqlite(tmp_path, DATES[:1])
    async with client.of(url) as web:
        page = await read(web, "/readiness/changes")
        chart = await web.get("/readiness/chart.svg?group=date")

    assert f"No crawl before {DATES[0]} can be compared with it." == page.xpath("string(//*[@class='nothing'])")
    assert 200 == chart.status_code


async def test_a_database_without_readiness_has_empty_pages(tmp_path):
    """Crawls without readiness leave the view empty, and the other pages as they are."""
    url = f"sqlite:///{tmp_path / 'matrix.db'}"
    with client.database(url) as database:
        publish(database, DATES[0], [row for row in summaries.ROWS if row.date == DATES[0]])
    async with client.of(url) as web:
        pages = [await read(web, path) for path in ("/readiness", "/readiness/domains", "/domain-a_b.de", "/")]

    assert "No crawl has tested readiness yet." == pages[0].xpath("string(//*[@class='lead'])")
    assert [] == pages[2].xpath("//*[contains(@class, 'verdict')]")


async def test_a_domain_of_a_list_of_ones_own_is_found(web):
    """The search finds domains that only a list of one's own has; their page shows their readiness."""
    links = (await read(web, "/domain?q=north")).xpath("//ul[@class='names']//a/@href")
    page = await read(web, links[0])

    assert ["/domain-north.example"] == links
    assert "Readiness in the list \u201cuni\u201d" in page.xpath("string(//section/h2)")
    assert [f"/api/v1/domains/north.example/readiness?tag={levels.TAG}"] == page.xpath("//a[.='API v1']/@href")
