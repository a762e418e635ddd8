"""
IPv4 addresses embedded in IPv6 addresses.

A packet to such an address ends at the embedded IPv4 host or passes through it,
so the rules for that host apply to the whole address. An address that embeds
IPv4 under a network-specific prefix (RFC 6052 section 2.2, 6rd in RFC 5969)
looks like any other and cannot be detected here.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from ipaddress import IPv4Address, ip_address
from typing import Final

_32: Final = 0xFFFF_FFFF
# The first 96 bits of prefixes after which the last 32 bits are an IPv4 address.
_LAST_32: Final = {
    0: "::/96, IPv4-compatible (RFC 4291 section 2.5.5.1)",
    0xFFFF: "::ffff:0:0/96, IPv4-mapped (RFC 4291 section 2.5.5.2)",
    0xFFFF_0000: "::ffff:0:0:0/96, IPv4-translated (RFC 2765 section 2.1)",
    0x0064_FF9B << 64: "64:ff9b::/96, NAT64 (RFC 6052 section 2.1)",
}
_SIX_TO_FOUR: Final = 0x2002
_TEREDO: Final = 0x2001_0000
_LOCAL_NAT64: Final = 0x0064_FF9B_0001
_ISATAP: Final = 0x0000_5EFE
# The bit of an interface identifier that is set if its IPv4 address is globally unique (RFC 5214 section 6.1).
_UNIQUE: Final = 0x0200_0000


@lru_cache(maxsize=4096)
def ipv4_within(address: str) -> tuple[str, ...]:
    """Return the distinct IPv4 addresses that an IPv6 address embeds; empty for an IPv4 address."""
    parsed = ip_address(address)
    if parsed.version == 4:
        return ()
    return tuple(dict.fromkeys(str(IPv4Address(number)) for number in _numbers(int(parsed))))


def _numbers(value: int) -> Iterator[int]:
    if value >> 112 == _SIX_TO_FOUR:  # RFC 3056 section 2
        yield value >> 80 & _32
    if value >> 96 == _TEREDO:  # RFC 4380 section 4: the server, and the client with every bit inverted
        yield value >> 64 & _32
        yield ~value & _32
    if value >> 80 == _LOCAL_NAT64:
        yield from _translated(value)
    if value >> 32 & _32 & ~_UNIQUE == _ISATAP or value >> 32 in _LAST_32:
        yield value & _32


def _translated(value: int) -> Iterator[int]:
    """
    Yield the IPv4 addresses that an address of 64:ff9b:1::/48 (RFC 8215) may embed, for each possible prefix length.

    Bits 64 to 71 are zero, and so are all bits after the IPv4 address (RFC 6052
    section 2.2). Several lengths may fit; a result of 0.0.0.0 means that one does not.
    """
    for length in (48, 56, 64):
        before_64 = 64 - length
        behind = 32 - before_64
        upper = value >> 64 & ((1 << before_64) - 1)
        lower, suffix = divmod(value & ((1 << 56) - 1), 1 << (56 - behind))
        if not suffix and not value >> 56 & 0xFF and (number := upper << behind | lower):
            yield number
    if value & _32:
        yield value & _32
