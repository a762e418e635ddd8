"""Lists of domains by their readiness."""

from __future__ import annotations

import pytest
from lxml import html

from ipv6matrix.web.pages import level_lists
from tests.web import client, levels
from tests.web.summaries import DATES
from tests.web.v1.asking import ask, everything


async def rows(web, path):
    """Return the cells of the table, page by page."""
    cells = []
    while path:
        page = html.fromstring((await web.get(path)).text)
        cells += [[cell.text_content() for cell in row.xpath("*")] for row in page.xpath("//tbody/tr[th]")]
        path = next(iter(page.xpath("//a[@rel='next']/@href")), None)
    return cells


@pytest.mark.parametrize("tag", ["", levels.TAG])
async def test_pages_have_what_the_api_has(sqlite_url, monkeypatch, tag):
    """Pages list the same domains as the API, page by page."""
    monkeypatch.setattr(level_lists, "MOST", 7)
    root, query = (f"/readiness/tag-{tag}", f"?tag={tag}") if tag else ("/readiness", "")
    async with client.of(sqlite_url) as web:
        for what in ("domains", "hall-of-fame", "changes"):
            expected = await everything(web, f"/readiness/{what}{query}")

            assert [item["domain"] for item in expected] == [cells[0] for cells in await rows(web, f"{root}/{what}")]


async def test_a_row_has_words_for_its_verdicts(web):
    """Verdicts are words with a symbol; what could not be tested is called so."""
    (north, *_) = await rows(web, f"/readiness/tag-{levels.TAG}/domains")

    assert ["north.example", "3 to 5", "\u2713 yes", "\u2713 yes", "? not tested"] == north[:5]


async def test_a_change_names_both_levels(web):
    """A change has the level before and after, and a word."""
    expected = (await ask(web, "/readiness/changes?change=lost"))["items"][0]
    (cells, *_) = await rows(web, "/readiness/changes?change=lost")

    assert [expected["domain"], "\u2193 lost"] == [cells[0], cells[3]]
    assert cells[2].startswith(expected["after"]["certain"])


async def test_filters_stay_in_the_address(web):
    """The form and the link to the data keep the chosen crawl, level and country."""
    page = html.fromstring((await web.get(f"/readiness/domains?date={DATES[1]}&certain=5&country=DE")).text)

    values = dict(page.xpath("//form[@class='controls']")[0].form_values())
    assert {"date": str(DATES[1]), "certain": "5", "country": "DE"} == values
    (data,) = page.xpath("//a[contains(., 'API v1')]/@href")
    assert 200 == (await web.get(data)).status_code
    assert await everything(web, data.removeprefix("/api/v1"))
