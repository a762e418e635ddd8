"""Domains of the showcase that are not in its list, for tests that crawl a list of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from simnet.hosting import only6, zone
from simnet.zones import Zone

# Addresses that embed an IPv4 address which must not get a packet, by the domain that has them on `www`.
EMBEDDED: Final = {
    "embedded-private": ("2002:a00:1::1", "2001:0:101:101::f5ff:fffe", "2a00:1::5efe:a00:1"),
    "embedded-loopback": ("2002:7f00:1::1", "2001:0:7f00:1::fefe:fefe"),
    "embedded-local-nat64": ("64:ff9b:1:a00:0:100::",),
    # 198.18.76.0/24 is opted out.
    "embedded-opted-out": ("2002:c612:4c01::1", "2001:0:c612:4c01::39ed:b5fd", "2001:0:c612::39ed:b3fe"),
}
# Aliases that lead to, or through, an opted-out domain: as web host, mail host, name server and as a whole.
ALIASES: Final = ("alias-www.example", "alias-through.example", "alias-roles.example", "alias-apex.example")


def unlisted() -> Iterator[Zone]:
    """Return the zones of all of them."""
    for name, addresses in EMBEDDED.items():
        yield zone(f"{name}.example", {"www": addresses})
    yield zone("embedded-first.example", {"www": ("2002:a00:1::1", *only6("open", 60))})
    # A name below the opted-out domain that is an alias of one elsewhere.
    yield zone("via.opted-out.example", aliases={"@": "web.cname-target.example"})
    yield zone("alias-www.example", aliases={"www": "WWW.opted-out.example"})
    yield zone("alias-through.example", aliases={"www": "via.opted-out.example"})
    yield zone(
        "alias-roles.example",
        aliases={"mail": "mail.opted-out.example", "ns": "www.opted-out.example"},
        ns=("ns.alias-roles.example", "www.opted-out.example"),
        mx=("10 mail.alias-roles.example", "20 mail.opted-out.example"),
    )
    yield zone("alias-apex.example", aliases={"@": "opted-out.example"})
