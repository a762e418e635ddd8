"""The pages in a real browser: Debian's Chromium."""

from __future__ import annotations

import re
import shutil

import pytest
from playwright.sync_api import expect, sync_playwright

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed: apt-get install chromium")
VIEWS = [
    "/",
    "/hosts",
    "/dualstack",
    "/ping",
    "/path",
    "/reach",
    "/domains",
    "/country-DE",
    "/tld-de",
    "/changes",
    "/domain",
]


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser, server_url):
    """A page that holds what went wrong and which hosts were asked."""
    context = browser.new_context(base_url=server_url)
    context.set_default_timeout(10_000)
    page = context.new_page()
    page.faults = []
    page.on("console", lambda message: page.faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("request", lambda one: page.faults.append(one.url) if not one.url.startswith(server_url) else None)
    yield page
    assert [] == page.faults
    context.close()


@pytest.mark.parametrize("path", VIEWS)
@pytest.mark.parametrize("width", [360, 1024, 1920])
def test_no_page_is_wider_than_the_screen(page, path, width):
    """
    Nor does it load anything from elsewhere, or leave an error in the console.
    """
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(path)

    assert width == page.evaluate("document.documentElement.scrollWidth")


def test_the_slider_moves_by_keyboard_and_back(page):
    """
    Each crawl has its address; the browser goes back to the one before.
    """
    page.goto("/hosts")
    page.locator("input[type=range]").press("ArrowLeft")
    page.wait_for_url(re.compile(r"/hosts\?date=2023-01-05"))
    expect(page.locator("#date")).to_have_value("2023-01-05")
    page.go_back()

    expect(page.locator("#date")).to_have_value("2024-02-29")


def test_a_country_is_chosen_on_the_map(page):
    """
    By a click; its name shows when the pointer is over it.
    """
    page.goto("/hosts")
    germany = page.locator(".map a[aria-label^='Germany']")
    germany.hover()
    expect(page.locator("#tip")).to_contain_text("Germany: ")
    germany.click()

    page.wait_for_url("**/hosts/country-DE**")


def test_names_are_suggested(page):
    """
    While somebody writes.
    """
    page.goto("/domain")
    page.locator(".find input").press_sequentially("axb")

    expect(page.locator("#names option")).to_have_attribute("value", "axb.de")


def test_dark_is_dark(browser, server_url):
    """
    As the reader's system asks for it.
    """
    colours = []
    for scheme in ("light", "dark"):
        with browser.new_context(base_url=server_url, color_scheme=scheme) as context:
            page = context.new_page()
            page.goto("/hosts")
            colours.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))

    assert ["rgb(246, 248, 250)", "rgb(13, 17, 23)"] == colours


def test_a_view_can_be_read_without_scripts(browser, server_url):
    """
    Choices are sent with a button.
    """
    with browser.new_context(base_url=server_url, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto("/hosts")
        page.locator("select[name=group]").select_option("tld")
        page.get_by_role("button", name="Show").click()

        expect(page.locator("tbody th").first).to_contain_text(".")
