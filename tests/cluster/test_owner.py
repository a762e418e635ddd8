"""The owners of requests."""

from __future__ import annotations

import pytest

from ipv6matrix.cluster import owner
from tests import urls
from tests.samples import domain_url


@pytest.mark.parametrize(
    ("url", "other"),
    [
        (domain_url("example.co.uk"), urls.host("www.mail.example.co.uk")),
        (urls.host("www.example.com"), urls.again(urls.host("www.example.com"))),
        (urls.ping("192.0.2.1"), urls.ping("192.0.2.255")),
        (urls.ping("2001:db8:1::1"), "trace://[2001:db8:1:ffff::2]"),
        (urls.ping("192.0.2.1"), urls.reverse("192.0.2.7")),
        (urls.ping("192.0.2.1"), "dns://192.0.2.9/a.example?type=NS"),
    ],
)
def test_requests_of_one_domain_or_network_have_one_owner(url, other):
    """Names belong to their registrable domain, and addresses to their /24 or /48."""
    assert owner.owner(url) == owner.owner(other)
    assert owner.bucket(url) == owner.bucket(other)


@pytest.mark.parametrize(
    ("url", "other"),
    [
        (domain_url("a.co.uk"), domain_url("b.co.uk")),
        (urls.ping("192.0.2.1"), urls.ping("192.0.3.1")),
        (urls.ping("2001:db8:1::1"), urls.ping("2001:db8:2::1")),
    ],
)
def test_others_have_different_owners(url, other):
    """Two domains below one public suffix have two owners."""
    assert owner.owner(url) != owner.owner(other)


def test_buckets_are_filled_evenly():
    """Ten thousand domains use most of the buckets."""
    buckets = {owner.bucket(domain_url(f"d{number}.example")) for number in range(10_000)}

    assert len(buckets) > owner.BUCKETS * 0.85
    assert buckets <= set(range(owner.BUCKETS))


def test_a_name_without_a_registrable_domain_is_its_own_owner():
    """A top-level domain can be on the list."""
    assert b"com" == owner.owner(domain_url("com"))
