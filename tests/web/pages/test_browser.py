"""The pages in a real browser: Debian's Chromium."""

from __future__ import annotations

import re

from playwright.sync_api import expect

# Milliseconds of each crawl while all are played, as in site.js.
FILM_STEP = 1_100


def test_the_slider_moves_by_keyboard_and_back(page):
    """Each crawl has its own address, and the browser goes back to the previous one."""
    page.goto("/hosts")
    page.locator("input[type=range]").press("ArrowLeft")
    page.wait_for_url(re.compile(r"/hosts\?date=2023-01-05"))
    expect(page.locator("#date")).to_have_value("2023-01-05")
    page.go_back()

    expect(page.locator("#date")).to_have_value("2024-02-29")


def test_a_country_is_chosen_on_the_map(page):
    """A click on a country chooses it; its name appears under the pointer."""
    page.goto("/hosts")
    germany = page.locator(".map a[aria-label^='Germany']")
    germany.hover()
    expect(page.locator("#tip")).to_contain_text("Germany: ")
    germany.click()

    page.wait_for_url("**/hosts/country-DE**")


def test_names_are_suggested(page):
    """Names are suggested during typing."""
    page.goto("/domain")
    page.locator(".find input").press_sequentially("axb")

    expect(page.locator("#names option")).to_have_attribute("value", "axb.de")


def test_dark_is_dark(browser, server_url):
    """Colours follow the preference of the reader's system."""
    colours = []
    for scheme in ("light", "dark"):
        with browser.new_context(base_url=server_url, color_scheme=scheme) as context:
            page = context.new_page()
            page.goto("/hosts")
            colours.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))

    assert ["rgb(246, 248, 250)", "rgb(13, 17, 23)"] == colours


def test_a_view_can_be_read_without_scripts(browser, server_url):
    """Without scripts a button submits the choices."""
    with browser.new_context(base_url=server_url, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto("/hosts")
        page.locator("select[name=group]").select_option("tld")
        page.get_by_role("button", name="Show").click()

        expect(page.locator("tbody th").first).to_contain_text(".")


def test_the_film_plays_when_it_is_asked_to_and_is_one_step_back(page):
    """At the last crawl playback starts over; map, table and address follow."""
    stopped_clock(page)
    page.goto("/hosts?group=type")
    page.clock.run_for(60_000)
    expect(page.locator("#map-title")).to_contain_text("2024-02-29")
    page.get_by_role("button", name="Play").press("Enter")
    for date in ("2022-07-20", "2023-01-05", "2024-02-29"):
        expect(page.locator("#map-title")).to_contain_text(date)
        expect(page.locator("#table-title")).to_contain_text(date)
        page.clock.run_for(FILM_STEP)
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    assert page.url.endswith("/hosts?group=type&date=2024-02-29")
    page.go_back()

    expect(page).to_have_url(re.compile("/hosts.group=type$"))


def test_the_film_can_be_paused(page):
    """Paused playback stays at its crawl."""
    stopped_clock(page)
    page.goto("/hosts")
    page.get_by_role("button", name="Play").click()
    expect(page.locator("#map-title")).to_contain_text("2022-07-20")
    page.get_by_role("button", name="Pause").click()
    page.clock.run_for(10 * FILM_STEP)

    expect(page.get_by_role("button", name="Play")).to_be_visible()
    assert page.url.endswith("/hosts?date=2022-07-20")
    assert "2022-07-20" in page.locator("#map-title").text_content()


def stopped_clock(page):
    """Let time pass only when a test advances it."""
    page.clock.install(time=0)
    page.clock.pause_at(1_000)


def test_every_picture_can_be_taken_as_png(page):
    """Each chart can be saved as PNG, named after view, date and filters."""
    page.goto("/dualstack?date=2023-01-05&type=WWW,MX")
    names = []
    for button in page.locator(".png").all():
        with page.expect_download() as download:
            button.click()
        names.append(download.value.suggested_filename)
        assert b"\x89PNG" == download.value.path().read_bytes()[:4]

    begins = "ipv6matrix-dualstack-dual-WWW-MX-by-country-2023-01-05-"
    assert [f"{begins}{what}.png" for what in ("map", "kinds", "chart")] == names


def test_filters_are_in_the_address_and_back_undoes_them(page):
    """Checkboxes are one list in the address; a country of the list has its own address."""
    page.goto("/hosts")
    page.locator("[value=NTP]").uncheck()
    page.locator("[value=NS]").uncheck()
    page.locator("[name=tld]").fill("com,de")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url(re.compile(r"tld=com%2Cde.*type=WWW%2CMX$"))
    page.locator("[name=country]").select_option("DE")
    page.wait_for_url(re.compile(r"/hosts/country-DE\?.*type=WWW,MX"))
    expect(page.locator("[value=NTP]")).not_to_be_checked()
    page.go_back()
    page.wait_for_url(re.compile(r"/hosts\?"))
    page.go_back()

    expect(page.locator("[value=NTP]")).to_be_checked()
    expect(page.locator("[name=tld]")).to_have_value("")


def test_a_small_country_is_found_on_a_narrow_screen(browser, server_url):
    """A small country can be chosen by name in the list."""
    with browser.new_context(base_url=server_url, viewport={"width": 360, "height": 700}) as context:
        page = context.new_page()
        page.goto("/hosts")
        page.locator("[name=country]").select_option("United Kingdom")
        page.wait_for_url("**/hosts/country-GB**")

        assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_the_chosen_crawl_is_in_sight_on_a_narrow_screen(browser, server_url):
    """A chart that is wider than its card is scrolled to the chosen crawl, also if that changes."""
    with browser.new_context(base_url=server_url, viewport={"width": 360, "height": 700}) as context:
        page = context.new_page()
        for date in ("2024-02-29", "2022-07-20"):
            page.goto(f"/hosts?date={date}")
            figure = page.locator("figure", has=page.locator(".chart")).bounding_box()
            mark = page.locator(".chart .now").bounding_box()

            assert figure["x"] <= mark["x"] <= figure["x"] + figure["width"]
