"""Addresses that are never probed."""

from __future__ import annotations

import time

import pytest

from ipv6matrix import context
from ipv6matrix.items import Exclusion
from ipv6matrix.middlewares.forbidden import ForbiddenAddressMiddleware
from tests import urls
from tests.crawlers import count, crawler


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (urls.ping("127.0.0.1"), "loopback"),
        (urls.trace("10.0.0.1"), "private"),
        (urls.tcp("fe80::1", (25,), starttls=True), "link_local"),
        (urls.ping("::ffff:1.1.1.1"), "mapped"),
        (urls.tcp("ff02::1", (80,), starttls=False), "multicast"),
        (urls.ping("2002:a00:1::1"), "private"),
        ("dns://10.0.0.1/example.com?type=NS", "private"),
        ("dns://127.0.0.1:5353/example.com?type=A&type=AAAA&labels=www", "loopback"),
        ("dns://[::1]:53/192.0.2.1?type=PTR", "loopback"),
        ("dns://[fe80::1%25eth0]/example.com?type=NS", "link_local"),
        ("dns://[2002:a00:1::1]/example.com?type=NS", "private"),
        ("dns://[::ffff:10.0.0.1]/example.com?type=NS", "private"),
    ],
)
def test_a_probe_of_a_forbidden_address_is_excluded(tmp_path, url, reason):
    """
    Every kind of probe is excluded with the kind of the address, and counted; so is a lookup at a forbidden server.
    """
    made = crawler(tmp_path)
    request = urls.request(url)
    before = time.time()
    response = ForbiddenAddressMiddleware.from_crawler(made).process_request(request)

    assert Exclusion(reason=reason) == response.observation
    assert 1 == count(made, f"refused/{reason}")
    assert before <= request.meta["refused_at"] <= time.time()


@pytest.mark.parametrize(
    "url",
    [
        urls.ping("1.1.1.1"),
        urls.trace("2a00::1"),
        urls.ping("2002:101:101::1"),
        urls.reverse("10.0.0.1"),
        urls.host("localhost.example"),
        "dns://1.1.1.1/example.com?type=NS",
    ],
)
def test_other_requests_pass(tmp_path, url):
    """Global addresses are probed, and a query to the resolver sends nothing to its subject."""
    made = crawler(tmp_path)

    assert ForbiddenAddressMiddleware.from_crawler(made).process_request(urls.request(url)) is None


def test_allowed_networks_may_be_probed(tmp_path):
    """PROBE_ALLOWED_NETWORKS allows a network."""
    made = crawler(tmp_path, PROBE_ALLOWED_NETWORKS="198.18.0.0/15")
    forbidden = ForbiddenAddressMiddleware.from_crawler(made)

    assert forbidden.process_request(urls.request("ping://198.18.0.1")) is None
    assert forbidden.process_request(urls.request("ping://10.0.0.1")) is not None


def test_a_skipped_family_is_excluded(tmp_path):
    """What the preflight skips is not probed, including pending requests of an earlier start."""
    made = crawler(tmp_path)
    forbidden = ForbiddenAddressMiddleware.from_crawler(made)
    context.of(made).plan.skip_family(6, "no route")

    assert Exclusion(reason="no_ipv6") == forbidden.process_request(urls.request("ping://[2a00::1]")).observation
