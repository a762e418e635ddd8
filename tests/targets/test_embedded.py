"""IPv4 addresses inside IPv6 addresses."""

from __future__ import annotations

import pytest

from ipv6matrix.targets.embedded import ipv4_within


@pytest.mark.parametrize(
    ("address", "ipv4"),
    [
        ("2002:c0a8:101::1", ["192.168.1.1"]),
        ("2002:7f00:1:ffff:ffff:ffff:ffff:ffff", ["127.0.0.1"]),
        # RFC 4380 section 4: the server is embedded unchanged, the client with inverted bits.
        ("2001:0:101:101:8000:ef46:f5ff:fffe", ["1.1.1.1", "10.0.0.1"]),
        ("2001:0:909:909::f6f6:f6f6", ["9.9.9.9"]),
        ("::ffff:10.0.0.1", ["10.0.0.1"]),
        ("::10.0.0.1", ["10.0.0.1"]),
        ("::ffff:0:10.0.0.1", ["10.0.0.1"]),
        ("64:ff9b::10.0.0.1", ["10.0.0.1"]),
        ("2a00:1::5efe:10.0.0.1", ["10.0.0.1"]),
        ("2a00:1::200:5efe:10.0.0.1", ["10.0.0.1"]),
        ("fe80::5efe:10.0.0.1", ["10.0.0.1"]),
        ("2002:101:101::5efe:10.0.0.1", ["1.1.1.1", "10.0.0.1"]),
    ],
)
def test_embedded_addresses_are_found(address, ipv4):
    """6to4, Teredo, ISATAP, NAT64 and the old forms of IPv4 in IPv6 are recognised, also two at once."""
    assert ipv4 == list(ipv4_within(address))


@pytest.mark.parametrize(
    ("address", "ipv4"),
    [
        ("64:ff9b:1:a00:0:100::", "10.0.0.1"),
        ("64:ff9b:1:c0a8:1:7b00::", "192.168.1.123"),
        ("64:ff9b:1:ab0a:0:1::", "10.0.0.1"),
        ("64:ff9b:1:abcd:a:0:100:0", "10.0.0.1"),
        ("64:ff9b:1::10.0.0.1", "10.0.0.1"),
        ("64:ff9b:1:abcd::192.0.2.33", "192.0.2.33"),
    ],
)
def test_local_translation_prefixes_have_any_length(address, ipv4):
    """Below 64:ff9b:1::/48 an IPv4 address follows 48, 56, 64 or 96 bits (RFC 6052 section 2.4)."""
    assert ipv4 in ipv4_within(address)


@pytest.mark.parametrize("address", ["10.0.0.1", "2a00::1", "2003:a00:1::1", "2001:4:112::1", "2a00::5eff:10.0.0.1"])
def test_other_addresses_embed_nothing(address):
    """IPv4 addresses, and IPv6 addresses that merely look similar."""
    assert () == ipv4_within(address)
