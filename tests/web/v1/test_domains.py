"""Lists of domains, single domains, and badges."""

from __future__ import annotations

import pytest

from ipv6matrix.summaries.rows import DomainRow
from tests.web.summaries import DATES, ROWS
from tests.web.v1.asking import ask, everything


def expected(date=DATES[-1], wanted=lambda *_: True):
    """Return the names of domains in plain Python; test_golden.py has their figures."""
    rows = [row for row in ROWS if isinstance(row, DomainRow) and row.date == date]
    return sorted(row.domain for row in rows if wanted(row, state(row)))


def state(row):
    six = row.www_hosts6 + row.mx_hosts6 + row.ns_hosts6 + row.ntp_hosts6
    return "yes" if six else "unknown" if row.unknown else "no"


async def names(web, path):
    return [item["domain"] for item in await everything(web, path)]


@pytest.mark.parametrize("limit", [1, 7, 1000])
async def test_domains_come_by_name(both, limit):
    """Domains of the last crawl are sorted by name, with paging."""
    assert expected() == await names(both, f"/domains?limit={limit}")


@pytest.mark.parametrize(
    ("parameters", "wanted"),
    [
        ("prefix=SITE0", lambda row, _: row.domain.startswith("site0")),
        ("prefix=a_", lambda row, _: row.domain.startswith("a_")),
        ("prefix=%25", lambda *_: False),
        ("country=de", lambda row, _: row.country == "DE"),
        ("ipv6=yes", lambda _, ipv6: ipv6 == "yes"),
        ("ipv6=no", lambda _, ipv6: ipv6 == "no"),
        ("ipv6=unknown", lambda _, ipv6: ipv6 == "unknown"),
        (
            "ipv6=no&country=de&after=b",
            lambda row, ipv6: ipv6 == "no" and row.country == "DE" and row.domain > "b",
        ),
        ("ipv6=unknown&prefix=s", lambda row, ipv6: ipv6 == "unknown" and row.domain.startswith("s")),
        ("after=site05.DE", lambda row, _: row.domain > "site05.de"),
    ],
)
async def test_domains_are_filtered(both, parameters, wanted):
    """Domains are filtered by prefix, country and IPv6."""
    assert expected(wanted=wanted) == await names(both, f"/domains?limit=3&{parameters}")


async def test_an_earlier_crawl_may_be_asked_for(web):
    """An earlier crawl has its own domains."""
    assert expected(DATES[1]) == await names(web, f"/domains?date={DATES[1]}")


@pytest.mark.parametrize("name", ["a_b.de", "A_B.DE", "a_b.de."])
async def test_a_domain_has_its_history(web, name):
    """A domain has one row for each crawl, however its name is spelled."""
    answer = await ask(web, f"/domains/{name}")

    assert ("a_b.de", "no_file", None) == (answer["domain"], answer["facts_status"], answer["facts"])
    assert list(map(str, DATES)) == [crawl["date"] for crawl in answer["crawls"]]


async def test_a_name_may_be_international(web):
    """U-labels are converted to A-labels."""
    assert "xn--mnchen-3ya.de" == (await ask(web, "/domains/m\u00fcnchen.de"))["domain"]


async def test_a_badge_shows_the_last_crawl(web):
    """A badge is an image that other sites may embed."""
    answer = await web.get("/api/v1/domains/once.com/badge.svg")

    assert (200, "image/svg+xml") == (answer.status_code, answer.headers["content-type"])
    assert f"({DATES[1]})" in answer.text
    assert "cross-origin" == answer.headers["cross-origin-resource-policy"]


@pytest.mark.parametrize("path", ["/domains/nowhere.example", "/domains/nowhere.example/badge.svg", "/domains/x"])
async def test_what_nobody_asked_about_is_not_found(web, path):
    """A domain that was never crawled is not found, rather than without IPv6."""
    assert 404 == (await web.get(f"/api/v1{path}")).status_code
