"""
Blocks of addresses: every prefix of the simulated Internet and what it contains.

A block is one /24 and one /48 whose addresses all behave the same. So the packet
filter, the mail server and GeoIP decide by prefix, and a block has room for as
many hosts as a scenario needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Network, collapse_addresses, ip_address
from socket import AF_INET, AF_INET6, inet_pton
from typing import Final

from simnet.behaviours import BEHAVIOURS, Behaviour
from simnet.name_servers import NameServer
from simnet.topology import Family

# RFC 8200 section 5.
LEAST_MTU: Final = 1280


class Reverse(StrEnum):
    """What the reverse lookup of every address of a block answers."""

    NAMED = "named"
    SEVERAL = "several"
    NODATA = "nodata"
    NXDOMAIN = "nxdomain"
    SERVFAIL = "servfail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One prefix per family; a family without one is None."""

    name: str
    behaviour: str
    network4: str | None = None
    network6: str | None = None
    region: str = "near"
    place: str = "london"
    reverse: Reverse = Reverse.NAMED
    tunnel: str | None = None
    "The id of the prefix of ipv6-prefixes.csv that contains network6."
    mtu6: int = 1500
    "MTU of the path to network6, whose last router answers larger packets with Packet Too Big and clamps the MSS."
    black_hole: bool = False
    "True if the last router drops larger packets than 1280 octets to network6 silently; it clamps the MSS as well."
    teredo: bool = False
    "True if IPv6 addresses end in those of network4 with every bit inverted (RFC 4380 section 4)."
    dns6: NameServer | None = None
    "How its name servers misbehave over IPv6."

    @property
    def behaves(self) -> Behaviour:
        return BEHAVIOURS[self.behaviour]

    @property
    def largest6(self) -> int:
        """The largest packet that reaches network6, in octets."""
        return LEAST_MTU if self.black_hole else self.mtu6

    def network(self, family: Family) -> str | None:
        return self.network4 if family == 4 else self.network6

    def address(self, family: Family, n: int = 0) -> str:
        """
        Return the address of host n, n from 0.

        Raises LookupError if the block has no prefix of that family or, with
        254 hosts in IPv4, no such host.
        """
        network = self.network(family)
        if network is None or (family == 4 and n > 253):
            raise LookupError(f"block {self.name} has no IPv{family} address number {n}")
        if family == 4:
            return f"{network[: network.rindex('.')]}.{n + 1}"
        if self.teredo:
            client = ~int(IPv4Address(self.address(4, n)))
            return f"{network.partition('/')[0]}{client >> 16 & 0xFFFF:x}:{client & 0xFFFF:x}"
        return f"{network.partition('/')[0]}{n + 1:x}"


def slot(number: int, name: str, behaviour: str, **more: str | bool | int | Reverse | NameServer) -> Block:
    """Return the block in slot 0 to 99 of the ordinary prefixes."""
    more = {"network4": f"198.18.{16 + number}.0/24", "network6": f"2001:db8:{0x100 + number:x}::/48", **more}
    return Block(name=name, behaviour=behaviour, **more)  # type: ignore[arg-type]


def _tunnelled(number: int, name: str, network6: str, tunnel: str, *, teredo: bool = False) -> Block:
    return slot(number, name, "open", network6=network6, tunnel=tunnel, place="asn-only", teredo=teredo)


_ONE_PER_BEHAVIOUR: Final = tuple(slot(number, name, name) for number, name in enumerate(BEHAVIOURS))

BLOCKS: Final = (
    *_ONE_PER_BEHAVIOUR,
    # Ordinary hosting: the places and regions of ordinary domains.
    slot(40, "cairo", "open", place="cairo"),
    slot(41, "berlin", "open", place="berlin"),
    slot(42, "sao-paulo", "web", place="sao-paulo", region="far"),
    slot(43, "tokyo", "web", place="tokyo", region="far"),
    slot(44, "ashburn", "web_25_closed", place="ashburn"),
    slot(45, "paris", "silent_web", place="paris"),
    # The paths of the two families differ.
    slot(46, "far", "open", place="sao-paulo", region="far"),
    slot(47, "shorter6", "open", place="berlin", region="short6"),
    slot(48, "longer6", "open", place="cairo", region="long6"),
    # Records missing from GeoIP and the reverse tree.
    slot(50, "without_geo", "open", place="nowhere"),
    slot(51, "country_only", "open", place="country-only"),
    slot(52, "asn_only", "open", place="asn-only"),
    slot(53, "ptr_nxdomain", "open", reverse=Reverse.NXDOMAIN),
    slot(54, "ptr_servfail", "open", reverse=Reverse.SERVFAIL),
    slot(55, "ptr_several", "open", reverse=Reverse.SEVERAL),
    slot(56, "ptr_nodata", "open", reverse=Reverse.NODATA),
    # Old transition mechanisms. 2002:c612:48xx:: embeds 198.18.72.0/24; Teredo embeds a server in 198.18.0.0/16 and,
    # inverted, a client in 198.18.74.0/24.
    _tunnelled(57, "6to4", "2002:c612:4801::/48", "U0001"),
    _tunnelled(58, "teredo", "2001:0:c612::/48", "U3000", teredo=True),
    _tunnelled(59, "broker", "2001:470:1f04::/48", "U7040"),
    slot(60, "opted_out", "open", place="paris"),
    slot(61, "nameservers", "all_closed", place="ashburn"),
    # Tunnels on the path of IPv6: one that reports its MTU, and one that does not.
    slot(62, "narrow", "open", place="paris", mtu6=LEAST_MTU),
    slot(63, "black_hole", "open", place="paris", black_hole=True),
    slot(64, "slower6", "open", place="paris", region="slow6"),
    *(
        slot(80 + number, f"dns6_{behaviour}", "all_closed", dns6=behaviour)
        for number, behaviour in enumerate(NameServer)
    ),
)


class BlockTable:
    """Finds the block of an address."""

    def __init__(self, blocks: Iterable[Block]) -> None:
        self._blocks = tuple(blocks)
        self._by_prefix = {
            _prefix(network): block for block in self for network in (block.network4, block.network6) if network
        }
        self.by_name = {block.name: block for block in self}

    def __iter__(self) -> Iterator[Block]:
        return iter(self._blocks)

    def find(self, address: str) -> Block | None:
        """Return the block that contains an address, or None."""
        return self._by_prefix.get(_prefix(address))


@lru_cache(maxsize=4096)
def _prefix(text: str) -> bytes:
    address = text.partition("/")[0]
    return inet_pton(AF_INET6, address)[:6] if ":" in address else inet_pton(AF_INET, address)[:3]


def networks(blocks: Iterable[Block], family: Family) -> list[str]:
    """Return the prefixes of some blocks, with adjacent ones joined."""
    texts = [network for block in blocks if (network := block.network(family))]
    if family == 4:
        return [str(network) for network in collapse_addresses(map(IPv4Network, texts))]
    return [str(network) for network in collapse_addresses(map(IPv6Network, texts))]


def reverse_names(block: Block, address: str) -> tuple[str, ...]:
    """Return the names of the reverse lookup of an address of a block, as published: some in mixed case."""
    host = ip_address(address).exploded.replace(":", "").replace(".", "-")
    if block.reverse is Reverse.NAMED:
        return (f"{host}.{block.place}.rev.example",)
    if block.reverse is Reverse.SEVERAL:
        return (f"{host}.Shared.rev.example", f"www.{host}.rev.example", f"mail.{host}.rev.example")
    return ()
