"""The contents of a view."""

from __future__ import annotations

import pytest
from lxml import html

from ipv6matrix.web.pages import showing, state
from ipv6matrix.web.pages.views import VIEWS
from tests.web.summaries import DATES


@pytest.fixture
def filled(model):
    def fill(view, country=None, **values):
        return showing.filled(model, state.read(VIEWS[view], country, values, DATES))

    return fill


@pytest.mark.parametrize(
    ("view", "group", "charts"),
    [
        ("hosts", "country", ["chart"]),
        ("dualstack", "tld", ["kinds", "chart"]),
        ("dualstack", "date", ["kinds", "chart"]),
        ("ping", "type", ["chart"]),
        ("path", "date", ["chart", "chart"]),
    ],
)
def test_kinds_are_stacked_and_ratios_have_an_axis_of_their_own(filled, view, group, charts):
    """Stacked kinds and ratios have charts of their own, next to the lines of groups."""
    assert charts == [drawing.kind for drawing in filled(view, group=group)["drawings"]]


def test_rows_below_the_least_are_left_out_but_counted(filled):
    """Rows below the minimum are omitted from table, mean and map, and included in the total."""
    whole, some = filled("hosts", least="0"), filled("hosts", least="400")

    assert 0 < some["table"].left_out == len(whole["rows"]) - len(some["rows"])
    assert whole["total"] == some["total"]
    assert whole["map"].count("<a ") > some["map"].count("<a ")
    assert some["means"]["hosts"] == sum(row["hosts"] for row in some["rows"]) / len(some["rows"])


def test_every_country_with_hosts_can_be_chosen(filled):
    """Countries are listed by name, including small ones and the chosen one."""
    assert [("DE", "Germany"), ("GB", "United Kingdom"), ("US", "United States")] == filled("hosts")["countries"]
    assert ("MT", "Malta") in filled("hosts", "MT")["countries"]


def test_filters_that_leave_nothing_say_so(filled):
    """If no row matches the filters, no link leads to empty data."""
    values = filled("hosts", tld="nowhere")

    assert ([], {}) == (values["rows"], values["data"])


async def test_a_country_can_be_chosen_without_scripts(web):
    """A form with a country redirects to that country's address, without the group of the map."""
    answer = await web.get("/hosts?country=DE&group=country&tld=com,de&type=MX&type=NS")
    assert (307, "/hosts/country-DE?tld=com,de&type=MX&type=NS") == (answer.status_code, answer.headers["location"])

    page = html.fromstring((await web.get(answer.headers["location"])).text)
    chosen = page.xpath("//form[@class='controls']")[0].form_values()
    assert {("country", "DE"), ("tld", "com,de"), ("type", "MX"), ("type", "NS")} <= set(chosen)
    assert ("type", "WWW") not in chosen


@pytest.mark.parametrize("code", ["//evil.example", "..%2F..%2Fapi", "%0d%0aX: y", "Q"])
async def test_no_form_leads_elsewhere(web, code):
    """A value that is not a country returns 404, whatever it looks like."""
    answer = await web.get(f"/hosts?country={code}", follow_redirects=True)

    assert (404, "matrix.example") == (answer.status_code, answer.url.host)
