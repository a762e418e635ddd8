"""
The canonical text of an address: the same in every version of Python, so that crawls can be compared.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

_MAPPED: Final = 0xFFFF
# Addresses remembered: each one is looked at a dozen times within a few seconds.
_REMEMBERED: Final = 8192


@lru_cache(_REMEMBERED)
def parsed(text: str) -> IPv4Address | IPv6Address:
    """Parse an address; raise ValueError for any other text."""
    return ip_address(text)


@lru_cache(_REMEMBERED)
def canonical_text(text: str) -> str:
    """Return the canonical text of an address; raise ValueError for any other text."""
    return canonical(parsed(text))


def canonical(address: IPv4Address | IPv6Address) -> str:
    """
    Return the text of an address, for IPv6 as in RFC 5952 section 4.

    Python 3.13 and later write IPv4-mapped addresses in dotted form (section 5); this function always uses hexadecimal.
    """
    value = int(address)
    if address.version == 6 and value >> 32 == _MAPPED:
        return f"::ffff:{value >> 16 & 0xFFFF:x}:{value & 0xFFFF:x}"
    return str(address)
