"""The page for trying out the APIs."""

from __future__ import annotations

import pytest
from lxml import html


@pytest.fixture
async def page(web):
    return html.fromstring((await web.get("/api")).text)


async def test_it_has_a_form_for_each_path(web, page):
    """Each path has a form with a field for each documented parameter."""
    paths = (await web.get("/openapi.json")).json()["paths"]

    expected = {
        path: {parameter["name"] for parameter in what["get"].get("parameters", [])} for path, what in paths.items()
    }
    forms = page.xpath("//main//form")
    assert expected == {form.action: {field.name for field in form.xpath(".//input|.//select")} for form in forms}


async def test_it_loads_nothing_from_elsewhere(web, page):
    """Scripts and styles are local files; none is inline."""
    loaded = {*page.xpath("//script/@src|//link[@rel!='canonical']/@href|//img/@src")}

    assert all(path.startswith("/static/") for path in loaded)
    assert {"/static/api.css", "/static/api.js"} <= loaded
    assert {200} == {(await web.get(path)).status_code for path in loaded}
    assert [] == page.xpath("//style|//script[not(@src)]|//@style|//@onclick")


async def test_a_form_works_without_scripts(web, page):
    """All fields may be sent as a browser sends them, including empty ones."""
    for form in page.xpath("//main//form"):
        if not form.xpath(".//@data-in-path"):
            answer = await web.get(form.action, params=[(name, value or "") for name, value in form.form_values()])
            assert 200 == answer.status_code, form.action


async def test_its_links_lead_somewhere(web, page):
    """Each example returns an answer."""
    links = page.xpath("//a/@href")

    assert len(links) >= 3
    assert {200} == {(await web.get(link)).status_code for link in links}
