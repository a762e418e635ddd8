"""The providers of the showcase: a few name servers and mail hosts that serve many domains."""

from __future__ import annotations

from typing import Final

from simnet.hosting import both, only4, zone
from simnet.zones import Zone

# Zones of providers are not in the list that is crawled.
PROVIDERS: Final[tuple[Zone, ...]] = (
    zone("harbour-dns.net", {"ns1": both("nameservers", 0), "ns2": both("nameservers", 1)}),
    zone(
        "legacy-dns.com",
        {"ns1": only4("nameservers", 2), "ns2": only4("nameservers", 3), "ns3": only4("nameservers", 4)},
        ns=("ns1.legacy-dns.com", "ns2.legacy-dns.com", "ns3.legacy-dns.com"),
    ),
    zone(
        "sixfirst.org",
        {"a": both("nameservers", 5), "b": both("cairo", 5), "mx": both("berlin", 5)},
        ns=("a.sixfirst.org", "b.sixfirst.org"),
    ),
    zone("mailbarn.com", {"mx1": both("smtp_starttls", 10), "mx2": only4("smtp_starttls", 11)}),
    zone("plainpost.net", {"mail": only4("smtp_plain", 10), "backup": only4("filtered", 10)}),
    zone("cdn-edge.net", {"edge": (*both("ashburn", 20), *both("ashburn", 21))}, rotating=("edge",)),
)

# Name servers and mail hosts that ordinary domains choose from.
DNS_CHOICES: Final = (
    ("ns1.harbour-dns.net", "ns2.harbour-dns.net"),
    ("ns1.legacy-dns.com", "ns2.legacy-dns.com", "ns3.legacy-dns.com"),
    ("a.sixfirst.org", "b.sixfirst.org"),
)
MAIL_CHOICES: Final = (
    ("10 mx1.mailbarn.com", "20 mx2.mailbarn.com"),
    ("10 mail.plainpost.net", "50 backup.plainpost.net"),
    ("5 mx.sixfirst.org",),
)
