"""Web sites with peculiarities, and the zones that lead to them; every other web server behaves as `same`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from simnet.behaviours import Web
from simnet.hosting import both, zone
from simnet.zones import Zone

FIRST_HOST: Final = 210
# What the page of `third_parties` loads, and what its policy allows; the second and the last have no IPv6 address.
LOADED: Final = ("edge.cdn-edge.net", "ns1.legacy-dns.com", "mx.sixfirst.org")
ALLOWED: Final = "backup.plainpost.net"


def apex(web: Web) -> str:
    """Return the domain of the site that shows a behaviour."""
    return f"site-{web.replace('_', '-')}.example"


def addresses(web: Web) -> tuple[str, ...]:
    """Return the addresses of that site."""
    return both("open", FIRST_HOST + list(Web).index(web))


SITES: Final[Mapping[str, Web]] = {address: web for web in Web for address in addresses(web)}
"By address."


def site_zones() -> Iterator[Zone]:
    """Return a zone for each site."""
    for web in Web:
        yield zone(apex(web), {"@": addresses(web), "www": addresses(web)})
