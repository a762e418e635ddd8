"""IPv6 prefixes that IANA has allocated."""

from __future__ import annotations

from ipaddress import IPv6Network
from itertools import pairwise

from ipv6matrix.targets import allocations


def test_allocations_are_ordered_parts_of_unicast_space():
    """Every prefix is a part of 2000::/3, and none contains another."""
    prefixes = allocations.ipv6_unicast()

    assert all(prefix.subnet_of(IPv6Network("2000::/3")) for prefix in prefixes)
    assert all(earlier.broadcast_address < later.network_address for earlier, later in pairwise(prefixes))
