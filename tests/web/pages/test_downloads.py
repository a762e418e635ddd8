"""Downloads of a view."""

from __future__ import annotations

import pytest
from lxml import etree, html

from tests.web.summaries import DATES

STATES = [
    f"/hosts?date={DATES[0]}&type=WWW,MX&tld=de,uk&least=0",
    "/dualstack?group=tld",
    "/ping/country-DE?group=type",
    "/path?group=date&type=NS",
    f"/reach/country-GB?service=HTTP,SMTPS&group=service&date={DATES[1]}",
    "/domains?sort=-any&least=0",
    "/readiness?group=tld&least=1",
    "/readiness/tag-uni?group=date",
    "/readiness/country-DE?bracket=1000&group=bracket",
]


@pytest.mark.parametrize("path", STATES)
async def test_the_data_are_those_of_the_table(web, path):
    """A download has the rows of the table, in the same order and with the same counts."""
    page = html.fromstring((await web.get(path)).text)
    links = {link.text: link.get("href") for link in page.xpath("//*[@class='files'][contains(., 'This table')]/a")}
    rows = (await web.get(links["JSON"])).json()

    cells = [
        row.xpath("td/text()")[0].replace(",", "")
        for row in page.xpath("//*[@aria-labelledby='table-title']//tbody/tr")
    ]
    groups = ("date", "country", "tld", "bracket", "type", "service")
    counted = next(name for name in rows[0] if name not in groups)
    assert cells == [str(row[counted]) for row in rows]
    assert dict.fromkeys(links, 200) == {text: (await web.get(link)).status_code for text, link in links.items()}


@pytest.mark.parametrize("path", STATES)
async def test_api_v1_has_the_same_sums(web, path):
    """Where API v1 has the same filters, it returns the same sums."""
    page = html.fromstring((await web.get(path)).text)
    links = {link.text: link.get("href") for link in page.xpath("//*[@class='files'][contains(., 'This table')]/a")}
    ours = (await web.get(links["JSON"])).json()
    if "API v1" not in links:
        assert "," in path
        return

    theirs = (await web.get(links["API v1"])).json()["items"]
    names = ours[0].keys() & theirs[0].keys()
    assert len(names) > 2
    assert sorted(repr([row[name] for name in sorted(names)]) for row in ours) == sorted(
        repr([row[name] for name in sorted(names)])
        for row in theirs
        if row["date"] in {our_row["date"] for our_row in ours}
    )


@pytest.mark.parametrize("what", ["map", "chart", "kinds"])
async def test_a_picture_tells_where_it_is_from(web, what):
    """A picture contains its title, its filters and its source."""
    svg = etree.fromstring((await web.get(f"/dualstack/country-DE/{what}.svg?type=MX")).content)
    title, source = (element.text for element in svg.findall("{http://www.w3.org/2000/svg}text"))

    assert title.startswith("Address families of hosts: ")
    assert f"IPv6 Matrix, crawls of {DATES[0]} to {DATES[-1]} · Germany, MX" == source


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/hosts/table.doc", 404),
        ("/hosts/table.csv?tld=nothing", 404),
        ("/hosts/kinds.svg", 404),
        ("/hosts/table.csv?tld=a%20b", 400),
        ("/hosts/map.svg?date=x", 400),
    ],
)
async def test_what_is_not_there_is_told(web, path, status):
    """An unknown download is a client error, never a server error."""
    assert status == (await web.get(path)).status_code
