"""Web sites with peculiarities, and the zones that lead to them; every other web server behaves as `same`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from simnet.behaviours import Web
from simnet.hosting import both, only4, only6, zone
from simnet.zones import Zone

FIRST_HOST: Final = 210
# Sites whose families are in different blocks, by label: the blocks of IPv4 and IPv6.
MIXED: Final = {
    "only-v4": ("open", "all_closed"),
    "only-v6": ("all_closed", "open"),
    "ports-differ": ("open", "port443_closed"),
}
# The same for mail hosts.
MIXED_MAIL: Final = {
    "only-v4": ("smtp_starttls", "all_closed"),
    "only-v6": ("all_closed", "smtp_starttls"),
    "starttls-only-v4": ("smtp_starttls", "smtp_plain"),
    "starttls-only-v6": ("smtp_plain", "smtp_starttls"),
    "certificate-differs": ("smtp_starttls", "smtp_other_certificate"),
    "greeting-differs": ("smtp_starttls", "smtp_other_name"),
    "refuses": ("smtp_starttls", "smtp_4xx"),
}
# What the page of `third_parties` loads, and what its policy allows; the second and the last have no IPv6 address.
LOADED: Final = ("edge.cdn-edge.net", "ns1.legacy-dns.com", "mx.sixfirst.org")
ALLOWED: Final = "backup.plainpost.net"
# What the page of `unknown_party` loads.
UNKNOWN: Final = "www.servfail.example"


def apex(web: Web) -> str:
    """Return the domain of the site that shows a behaviour."""
    return f"site-{web.replace('_', '-')}.example"


def addresses(web: Web) -> tuple[str, ...]:
    """Return the addresses of that site."""
    return both("open", FIRST_HOST + list(Web).index(web))


SITES: Final[Mapping[str, Web]] = {address: web for web in Web for address in addresses(web)}
"By address."


def site_zones() -> Iterator[Zone]:
    """Return a zone for each site, and for those whose families differ."""
    for web in Web:
        yield zone(apex(web), {"@": addresses(web), "www": addresses(web)})
    for number, (label, (four, six)) in enumerate(MIXED.items(), start=200):
        yield zone(f"site-{label}.example", {"www": (*only4(four, number), *only6(six, number))})
    for number, (label, (four, six)) in enumerate(MIXED_MAIL.items(), start=200):
        hosts = {"mx": (*only4(four, number), *only6(six, number))}
        yield zone(f"mail-{label}.example", hosts, mx=(f"10 mx.mail-{label}.example",))
