"""The ordinary domains of the showcase: a few hundred typical ones, under a dozen top-level domains."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Final

from simnet.hosting import both, only4, zone
from simnet.providers import DNS_CHOICES, MAIL_CHOICES
from simnet.zones import Zone

FIRST: Final = (
    "amber", "brook", "cedar", "delta", "ember", "fern", "granite", "hazel", "indigo", "juniper",
    "kestrel", "linden", "maple", "nimbus", "orchid", "pebble",
)  # fmt: skip
SECOND: Final = (
    "bakery", "cycles", "dental", "energy", "farm", "gallery", "hotel", "journal", "kitchen", "law",
    "museum", "nursery", "optics", "press", "radio",
)  # fmt: skip
SUFFIXES: Final = (
    "com",
    "net",
    "org",
    "info",
    "de",
    "fr",
    "co.uk",
    "nl",
    "com.br",
    "eg",
    "jp",
    "ch",
    "test",
    "example",
)
HOSTING: Final = ("cairo", "berlin", "sao-paulo", "tokyo", "ashburn", "paris", "web", "open", "longer6", "shorter6")
COUNT: Final = 230


def ordinary() -> Iterator[Zone]:
    """Return the zones; every choice follows from the number of the domain."""
    for number, (second, first) in zip(range(COUNT), product(SECOND, FIRST), strict=False):
        yield _zone(number, f"{first}-{second}-{number}.{SUFFIXES[number % len(SUFFIXES)]}")


def _zone(number: int, apex: str) -> Zone:
    block, host = HOSTING[number * 7 % len(HOSTING)], 30 + number // 3
    with_ipv6 = number % 10 < 3
    addresses = both(block, host) if with_ipv6 else only4(block, host)
    hosts = {"@": addresses, "www": addresses}
    aliases = {}
    if number % 11 == 0:
        hosts["www6"] = hosts["ipv6"] = both(block, host)[1:]
    if number % 17 == 0:
        hosts["ntp"] = both(block, host)
    if number % 13 == 0:
        hosts["*"] = only4("web", 200)
    if number % 9 == 0:
        del hosts["www"]
        aliases["www"] = "edge.cdn-edge.net"
    mx = _mail(number, apex, hosts)
    return zone(apex, hosts, ns=_name_servers(number, apex, hosts), mx=mx, aliases=aliases)


def _mail(number: int, apex: str, hosts: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    if number % 8 == 7:
        return ()
    if number % 8 == 6:
        hosts["mail"] = both("smtp_starttls", 30 + number // 8)
        return (f"10 mail.{apex}",)
    return MAIL_CHOICES[number % len(MAIL_CHOICES)]


def _name_servers(number: int, apex: str, hosts: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    if number % 12 == 5:
        hosts["ns1"], hosts["ns2"] = only4("nameservers", 30 + number // 12), only4("nameservers", 80 + number // 12)
        return (f"ns1.{apex}", f"ns2.{apex}")
    return DNS_CHOICES[number % len(DNS_CHOICES)]
