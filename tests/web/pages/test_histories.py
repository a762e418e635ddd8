"""Charts of one domain."""

from __future__ import annotations

import datetime as dt

import pytest
from lxml import etree

from ipv6matrix.web.pages import histories

DATES = (dt.date(2022, 7, 20), dt.date(2023, 1, 5))


def crawl(date, **values):
    kinds = {f"{kind}_{what}": 0 for kind in ("www", "mx", "ns", "ntp") for what in ("hosts", "with_ipv6")}
    ports = {f"{port}_ipv{family}_open": 0 for port in ("http", "https", "smtp") for family in (4, 6)}
    return {"date": date, **kinds, **ports, "ping_ratio": None, "path_ratio": None, **values}


def titles(svg):
    return [element.text for element in etree.fromstring(svg).iter("{http://www.w3.org/2000/svg}title")][1:]


def test_hosts_are_stacked_by_whether_they_have_ipv6():
    """Crawls are in order of time; kinds that the domain never had are omitted."""
    crawls = [crawl(DATES[1], www_hosts=3, www_with_ipv6=2), crawl(DATES[0], www_hosts=2)]
    drawn = histories.drawings("a.de", crawls)

    assert {"www", "open"} == set(drawn)
    assert [
        "No IPv6 found, 2022-07-20: 2",
        "No IPv6 found, 2023-01-05: 1",
        "With IPv6, 2022-07-20: 0",
        "With IPv6, 2023-01-05: 2",
    ] == titles(drawn["www"][1])


def test_a_crawl_without_a_ratio_has_no_point():
    """A crawl without measurements has no point, rather than one at 0."""
    drawn = histories.drawings("a.de", [crawl(DATES[1]), crawl(DATES[0], ping_ratio=1.5)])

    assert ["Round-trip time, IPv6 / IPv4, 2022-07-20: 1.50"] == titles(drawn["ratio"][1])


@pytest.mark.parametrize(("what", "status"), [("www", 200), ("open", 200), ("weather", 404)])
async def test_each_chart_can_be_taken_away(web, what, status):
    """Each chart can be saved as SVG, named after the domain."""
    answer = await web.get(f"/domain-site00.com/{what}.svg")

    assert status == answer.status_code
    assert status == 404 or b"<title>site00.com: " in answer.content
