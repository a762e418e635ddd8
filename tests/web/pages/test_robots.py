"""Information for search engines."""

from __future__ import annotations

from urllib.robotparser import RobotFileParser

from lxml import etree

from ipv6matrix.summaries.database import Database
from ipv6matrix.web.pages.views import VIEWS
from tests.web import client
from tests.web.summaries import COUNTRIES, DATES, TLDS

PLACE = {"map": "http://www.sitemaps.org/schemas/sitemap/0.9"}


async def test_pages_may_be_found_and_data_need_not(web):
    """robots.txt allows pages and disallows data."""
    answer = await web.get("/robots.txt")
    robots = RobotFileParser()
    robots.parse(answer.text.splitlines())

    assert "text/plain; charset=utf-8" == answer.headers["content-type"]
    assert [True, True, False, False] == [
        robots.can_fetch("any", path) for path in ("/", "/hosts/country-DE", "/json/hosts", "/api/v1/hosts")
    ]


async def test_a_sitemap_lists_every_page(sqlite_url):
    """The sitemap, named in robots.txt, lists views, countries and TLDs with the date of the last crawl."""
    public = "https://matrix.example"
    async with client.over(client.create_app(sqlite_url, "/nowhere", public_url=public)) as web:
        robots, sitemap = await web.get("/robots.txt"), await web.get("/sitemap.xml")
        listed = etree.fromstring(sitemap.content)
        paths = [element.text.removeprefix(public) for element in listed.findall("map:url/map:loc", PLACE)]
        statuses = {(await web.get(path)).status_code for path in paths}

    assert f"Sitemap: {public}/sitemap.xml" in robots.text.splitlines()
    assert "application/xml" == sitemap.headers["content-type"].partition(";")[0]
    assert {200} == statuses
    assert {f"/{name}" for name in VIEWS} < set(paths)
    assert {f"/country-{code}" for code in COUNTRIES} | {f"/tld-{name}" for name in TLDS} < set(paths)
    assert {str(DATES[-1])} == {element.text for element in listed.findall("map:url/map:lastmod", PLACE)}


async def test_without_its_address_a_website_has_no_sitemap(web):
    """Without a configured address there is no sitemap."""
    assert 404 == (await web.get("/sitemap.xml")).status_code
    assert "Sitemap" not in (await web.get("/robots.txt")).text


async def test_an_empty_database_has_a_sitemap(tmp_path):
    """An empty database has a sitemap of the views without dates."""
    url = f"sqlite:///{tmp_path / 'matrix.db'}"
    with Database(url) as database:
        database.prepare()
    async with client.over(client.create_app(url, "/nowhere", public_url="https://matrix.example")) as web:
        answer = await web.get("/sitemap.xml")

    assert (200, 0) == (answer.status_code, answer.text.count("lastmod"))
    assert len(VIEWS) + 4 == answer.text.count("<loc>")
