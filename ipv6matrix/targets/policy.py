"""
Which addresses may be probed, and of what kind an address is.

Pure functions over text: no settings. Sources: the IANA IPv4 and IPv6
Special-Purpose Address Registries (RFC 6890, RFC 8190), the registries of
multicast addresses, and that of IPv6 unicast allocations.
`tests/test_policy_registries.py` compares the table with all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final

from ipv6matrix import addresses
from ipv6matrix.items import Family
from ipv6matrix.targets import allocations
from ipv6matrix.targets.embedded import ipv4_within

Network = IPv4Network | IPv6Network

GLOBAL: Final = "global"
SIX_TO_FOUR: Final = "6to4"
TEREDO: Final = "teredo"
OPTED_OUT: Final = "opted_out"
INVALID_NAME: Final = "invalid_name"

# Kinds that may be probed: global addresses, and the two old transition
# mechanisms, which are measured as such.
PROBED_KINDS: Final = frozenset({GLOBAL, SIX_TO_FOUR, TEREDO})

# The first network that contains an address determines its kind. IPv6 addresses
# in none of them are global if allocated, otherwise reserved.
SPECIAL: Final[tuple[tuple[Network, str], ...]] = tuple(
    (ip_network(prefix), kind)
    for prefix, kind in (
        ("0.0.0.0/32", "unspecified"),
        ("0.0.0.0/8", "this_network"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "shared"),
        ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link_local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.9/32", GLOBAL),
        ("192.0.0.10/32", GLOBAL),
        ("192.0.0.0/24", "protocol_assignments"),
        ("192.0.2.0/24", "documentation"),
        ("192.31.196.0/24", GLOBAL),
        ("192.52.193.0/24", GLOBAL),
        ("192.88.99.0/24", "reserved"),
        ("192.168.0.0/16", "private"),
        ("192.175.48.0/24", GLOBAL),
        ("198.18.0.0/15", "benchmarking"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("255.255.255.255/32", "broadcast"),
        ("240.0.0.0/4", "reserved"),
        ("::/128", "unspecified"),
        ("::1/128", "loopback"),
        ("::ffff:0:0/96", "mapped"),
        ("::/96", "reserved"),
        ("64:ff9b::/96", "translation"),
        ("64:ff9b:1::/48", "translation"),
        ("100::/64", "discard"),
        ("100:0:0:1::/64", "reserved"),
        ("2001::/32", TEREDO),
        ("2001:1::1/128", GLOBAL),
        ("2001:1::2/128", GLOBAL),
        ("2001:1::3/128", GLOBAL),
        ("2001:2::/48", "benchmarking"),
        ("2001:3::/32", GLOBAL),
        ("2001:4:112::/48", GLOBAL),
        ("2001:20::/28", "overlay"),
        ("2001:30::/28", GLOBAL),
        ("2001::/23", "protocol_assignments"),
        ("2001:db8::/32", "documentation"),
        ("2002::/16", SIX_TO_FOUR),
        ("3fff::/20", "documentation"),
        ("5f00::/16", "segment_routing"),
        ("2620:4f:8000::/48", GLOBAL),
        ("fc00::/7", "unique_local"),
        ("fe80::/10", "link_local"),
        ("fec0::/10", "site_local"),
        ("ff00::/8", "multicast"),
    )
)

KINDS: Final = frozenset(kind for _, kind in SPECIAL)


def family(address: str) -> Family:
    """Return the family of an address in text form."""
    return 6 if ":" in address else 4


@lru_cache(maxsize=4096)
def kind(address: str) -> str:
    """Return the kind of an address: `global`, or the word for the special-purpose network that contains it."""
    parsed = addresses.parsed(address)
    return next(word for network, word in _table(parsed.version) if parsed in network)


@cache
def _table(version: int) -> tuple[tuple[Network, str], ...]:
    """Return the networks of one family with their kinds; the last one contains every address."""
    special = tuple((network, word) for network, word in SPECIAL if network.version == version)
    if version == 4:
        return (*special, (IPv4Network("0.0.0.0/0"), GLOBAL))
    allocated = tuple((network, GLOBAL) for network in allocations.ipv6_unicast())
    return (*special, *allocated, (IPv6Network("::/0"), "reserved"))


@lru_cache(maxsize=4096)
def network(address: str) -> bytes:
    """
    Return the network of an address to which PROBE_RATE_PER_NETWORK applies: the octets of its IPv4 /24 or IPv6 /48.

    Raises ValueError if the text is not an address.
    """
    packed = addresses.parsed(address).packed
    return packed[:3] if len(packed) == 4 else packed[:6]


def networks(text: str) -> tuple[Network, ...]:
    """
    Parse comma-separated prefixes.

    Raises ValueError for an invalid prefix.
    """
    return tuple(ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())


class AddressPolicy:
    """
    Decides which addresses may be probed.

    An IPv6 address that embeds an IPv4 address (`ipv6matrix.targets.embedded`) may
    be probed only if that one may be as well. Addresses in `allowed` networks may
    be probed, whatever their kind and whatever they embed; addresses for which
    `is_opted_out` is true may not.
    """

    def __init__(self, allowed: Iterable[Network] = (), *, is_opted_out: Callable[[str], bool] | None = None) -> None:
        self._allowed = tuple(allowed)
        self._is_opted_out = is_opted_out
        self._unreachable: set[Family] = set()

    def skip_family(self, number: Family) -> None:
        """Exclude every address of a family, to which this vantage point has no route."""
        self._unreachable.add(number)

    def exclusion(self, address: str) -> str | None:
        """Return the reason why an address must not be probed, or None."""
        word = self._forbidden_kind(address)
        if word is not None:
            return word
        if self._is_opted_out is not None and self._is_opted_out(address):
            return OPTED_OUT
        return f"no_ipv{family(address)}" if family(address) in self._unreachable else None

    def _forbidden_kind(self, address: str) -> str | None:
        """Return the kind that forbids probing an address: its own, or that of an embedded IPv4 address; or None."""
        if contains(self._allowed, address):
            return None
        word = kind(address)
        if word not in PROBED_KINDS:
            return word
        inner = ((kind(ipv4), ipv4) for ipv4 in ipv4_within(address))
        return next((word for word, ipv4 in inner if word != GLOBAL and not contains(self._allowed, ipv4)), None)


def contains(prefixes: Iterable[Network], address: str) -> bool:
    """Return whether one of the networks contains an address."""
    parsed = addresses.parsed(address)
    return any(parsed in prefix for prefix in prefixes if prefix.version == parsed.version)


def sort_key(address: str) -> int:
    """Return a key that sorts addresses by value, whatever order a resolver has rotated them into."""
    return int(addresses.parsed(address))
