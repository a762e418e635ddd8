"""A scenario: its names, its addresses, and the list to crawl."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import ip_address

from simnet import zones
from simnet.behaviours import Behaviour, Ntp, Web
from simnet.blocks import BLOCKS, Block, BlockTable, Reverse, reverse_names
from simnet.topology import LINKS, RESOLVER, RESOLVER_ADDRESS, VANTAGE, Family, Link
from simnet.zones import Answer, Dnssec, Fault, Zone

# Every zone that does not belong to a scenario: top-level domains, and the two trees of reverse names.
TOP_LEVEL_DOMAINS = (
    "example",
    "test",
    "com",
    "net",
    "org",
    "info",
    "de",
    "fr",
    "uk",
    "nl",
    "br",
    "eg",
    "jp",
    "ch",
    "xn--p1ai",
)
SOA_TIMES = "2022072001 7200 3600 1209600 300"
IPV4_ONLY = "ipv4only.arpa"
# Zones that are served over IPv4 alone, by which a resolver shows whether it has it.
SERVED_OVER_IPV4 = ("ipv4.akahelp.net", "test-ipv4.dnscheck.tools")
# Addresses that serve the root and the top-level domains.
ROOT_SERVER = "a.root.example"
PUBLISHED_BY = ("198.18.77.250", "2001:db8:13d::fa")


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """
    Data for one simulated Internet.

    A scenario of many domains overrides `find_zone` and `domains`, and creates
    its zones on demand.
    """

    name: str
    zones: Mapping[str, Zone] = field(default_factory=dict)
    "By apex."
    blocks: tuple[Block, ...] = BLOCKS
    lines: tuple[str, ...] = ()
    "The text of the list, including invalid lines and line ends."
    sites: Mapping[str, Web] = field(default_factory=dict)
    "Web servers that are not ordinary, by address."
    clocks: Mapping[str, Ntp] = field(default_factory=dict)
    "Time servers, by address."
    opted_out: tuple[str, ...] = ()
    "Domains and networks that must never be probed, as the lines of an opt-out file."

    @cached_property
    def table(self) -> BlockTable:
        return BlockTable(self.blocks)

    @property
    def domains(self) -> Iterable[str]:
        """Return the names to crawl, normalised, in the order of the list."""
        return tuple(self.zones)

    def list_file(self) -> Iterator[str]:
        """Yield the text of the list in parts."""
        yield from self.lines or (f"{name}\n" for name in self.domains)

    def find_zone(self, name: str) -> Zone | None:
        """Return the zone that answers for a name: the nearest one at or above it, ultimately the root."""
        while True:
            zone = self.zones.get(name) or PUBLIC_ZONES.get(name)
            if zone or not name:
                return zone
            name = name.partition(".")[2]

    def lookup(self, name: str, rdtype: str) -> Answer:
        """Answer a query as a resolver does."""
        if name.endswith(IPV4_ONLY):
            return zones.answer({IPV4_ONLY: IPV4_ONLY_ZONE}.get, name, rdtype)
        if name.endswith(".arpa"):
            return self._reverse(name, rdtype)
        return zones.answer(self.find_zone, name, rdtype)

    def behaviour(self, address: str) -> Behaviour | None:
        """Return the block that determines the behaviour of an address, or None."""
        block = self.table.find(address)
        return block.behaves if block else None

    def _reverse(self, name: str, rdtype: str) -> Answer:
        address = address_of(name)
        zone = "ip6.arpa" if name.endswith("ip6.arpa") else "in-addr.arpa"
        soa = (zone, f"ns.{zone} hostmaster.rev.example {SOA_TIMES}")
        if address is None:
            return Answer(rcode=zones.NXDOMAIN, soa=soa)
        if address in ROUTER_NAMES:
            names: tuple[str, ...] = (ROUTER_NAMES[address],)
        else:
            block = self.table.find(address)
            if block is None or block.reverse is Reverse.NXDOMAIN:
                return Answer(rcode=zones.NXDOMAIN, soa=soa)
            if block.reverse is Reverse.SERVFAIL:
                return Answer(fault=Fault.SERVFAIL)
            names = reverse_names(block, address)
        if rdtype != "PTR" or not names:
            return Answer(soa=soa)
        return Answer(records=[(name, "PTR", zones.TTL_S, text) for text in names])


def soa_text(mname: str, apex: str, serial: int = 2022072001) -> str:
    """Return a start of authority as hosters write it in zone files."""
    # Two more labels would make some names too long.
    rname = f"hostmaster.{apex if len(apex) < 240 else apex.rpartition('.')[2]}"
    return f"{mname} {rname} {serial} {SOA_TIMES.partition(' ')[2]}"


def address_of(name: str) -> str | None:
    """Parse a reverse name and return its address, or None if the name is not that of a complete address."""
    labels = name.split(".")[::-1][2:]
    try:
        if name.endswith("in-addr.arpa"):
            return str(ip_address(".".join(labels))) if len(labels) == 4 else None
        nibbles = "".join(labels)
        return str(ip_address(bytes.fromhex(nibbles))) if len(nibbles) == 32 else None
    except ValueError:
        return None


def _public(apex: str) -> Zone:
    server = f"a.nic.{apex}" if apex else ROOT_SERVER
    records = {(apex, "SOA"): (soa_text(server, "nic.example"),), (apex, "NS"): (server,)}
    # The name of the root's own server is below a top-level domain, as on the real Internet.
    servers = {"": (), "example": (server, ROOT_SERVER)}.get(apex, (server,))
    addresses = {
        (name, rdtype): (address,)
        for name in servers
        for rdtype, address in zip(("A", "AAAA"), PUBLISHED_BY, strict=True)
    }
    return Zone(apex=apex, records=records | addresses, dnssec=Dnssec.SIGNED)


# Has only A records, so a resolver that returns AAAA records for it has synthesized them (RFC 7050 section 8.2).
IPV4_ONLY_ZONE = Zone(
    apex=IPV4_ONLY,
    records={
        (IPV4_ONLY, "SOA"): (soa_text(ROOT_SERVER, "nic.example"),),
        (IPV4_ONLY, "A"): ("192.0.0.170", "192.0.0.171"),
    },
)


def _over_ipv4(apex: str) -> Zone:
    server = f"ns.{apex}"
    records = {(apex, "SOA"): (soa_text(server, apex),), (apex, "NS"): (server,), (server, "A"): PUBLISHED_BY[:1]}
    return Zone(apex=apex, records={**records, (f"whoami.{apex}", "A"): PUBLISHED_BY[:1]})


PUBLIC_ZONES = {apex: _public(apex) for apex in ("", *TOP_LEVEL_DOMAINS)}
PUBLIC_ZONES |= {apex: _over_ipv4(apex) for apex in SERVED_OVER_IPV4}


def _router_names(links: Iterable[Link], families: Iterable[Family]) -> Iterator[tuple[str, str]]:
    for link in links:
        for family in families:
            for end in (link.upper, link.lower):
                if end.startswith("r") and family in link.families:
                    yield link.address(end, family), f"{link.device(end)}.{end}.backbone.example"


# Routers have names, one per interface, as on the real Internet; the last one before the servers has none.
ROUTER_NAMES = {address: name for address, name in _router_names(LINKS, (4, 6)) if ".r5." not in name}
ROUTER_NAMES |= {
    RESOLVER_ADDRESS[4]: f"{RESOLVER}.{VANTAGE}.example",
    RESOLVER_ADDRESS[6]: f"{RESOLVER}.{VANTAGE}.example",
}
