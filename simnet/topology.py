"""
The shape of the simulated Internet: links, regions, and the addresses of routers.

Infrastructure is in 198.18.0.0/24 and 2001:db8::/48, with a /30 and a /64 for
each link (RFC 2544 and RFC 3849: special-purpose, so a crawler probes it only
if configured to).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

Family = Literal[4, 6]
FAMILIES: Final[tuple[Family, Family]] = (4, 6)

VANTAGE: Final = "vantage"
RESOLVER: Final = "resolver"
# Of a second resolver, without IPv4, at the IPv6 address of the first.
RESOLVER6_PORT: Final = 5300
RESOLVER_ADDRESS: Final[dict[Family, str]] = {4: "198.18.1.53", 6: "2001:db8:53::53"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link between two namespaces; `upper` is the end nearer to the vantage point."""

    number: int
    upper: str
    lower: str
    delay_ms: float = 0.0
    "One way. A link without a delay is a veth pair; one with a delay passes through the forwarder."
    families: tuple[Family, ...] = FAMILIES

    def address(self, end: str, family: Family) -> str:
        """Return the address of one end."""
        host = 1 if end == self.upper else 2
        if family == 4:
            return f"198.18.0.{4 * self.number + host}"
        # RFC 5952 shortens the address of the first link: 2001:db8::1.
        return f"2001:db8:0:{self.number:x}::{host}" if self.number else f"2001:db8::{host}"

    def network(self, family: Family) -> str:
        return f"198.18.0.{4 * self.number}/30" if family == 4 else f"2001:db8:0:{self.number:x}::/64"

    def device(self, end: str) -> str:
        """Return the name of the device at one end, which is named after the other end."""
        return f"to-{self.lower if end == self.upper else self.upper}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A place with servers, and the routers on the way to it, per family."""

    name: str
    path4: tuple[str, ...]
    path6: tuple[str, ...]
    delay_ms: float
    "Sum of all links on the way, one way."
    detour6_ms: float = 0.0
    "What IPv6 takes longer, one way."

    def path(self, family: Family) -> tuple[str, ...]:
        return self.path4 if family == 4 else self.path6

    def rtt_ms(self, family: Family) -> float:
        """Return the shortest possible round-trip time."""
        return 2 * (self.delay_ms + (self.detour6_ms if family == 6 else 0.0))


CHAIN: Final = ("r1", "r2", "r3", "r4", "r5")
# This router forwards but never sends Time Exceeded.
MUTE_ROUTER: Final = "r3"

LINKS: Final = (
    Link(number=0, upper=VANTAGE, lower="r1", delay_ms=10.0),
    Link(number=1, upper="r1", lower="r2"),
    Link(number=2, upper="r2", lower="r3"),
    Link(number=3, upper="r3", lower="r4"),
    Link(number=4, upper="r4", lower="r5"),
    Link(number=5, upper="r5", lower="near"),
    Link(number=6, upper="r5", lower="short6", families=(4,)),
    Link(number=7, upper="r4", lower="short6", families=(6,)),
    Link(number=8, upper="r5", lower="long6", families=(4,)),
    Link(number=9, upper="r5", lower="r7", families=(6,)),
    Link(number=10, upper="r7", lower="long6", families=(6,)),
    Link(number=11, upper="r4", lower="r6", delay_ms=15.0),
    Link(number=12, upper="r6", lower="far"),
    Link(number=14, upper="r5", lower="slow6", families=(4,)),
    Link(number=15, upper="r4", lower="slow6", families=(6,), delay_ms=200.0),
)
RESOLVER_LINK: Final = Link(number=13, upper="r1", lower=RESOLVER)
NEAR_RESOLVER_LINK: Final = Link(number=13, upper=VANTAGE, lower=RESOLVER)

# Written out, not computed from LINKS, so that the truth does not repeat a mistake of the routes.
REGIONS: Final = {
    region.name: region
    for region in (
        Region(name="near", path4=CHAIN, path6=CHAIN, delay_ms=10.0),
        Region(name="short6", path4=CHAIN, path6=("r1", "r2", "r3", "r4"), delay_ms=10.0),
        Region(name="long6", path4=CHAIN, path6=(*CHAIN, "r7"), delay_ms=10.0),
        Region(name="far", path4=("r1", "r2", "r3", "r4", "r6"), path6=("r1", "r2", "r3", "r4", "r6"), delay_ms=25.0),
        Region(name="slow6", path4=CHAIN, path6=("r1", "r2", "r3", "r4"), delay_ms=10.0, detour6_ms=200.0),
    )
}


# Routers that answer Echo Requests, as references for whether a family is up (HEALTH_TARGETS), by link number.
REFERENCES: Final = {"r4": 3, "r5": 4, "r6": 11}


def references(family: Family) -> tuple[str, ...]:
    """Return the addresses of the reference targets."""
    return tuple(LINKS[number].address(router, family) for router, number in REFERENCES.items())


def first_router(family: Family) -> str:
    """Return the address of the vantage point's gateway."""
    return LINKS[0].address("r1", family)


def links(*, near_resolver: bool) -> tuple[Link, ...]:
    """Return all links; a near resolver is connected to the vantage point itself."""
    return (*LINKS, NEAR_RESOLVER_LINK if near_resolver else RESOLVER_LINK)


def nodes(all_links: tuple[Link, ...]) -> tuple[str, ...]:
    """Return the namespaces, the vantage point first."""
    return tuple(dict.fromkeys(end for link in all_links for end in (link.upper, link.lower)))


def next_hops(all_links: tuple[Link, ...], target: str, family: Family) -> dict[str, Link]:
    """Return, for every namespace, the first link on its shortest path to `target`."""
    first: dict[str, Link] = {}
    reached = [target]
    for node in reached:
        for link, neighbour in _neighbours(all_links, node, family):
            if neighbour != target and neighbour not in first:
                first[neighbour] = link
                reached.append(neighbour)
    return first


def _neighbours(all_links: tuple[Link, ...], node: str, family: Family) -> Iterator[tuple[Link, str]]:
    for link in all_links:
        if family in link.families and node in (link.upper, link.lower):
            yield link, link.lower if node == link.upper else link.upper
