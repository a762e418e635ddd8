"""Every page in a browser: axe-core, contrast, narrow and wide screens, weight, errors."""

from __future__ import annotations

import pytest
from axe_playwright_python.base import AXE_SCRIPT

from tests.web import client, summaries
from tests.web.pages import every_page
from tests.web.pages.visit import visit
from tests.web.server import serving
from tests.web.summaries import DATES
from tools import made_up

NARROW, WIDE = {"width": 360, "height": 800}, {"width": 1920, "height": 1080}
MOST_OCTETS = 150_000
MOST_REQUESTS = 8

# The whole of axe-core takes longest with the map, which is the same in each group.
AXE = """([whole, map]) => axe.run(map ? document : {exclude: [".map"]}, {
  resultTypes: ["violations"], preload: false, elementRef: false,
  ...(whole ? {rules: {"target-size": {enabled: true}}} : {runOnly: ["color-contrast", "target-size"]}),
}).then((found) => found.violations.map((one) =>
  `${one.impact} ${one.id}: ${one.help}: ${one.nodes.slice(0, 4).map((node) => node.html.slice(0, 90)).join()}`))"""
# axe-core looks at the colour of text, but not at what fills and draws it in SVG.
DRAWN = """() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => numbers(colour).slice(0, 3).map((one) => one / 255)
    .map((one) => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
    .reduce((sum, one, index) => sum + one * [0.2126, 0.7152, 0.0722][index], 0);
  const behind = (part) => {
    for (; part; part = part.parentElement) {
      const colour = getComputedStyle(part).backgroundColor;
      if (numbers(colour)[3] !== 0) return colour;
    }
  };
  const contrast = (one, two) => {
    const [low, high] = [light(one), light(two)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const faint = (selector, property, least) => [...document.querySelectorAll(selector)]
    .map((part) => [part, getComputedStyle(part)[property]])
    .filter(([part, colour]) => colour.startsWith("rgb") && contrast(colour, behind(part)) < least)
    .map(([part, colour]) => `${part.outerHTML.slice(0, 80)}: ${colour} on ${behind(part)}`);
  return [...faint(":is(.chart, .bars) text", "fill", 4.5), ...faint(".chart path[class^=l]", "stroke", 3),
    ...faint(":is(.chart, .bars) .point", "fill", 3)];
}"""


@pytest.fixture(scope="module")
def server_url(sqlite_url, tmp_path_factory):
    """A server that also has the facts of a crawl."""
    folder = tmp_path_factory.mktemp("finished")
    made_up.make(folder / "ips-2024-05-06__07-08-09.db", 3)
    with serving(client.create_app(sqlite_url, folder)) as url:
        yield url


@pytest.fixture(scope="module")
def url_of_one_crawl(tmp_path_factory):
    """A server with a single crawl."""
    folder = tmp_path_factory.mktemp("first")
    with serving(client.create_app(summaries.sqlite(folder, DATES[-1:]), folder)) as url:
        yield url


PAGES = [("server_url", path) for path in (*every_page.LOOKED_AT, "/domain-ba0.pebaha")]
PAGES += [("url_of_one_crawl", path) for path in every_page.OF_ONE_CRAWL]


@pytest.fixture(scope="module", params=PAGES, ids=lambda page: f"{page[0]}-{page[1]}")
def visited(request, browser):
    server, path = request.param
    with visit(browser, request.getfixturevalue(server), viewport=NARROW) as opened:
        opened.path = path
        opened.page.goto(path)
        yield opened


def test_axe_finds_no_fault(visited):
    """axe-core finds no fault, on a narrow screen in light colours and on a wide one in dark colours."""
    page = visited.page
    page.evaluate(AXE_SCRIPT)
    page.set_viewport_size(NARROW)
    faults = page.evaluate(AXE, [True, visited.path not in every_page.OTHERS])
    page.set_viewport_size(WIDE)
    page.emulate_media(color_scheme="dark")
    faults += page.evaluate(AXE, [False, False])
    page.emulate_media(color_scheme="light")

    assert [] == faults


def test_charts_can_be_read(visited):
    """Text in charts has a contrast of 4.5, lines of 3 (WCAG 2.2, 1.4.3 and 1.4.11), in light and dark colours."""
    faint = visited.page.evaluate(DRAWN)
    visited.page.emulate_media(color_scheme="dark")
    faint += visited.page.evaluate(DRAWN)
    visited.page.emulate_media(color_scheme="light")

    assert [] == faint


@pytest.mark.parametrize("screen", [NARROW, WIDE], ids=["narrow", "wide"])
def test_nothing_is_wider_than_the_screen(visited, screen):
    """No page scrolls sideways; wide elements scroll inside themselves."""
    visited.page.set_viewport_size(screen)

    assert visited.page.evaluate("document.documentElement.scrollWidth") <= screen["width"]


def test_nothing_goes_wrong(visited):
    """No page has errors in the console, breaches of its policy, failed requests or requests to other hosts."""
    assert [] == visited.faults


def test_a_page_is_light(visited):
    """A first visit transfers few bytes, including style, scripts and pictures."""
    octets = {request.url: request.sizes()["responseBodySize"] for request in visited.requests}

    assert sum(octets.values()) <= MOST_OCTETS, octets
    assert len(octets) <= MOST_REQUESTS
