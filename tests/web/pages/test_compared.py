"""Comparisons of two crawls."""

from __future__ import annotations

import datetime as dt

import pytest
from lxml import html
from starlette.datastructures import QueryParams

from ipv6matrix.web.pages import compared
from ipv6matrix.web.pages.addresses import BadStateError
from tests.web.summaries import DATES


async def read(web, path):
    answer = await web.get(path)
    assert 200 == answer.status_code, path
    return html.fromstring(answer.text)


def domains(page):
    return page.xpath("//h2[@id='by-domain']/..//tbody//a/text()")


@pytest.mark.parametrize("asked", ["change=gained", "change=lost", "country=DE", "change=lost&country=gb"])
async def test_filters_are_those_of_the_api(web, asked):
    """Changes can be filtered by kind and country."""
    dates = f"from={DATES[0]}&to={DATES[2]}"
    expected = (await web.get(f"/api/v1/changes/domains?{dates}&{asked}")).json()["items"]

    assert [item["domain"] for item in expected] == domains(await read(web, f"/changes?{dates}&{asked}"))
    assert expected


async def test_pages_follow_each_other(web, monkeypatch):
    """Together, the pages are the whole list without repetition."""
    whole = domains(await read(web, "/changes"))
    monkeypatch.setattr(compared, "MOST", 3)
    # Another address than before, or the kept answer would be given.
    path, names = f"/changes?from={DATES[1]}&to={DATES[2]}", []
    while path:
        page = await read(web, path)
        names += domains(page)
        path = next(iter(page.xpath("//a[@rel='next']/@href")), None)

    assert len(whole) > 3
    assert whole == names


async def test_the_greatest_difference_comes_first(web):
    """Rows are sorted by the size of the difference, whether up or down."""
    page = await read(web, "/changes")
    points = [abs(float(text)) for text in page.xpath("//h2[@id='by-tld']/..//tbody//td[3]/text()")]

    assert len(points) > 1
    assert sorted(points, reverse=True) == points


async def test_links_lead_to_the_data_shown(web):
    """Links to the data have the crawls and filters of the page."""
    page = await read(web, f"/changes?from={DATES[0]}&to={DATES[1]}&change=gained&country=DE")
    links = page.xpath("//p[@class='files']/a/@href")

    assert f"/api/v1/changes/domains?from={DATES[0]}&to={DATES[1]}&change=gained&country=DE" in links
    assert {200} == {(await web.get(link)).status_code for link in links}


def test_without_dates_the_last_two_crawls_are_compared():
    """The default is the last two crawls; the first crawl has none before it."""
    last = compared.read(QueryParams(""), DATES)
    single = compared.read(QueryParams(""), DATES[:1])
    none = compared.read(QueryParams(""), ())

    assert [(DATES[1], DATES[2]), (None, DATES[0]), (None, None)] == [
        (it.before, it.after) for it in (last, single, none)
    ]


@pytest.mark.parametrize("asked", ["change=grown", "country=Q", "country=XQ1", "from=x", "to=x"])
def test_what_makes_no_sense_is_told(asked):
    """The error for an invalid value begins with the name of the parameter."""
    with pytest.raises(BadStateError, match=f"^Invalid {asked.partition('=')[0]}: "):
        compared.read(QueryParams(asked), (dt.date(2022, 1, 1), dt.date(2022, 2, 1)))
