"""
Lists of domains, single domains, and badges.
"""

from __future__ import annotations

import pytest

from ipv6matrix.summaries.rows import DomainRow
from tests.web.summaries import DATES, ROWS
from tests.web.v1.asking import ask, everything


def summary(row):
    six = row.www_hosts6 + row.mx_hosts6 + row.ns_hosts6 + row.ntp_hosts6
    return {
        "date": str(row.date),
        "domain": row.domain,
        "country": row.country,
        "ipv6": "yes" if six else "unknown" if row.unknown else "no",
        "www_hosts": row.www_hosts,
        "www_with_ipv6": row.www_hosts6,
        "mx_hosts": row.mx_hosts,
        "mx_with_ipv6": row.mx_hosts6,
        "ns_hosts": row.ns_hosts,
        "ns_with_ipv6": row.ns_hosts6,
        "ntp_hosts": row.ntp_hosts,
        "ntp_with_ipv6": row.ntp_hosts6,
        "http_ipv4_open": row.http4,
        "http_ipv6_open": row.http6,
        "https_ipv4_open": row.https4,
        "https_ipv6_open": row.https6,
        "smtp_ipv4_open": row.smtp4,
        "smtp_ipv6_open": row.smtp6,
        "ping_faster_over_ipv6": row.faster,
        "ping_ratio": row.pingratio or None,
        "path_shorter_over_ipv6": row.fewer,
        "path_ratio": row.hopratio or None,
        "unknown": row.unknown,
    }


def expected(date=DATES[-1], wanted=lambda item: True):
    rows = sorted((row for row in ROWS if isinstance(row, DomainRow) and row.date == date), key=lambda row: row.domain)
    return [item for item in map(summary, rows) if wanted(item)]


@pytest.mark.parametrize("limit", [1, 7, 1000])
async def test_domains_come_by_name(both, limit):
    """Domains of the last crawl are sorted by name, with paging."""
    assert expected() == await everything(both, f"/domains?limit={limit}")


@pytest.mark.parametrize(
    ("parameters", "wanted"),
    [
        ("prefix=SITE0", lambda item: item["domain"].startswith("site0")),
        ("prefix=a_", lambda item: item["domain"].startswith("a_")),
        ("prefix=%25", lambda item: False),
        ("country=de", lambda item: item["country"] == "DE"),
        ("ipv6=yes", lambda item: item["ipv6"] == "yes"),
        ("ipv6=no", lambda item: item["ipv6"] == "no"),
        ("ipv6=unknown", lambda item: item["ipv6"] == "unknown"),
        (
            "ipv6=no&country=de&after=b",
            lambda item: item["ipv6"] == "no" and item["country"] == "DE" and item["domain"] > "b",
        ),
        ("ipv6=unknown&prefix=s", lambda item: item["ipv6"] == "unknown" and item["domain"].startswith("s")),
        ("after=site05.DE", lambda item: item["domain"] > "site05.de"),
    ],
)
async def test_domains_are_filtered(both, parameters, wanted):
    """Domains are filtered by prefix, country and IPv6."""
    assert expected(wanted=wanted) == await everything(both, f"/domains?limit=3&{parameters}")


async def test_an_earlier_crawl_may_be_asked_for(web):
    """An earlier crawl has its own domains."""
    assert expected(DATES[1]) == await everything(web, f"/domains?date={DATES[1]}")


@pytest.mark.parametrize("name", ["a_b.de", "A_B.DE", "a_b.de."])
async def test_a_domain_has_its_history(web, name):
    """A domain has one row for each crawl, however its name is spelled."""
    answer = await ask(web, f"/domains/{name}")
    rows = [item for date in DATES for item in expected(date) if item["domain"] == "a_b.de"]

    assert {"domain": "a_b.de", "crawls": rows, "facts_status": "no_file", "facts": None} == answer


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
