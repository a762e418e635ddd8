"""How interface identifiers were chosen."""

from __future__ import annotations

import secrets
from ipaddress import IPv6Address

import pytest

from ipv6matrix.store.queries.anatomy import addresses, identifier
from tests.exporters import made
from tests.samples import address, host, hosts_item


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("2001:db8::21a:2bff:fe3c:4d5e", "eui64"),
        ("2001:db8::200:5efe:192.0.2.1", "isatap"),
        ("2001:db8::5efe:c000:201", "isatap"),
        ("2001:db8::192.0.2.1", "embedded_ipv4"),
        ("2001:db8::192:0:2:1", "embedded_ipv4"),
        ("2001:db8::443", "embedded_port"),
        ("2001:db8::1bb", "embedded_port"),
        ("2001:db8::1", "low_byte"),
        ("2001:db8::ffff", "low_byte"),
        ("2001:db8::", "low_byte"),
        ("2001:db8::1:0:0:1", "byte_pattern"),
        ("2001:db8::abab:abab:cdef:123", "byte_pattern"),
        ("2001:db8::8a2e:370:7334:1c9d", "random"),
    ],
)
def test_each_pattern_has_a_word(text, word):
    """
    The first pattern that applies counts.
    """
    assert word == identifier(text, "192.0.2.1")


def test_another_address_is_not_embedded():
    """
    Only the host's own IPv4 address is recognised: any 32 bits look like one.
    """
    assert "embedded_ipv4" != identifier("2001:db8::192.0.2.9", "192.0.2.1")


def test_random_identifiers_are_random():
    """
    Of 1,000 random identifiers hardly any has a pattern.
    """
    words = [identifier(str(IPv6Address((0x20010DB8 << 96) + secrets.randbits(64)))) for _ in range(1000)]

    assert words.count("random") > 980


@pytest.mark.parametrize(("asns", "same"), [((1, 1), True), ((1, 2), False), ((None, 2), None)])
def test_networks_of_both_families_are_compared(tmp_path, asns, same):
    """
    Addresses without a known autonomous system are not compared.
    """
    four, six = (address(text, asn=asn) for text, asn in zip(("192.0.2.1", "2001:db8::1"), asns, strict=True))
    item = hosts_item(host("www.a.example", "192.0.2.1", "2001:db8::1"))
    item.addresses = (four, six)
    store = made.crawl(tmp_path / "ips.db", item)

    assert [("www.a.example", "2001:db8::1", "low_byte", same)] == list(addresses(store))
