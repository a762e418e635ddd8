"""Known prefixes of tunnels."""

from __future__ import annotations

import csv
from importlib.resources import files
from ipaddress import IPv6Network

import pytest

from ipv6matrix.reference.tunnels import TunnelPrefixes


@pytest.mark.parametrize(
    ("address", "identifier"),
    [
        ("2001:db8:1::1", "narrow"),
        ("2001:db8:1:ffff:ffff:ffff:ffff:ffff", "narrow"),
        ("2001:db8:2::", "wide"),
        ("2001:db9::", None),
        ("2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", None),
        ("::1", None),
    ],
)
def test_the_longest_prefix_wins(address, identifier):
    """An address belongs to the longest known prefix that contains it."""
    prefixes = TunnelPrefixes([(IPv6Network("2001:db8::/32"), "wide"), (IPv6Network("2001:db8:1::/48"), "narrow")])

    assert identifier == prefixes.identify(address)


def test_the_first_of_equal_prefixes_wins():
    """A prefix that is listed twice has its first identifier."""
    prefixes = TunnelPrefixes([(IPv6Network("2001:db8::/32"), "first"), (IPv6Network("2001:db8::/32"), "second")])

    assert "first" == prefixes.identify("2001:db8::1")


@pytest.mark.parametrize(
    ("address", "identifier"),
    [("2002:c000:204::1", "U0001"), ("2001:0:1::1", "U3000"), ("2a01:e30::1", "U2000"), ("2a01:e3f::1", "U2001")],
)
def test_well_known_mechanisms_are_recognised(address, identifier):
    """6to4, Teredo and the 6rd of Free, whose narrower prefix precedes the wider, have their identifiers."""
    assert identifier == TunnelPrefixes.known().identify(address)


def test_every_prefix_of_the_list_is_found():
    """The first address of each listed prefix has an identifier of a prefix that contains it."""
    known = TunnelPrefixes.known()
    with files("ipv6matrix").joinpath("data/ipv6-prefixes.csv").open(encoding="utf-8") as stream:
        rows = [(row["id"], IPv6Network(row["prefix"], strict=False)) for row in csv.DictReader(stream)]

    assert rows
    for address in (network[0] for _, network in rows):
        assert known.identify(str(address)) in {identifier for identifier, network in rows if address in network}
