"""What search engines, link previews and screen readers read on every page."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from lxml import html

from tests.web.pages import every_page

# A view has one title, however it is grouped.
TITLED = (
    *every_page.ONES,
    "/hosts/country-DE",
    "/country-DE",
    "/tld-de",
    "/domain",
    "/domain-a_b.de",
    "/domain-axb.de",
)
TITLED = (
    *TITLED,
    *(path for path in every_page.READINESS if "date=" not in path),
    "/changes",
    "/about",
    "/methodology",
    "/credits",
    "/api",
)


async def read(web, path):
    return html.fromstring((await web.get(path)).content)


@pytest.mark.parametrize("path", every_page.ALL)
async def test_headings_and_landmarks_are_in_order(web, path):
    """A page has a language, one h1, no skipped level, one banner, main part and footer, and a skip link."""
    page = await read(web, path)
    levels = [int(element.tag[1]) for element in page.xpath("//h1|//h2|//h3|//h4|//h5|//h6")]

    assert (1, 1) == (levels[0], levels.count(1))
    assert [] == [pair for pair in pairwise(levels) if pair[1] > pair[0] + 1]
    assert "en" == page.get("lang")
    assert [1, 1, 1] == [len(page.xpath(f"/html/body/{name}")) for name in ("header", "main", "footer")]
    skip = page.xpath("/html/body//a")[0]
    assert ["main"] == [element.tag for element in page.xpath(f"//*[@id='{skip.get('href')[1:]}']")]


@pytest.mark.parametrize("path", every_page.ALL)
async def test_names_within_a_page_are_unique(web, path):
    """Ids are unique, and every reference to an id is valid."""
    page = await read(web, path)
    ids = page.xpath("//@id")
    meant = " ".join(page.xpath("//@aria-labelledby|//@aria-describedby|//@aria-controls|//@for|//@list")).split()

    assert [] == [name for name, number in Counter(ids).items() if number > 1]
    assert set() == set(meant) - set(ids)


@pytest.mark.parametrize("what", ["//head/title/text()", "//meta[@name='description']/@content"])
async def test_every_page_is_told_from_the_others(web, what):
    """Pages differ in title and description."""
    texts = {path: (await read(web, path)).xpath(what)[0] for path in TITLED if path != "/domains"}

    assert {} == {path: text for path, text in texts.items() if list(texts.values()).count(text) > 1}
