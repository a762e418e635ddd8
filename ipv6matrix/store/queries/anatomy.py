"""
How the interface identifiers of IPv6 addresses were chosen, and whether both families share a network.

The words are those of RFC 7707 section 4; addr6 of the SI6 toolkit classifies in the same
order. An identifier counts as random only if it shows no pattern, which a random one does
by chance in about 1 of 1,000 cases.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address
from typing import Final, NamedTuple

from ipv6matrix.store.database import Store
from ipv6matrix.store.queries.both_families import BOTH

# Ports that administrators write into addresses, as in 2001:db8::80 (RFC 7707 section 4.1.3).
_PORTS: Final = (21, 22, 23, 25, 53, 80, 110, 123, 143, 389, 443, 465, 587, 636, 853, 993, 995, 3306, 5432, 8080, 8443)
_EMBEDDED_PORTS: Final = frozenset(_PORTS) | {int(str(port), 16) for port in _PORTS}
_EQUAL_OCTETS: Final = 3


class Identifier(StrEnum):
    """How an interface identifier was chosen; the first that applies."""

    EUI64 = "eui64"
    ISATAP = "isatap"
    EMBEDDED_IPV4 = "embedded_ipv4"
    EMBEDDED_PORT = "embedded_port"
    LOW_BYTE = "low_byte"
    BYTE_PATTERN = "byte_pattern"
    RANDOM = "random"


class Anatomy(NamedTuple):
    """The IPv6 address that represents a host which has both families."""

    host: str
    address: str
    identifier: Identifier
    same_as: bool | None
    "Whether both addresses are in the same autonomous system; None if one is in none that is known."


def addresses(store: Store) -> Iterator[Anatomy]:
    """Yield the chosen IPv6 address of each host that has both families."""
    for host, four, six, as4, as6 in store.stream(_ADDRESSES):
        same = as4 == as6 if as4 is not None and as6 is not None else None
        yield Anatomy(host, six, identifier(six, four), same)


def identifier(address: str, ipv4: str | None = None) -> Identifier:
    """Return how the identifier of an address was chosen; `ipv4` is the IPv4 address of the same host."""
    octets = IPv6Address(address).packed[8:]
    number = int.from_bytes(octets)
    if octets[3:5] == b"\xff\xfe":
        word = Identifier.EUI64
    elif octets[1:4] == b"\x00\x5e\xfe":
        word = Identifier.ISATAP
    elif ipv4 is not None and number in _spellings(ipv4):
        word = Identifier.EMBEDDED_IPV4
    elif number in _EMBEDDED_PORTS:
        word = Identifier.EMBEDDED_PORT
    elif number < 1 << 16:
        word = Identifier.LOW_BYTE
    elif max(Counter(octets).values()) >= _EQUAL_OCTETS:
        word = Identifier.BYTE_PATTERN
    else:
        word = Identifier.RANDOM
    return word


def _spellings(ipv4: str) -> tuple[int, int]:
    """Return the identifiers that spell an IPv4 address: ::192.0.2.1, and ::192:0:2:1."""
    groups = "".join(f"{int(octet):04d}" for octet in ipv4.split("."))
    return int(IPv4Address(ipv4)), int(groups, 16)


_ADDRESSES: Final = f"""
    WITH both AS ({BOTH})
    SELECT host, four.address, six.address, four.asn, six.asn FROM both
    JOIN addresses AS four ON four.id = four_id JOIN addresses AS six ON six.id = six_id"""
