"""Rendering of pages and of their errors."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from lxml import html

from tests.web import client


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("/nothing", 404, "There is nothing at this path."),
        ("/hosts/country-QX", 404, "There is no country with the code QX."),
        ("/hosts?date=1999-01-01", 404, "There is no crawl of 1999-01-01: the last one is of 2024-02-29."),
        ("/hosts?group=planet", 400, "Invalid group: must be one of country, tld, type, date."),
        ("/domain-nowhere.example", 404, "No crawl has asked about nowhere.example."),
        ("/country-FR", 404, "No crawl has found a host or domain of France."),
        ("/tld-<script>", 404, "No crawl has found a host or domain of .<script>."),
        ("/changes?from=today", 400, "Invalid from: must be a date such as 2026-01-31."),
    ],
)
async def test_errors_of_pages_are_pages(web, path, status, sentence):
    """An error is a page that names the address and has a link to other pages."""
    answer = await web.get(path)
    page = html.fromstring(answer.text)

    assert (status, "text/html; charset=utf-8") == (answer.status_code, answer.headers["content-type"])
    assert sentence == page.findtext(".//p[@class='lead']")
    assert "no-store" == answer.headers["cache-control"]
    assert [] == page.xpath("//main//script")


@pytest.mark.parametrize("path", ["/", "/hosts", "/domain?q=a", "/domain-a.de", "/country-DE", "/changes"])
async def test_a_database_that_is_away_is_a_page(tmp_path, path):
    """Without a database there is a page with status 503 and Retry-After."""
    async with client.of(f"sqlite:///{tmp_path / 'none.db'}") as web:
        answer = await web.get(path)

    assert (503, "10") == (answer.status_code, answer.headers["retry-after"])
    assert "The data are not there yet: try again in a minute." in answer.text


async def test_programs_get_problems(web):
    """Errors below /api/ and /static/ are problem details."""
    for path in ("/api/v1/nothing", "/static/nothing.js"):
        assert "application/problem+json" == (await web.get(path)).headers["content-type"]


async def test_a_website_that_knows_its_name_has_previews(sqlite_url):
    """A configured address yields canonical links without irrelevant parameters, and an existing preview picture."""
    async with client.over(client.create_app(sqlite_url, public_url="https://matrix.example")) as web:
        page = html.fromstring((await web.get("/hosts/country-DE?sort=-hosts&type=MX")).text)
        properties = {
            element.get("property"): element.get("content")
            for element in page.xpath("//meta[starts-with(@property, 'og:')]")
        }
        picture = await web.get(urlsplit(properties["og:image"]).path)

    assert "https://matrix.example/hosts/country-DE?type=MX" == properties["og:url"]
    assert [properties["og:url"]] == page.xpath("//link[@rel='canonical']/@href")
    assert (200, "image/png") == (picture.status_code, picture.headers["content-type"])
    assert len(picture.content) < 100_000


async def test_a_website_without_a_name_claims_none(web):
    """Without a configured address canonical links are relative, whatever the Host header contains."""
    page = html.fromstring((await web.get("/hosts", headers={"Host": "evil.example"})).text)

    assert ["/hosts"] == page.xpath("//link[@rel='canonical']/@href")
    assert [] == page.xpath("//meta[@property='og:url' or @property='og:image']")
    assert "evil.example" not in html.tostring(page).decode()
