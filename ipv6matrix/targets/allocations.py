"""
IPv6 prefixes that IANA has allocated. Addresses outside them are unallocated, and not probed.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from ipaddress import IPv6Network


@cache
def ipv6_unicast() -> tuple[IPv6Network, ...]:
    """Read data/iana-ipv6-unicast.csv, which is part of the package; lines that begin with `#` are comments."""
    with files("ipv6matrix").joinpath("data/iana-ipv6-unicast.csv").open(encoding="utf-8") as stream:
        rows = csv.DictReader(line for line in stream if not line.startswith("#"))
        return tuple(IPv6Network(row["prefix"]) for row in rows)
