"""The pages without a mouse, and without scripts."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from ipv6matrix.web.pages.views import VIEWS
from tests.web.pages.visit import visit

# What stands out where the focus is: a line round it, or round the country.
FOCUS = """() => {
  const at = document.activeElement, land = at.querySelector(".land"), style = getComputedStyle(at);
  const line = land ? getComputedStyle(land).strokeWidth : style.outlineStyle === "none" ? "0" : style.outlineWidth;
  return [at.tagName.toLowerCase(), at.getAttribute("href") || at.name || at.getAttribute("class"), parseFloat(line)];
}"""


def stops(page, most=400):
    """Press Tab until the focus leaves the page, and return where it was."""
    elements = []
    for _ in range(most):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUS)
        if stop[0] == "body":
            break
        elements.append(stop)
    return elements


def test_the_first_stop_leads_past_the_menu(page):
    """A skip link appears when it has the focus, and leads to the content."""
    page.goto("/hosts")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")

    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


@pytest.mark.parametrize(
    "path", ["/ping?measure=ratio", "/changes", "/domain-a_b.de", "/readiness", "/readiness/domains"]
)
def test_every_stop_is_seen(page, path):
    """Every link, field and button is reachable by Tab and has an outline when focused."""
    page.goto(path)
    reached = stops(page)
    tags = "a[href], button, input:not([type=hidden]), select, summary"
    expected = page.locator(tags).evaluate_all("all => all.filter((one) => one.checkVisibility()).length")

    assert [] == [stop for stop in reached if stop[2] < 1.5]
    assert expected == len([stop for stop in reached if stop[0] in ("a", "button", "input", "select", "summary")])


def test_a_country_is_chosen_on_the_map_by_keyboard(page):
    """A country on the map can be chosen by keyboard; its name appears when it has the focus."""
    page.goto("/hosts")
    page.locator(".map a[aria-label^='Germany']").focus()
    expect(page.locator("#tip")).to_contain_text("Germany: ")
    page.keyboard.press("Enter")

    page.wait_for_url("**/hosts/country-DE**")


def test_the_slider_obeys_the_arrows(page):
    """Arrow keys move the slider, which announces its crawl."""
    page.goto("/hosts")
    slider = page.locator("input[type=range]")
    slider.focus()
    page.keyboard.press("Home")

    page.wait_for_url(re.compile("date=2022-07-20"))
    expect(page.locator("input[type=range]")).to_have_attribute("aria-valuetext", "2022-07-20")


def test_a_domain_is_found_by_keyboard(page):
    """The browser suggests names with the typed prefix; the prefix leads to all of them."""
    page.goto("/")
    page.get_by_role("combobox", name="Domain").press_sequentially("axb")
    expect(page.locator("#names option")).to_have_attribute("value", "axb.de")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="axb.de").press("Enter")

    expect(page.get_by_role("heading", name="axb.de")).to_be_visible()


@pytest.mark.parametrize("view", [*VIEWS, "readiness"])
def test_a_view_without_scripts_has_its_table_and_form(browser, server_url, view):
    """Without scripts a button submits all choices."""
    with visit(browser, server_url, java_script_enabled=False) as plain:
        page = plain.page
        page.goto(f"/{view}")
        page.locator("select[name=date]").select_option("2023-01-05")
        page.locator("select[name=group]").select_option("tld")
        page.locator("main").get_by_role("button", name="Show").click()

        expect(page.locator("select[name=date]")).to_have_value("2023-01-05")
        expect(page.locator("tbody th").filter(has_text=".com")).to_be_visible()
        assert [] == plain.faults


@pytest.mark.parametrize(
    "path", ["/country-DE", "/tld-de", "/domain-a_b.de", "/changes", "/readiness/changes", "/readiness/hall-of-fame"]
)
def test_other_pages_without_scripts_have_their_tables(browser, server_url, path):
    """Without scripts the figures are in the page, folded or not."""
    with visit(browser, server_url, java_script_enabled=False) as plain:
        plain.page.goto(path)

        assert plain.page.locator("table tbody tr").count() >= 1
        assert [] == plain.faults


def test_nothing_moves_for_who_does_not_like_it(browser, server_url):
    """With prefers-reduced-motion no style moves anything."""
    with visit(browser, server_url, reduced_motion="reduce") as still:
        still.page.goto("/hosts")
        moving = still.page.evaluate(
            "[...document.querySelectorAll('*')].map((one) => getComputedStyle(one))"
            ".filter((one) => parseFloat(one.transitionDuration) > 0.01 || one.animationName !== 'none').length"
        )

    assert 0 == moving
