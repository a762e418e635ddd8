"""The views as pages."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from lxml import etree, html

from ipv6matrix.web.pages.views import VIEWS
from tests.web import client
from tests.web.summaries import COUNTRIES, DATES

PAGES = [
    "/",
    *(f"/{view}" for view in VIEWS),
    *(f"/{view}/country-DE" for view in VIEWS),
    *("/domain", "/domain?q=site", "/domain-a_b.de", "/country-DE", "/tld-de", "/changes"),
    *("/readiness", "/readiness/country-DE", "/readiness/tag-uni", "/readiness/domains", "/readiness/changes"),
    *("/readiness/hall-of-fame", "/readiness/tag-uni/domains", "/domain-north.example", "/domain-site06.uk"),
    *("/about", "/methodology", "/credits"),
]


async def read(web, path):
    answer = await web.get(path)
    assert 200 == answer.status_code, path
    return html.fromstring(answer.text)


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_is_whole(web, path):
    """Each page has one heading, its own title and description, and no inline code that a strict policy forbids."""
    answer = await web.get(path)
    page = html.fromstring(answer.text)

    assert (200, "text/html; charset=utf-8") == (answer.status_code, answer.headers["content-type"])
    assert 1 == len(page.xpath("//h1"))
    assert page.xpath("//head/title/text()") == page.xpath("//meta[@property='og:title']/@content")
    assert 20 < len(page.xpath("//meta[@name='description']/@content")[0]) < 200
    assert [] == page.xpath("//style|//script[not(@src)]|//@style|//@onclick")
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert [] == [address for address in page.xpath("//@src|//link/@href") if urlsplit(address).netloc]


def kind(link):
    """Return what links that differ only in names or in values of parameters have in common."""
    address = urlsplit(link)
    return re.sub("(country|tld|domain|tag)-[^/]+", r"\1-", address.path), tuple(parse_qs(address.query))


@pytest.mark.slow
async def test_links_lead_somewhere(web):
    """Internal links of all pages work, one of each kind: data, pictures, other states."""
    pages = [await read(web, path) for path in PAGES]
    links = {link.partition("#")[0] for page in pages for link in page.xpath("//a/@href")} - {""}
    some = {kind(link): link for link in sorted(links)}.values()

    assert len(some) > len(PAGES)
    assert dict.fromkeys(some, 200) == {link: (await web.get(link)).status_code for link in some}


@pytest.mark.parametrize("view", VIEWS)
async def test_the_table_has_every_country_and_a_total(web, view):
    """The table has every country with name and numbers, and a total."""
    page = await read(web, f"/{view}?least=0")

    heads = page.xpath("//tbody//th//text()")
    assert {"Germany", "United Kingdom", "United States"} <= set(heads)
    assert ["All", "Mean of rows"] == page.xpath("//tfoot//th/text()")
    assert [0] == sorted({len(row.xpath("*")) - len(page.xpath("//thead/tr/*")) for row in page.xpath("//tbody/tr")})


@pytest.mark.parametrize("group", ["country", "tld", "type", "date"])
@pytest.mark.parametrize("measure", ["faster", "ratio"])
async def test_a_state_shows_in_the_form(web, group, measure):
    """The form shows the choices of the address."""
    page = await read(web, f"/ping?date={DATES[0]}&group={group}&measure={measure}&type=MX&tld=de&least=1")

    values = dict(page.forms[1].form_values())
    assert {
        "date": str(DATES[0]),
        "country": "",
        "group": group,
        "measure": measure,
        "type": "MX",
        "tld": "de",
        "least": "1",
    } == values


async def test_ratio_and_share_have_axes_of_their_own(web):
    """A view with ratios and shares has two charts."""
    assert 2 == len((await read(web, "/ping?group=date")).xpath("//figure/*[contains(@class, 'chart')]"))


@pytest.mark.parametrize("name", ["map", "chart"])
async def test_pictures_can_be_downloaded(web, name):
    """Charts can be downloaded as standalone SVG of the state in the address."""
    answer = await web.get(f"/hosts/country-DE/{name}.svg?date={DATES[0]}")

    assert ("image/svg+xml", "attachment") == (
        answer.headers["content-type"],
        answer.headers["content-disposition"].split(";")[0],
    )
    assert "{http://www.w3.org/2000/svg}svg" == etree.fromstring(answer.content).tag


async def test_the_map_leads_to_countries(web):
    """Links of the map keep the chosen crawl."""
    links = (await read(web, f"/hosts?date={DATES[0]}&least=1")).xpath("//*[contains(@class, 'map')]//a/@href")

    assert {f"/hosts/country-{code}?date={DATES[0]}&least=1" for code in COUNTRIES} == set(links)


@pytest.mark.parametrize(
    ("contact", "link"),
    [
        ("https://example.org/crawler", "https://example.org/crawler"),
        ("ops@example.org", "mailto:ops@example.org"),
        ("Ask ops@example.org <now>", None),
        ("javascript:alert(example.org)", None),
    ],
)
async def test_who_answers_for_the_crawls_is_named(sqlite_url, contact, link):
    """Pages show the contact, as a link if it is an address; a new contact invalidates cached pages."""
    async with client.of(sqlite_url) as web:
        before = (await web.get("/about")).headers["etag"]
    async with client.over(client.create_app(sqlite_url, "/nowhere", contact=contact)) as web:
        answer = await web.get("/about", headers={"If-None-Match": before})
    (sentence,) = html.fromstring(answer.text).xpath("//p[contains(., 'Contact:')]")

    assert sentence.text_content().split("Contact:")[1].strip() == f"{contact}."
    assert ([link] if link else []) == sentence.xpath("a/@href")
