"""
Known prefixes of IPv6 tunnels and transition mechanisms.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from importlib.resources import files
from ipaddress import IPv6Network, ip_address
from typing import Self


class TunnelPrefixes:
    """Finds the known prefix of an address; the longest one wins, the first among equals."""

    def __init__(self, prefixes: Iterable[tuple[IPv6Network, str]]) -> None:
        self._by_length: dict[int, dict[int, str]] = {}
        for network, identifier in prefixes:
            shift = 128 - network.prefixlen
            self._by_length.setdefault(shift, {}).setdefault(int(network.network_address) >> shift, identifier)
        self._shifts = sorted(self._by_length)

    @classmethod
    def known(cls) -> Self:
        """Read data/ipv6-prefixes.csv, which is part of the package."""
        with files("ipv6matrix").joinpath("data/ipv6-prefixes.csv").open(encoding="utf-8") as stream:
            return cls([(IPv6Network(row["prefix"], strict=False), row["id"]) for row in csv.DictReader(stream)])

    def identify(self, address: str) -> str | None:
        """Return the identifier of the prefix that contains an IPv6 address, or None."""
        value = int(ip_address(address))
        for shift in self._shifts:
            identifier = self._by_length[shift].get(value >> shift)
            if identifier:
                return identifier
        return None
