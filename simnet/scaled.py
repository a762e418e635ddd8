"""
The scenario `scaled`: any number of domains, created one by one on demand.

Everything about a domain follows from its number. The shares are those of the
real Internet as the crawl of 2022 found it: about three hosts with addresses
and 0.9 distinct addresses per domain, a quarter of the domains with IPv6, few
providers for many domains, and most guessed hosts other than `www` do not exist.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Final

from simnet.addressing import BLOCKS, MAIL_POOL, NAME_POOL, WEB_POOL
from simnet.hosting import zone
from simnet.ordinary import FIRST, SECOND
from simnet.scenario import Scenario
from simnet.zones import ANY_TYPE, Fault, Zone

TLDS: Final = (*["com"] * 9, "net", "org", "de", "de", "uk", "fr", "nl", "br", "jp", "ch", "info", "eg")
# Shares of domains, as fractions of 1.
MISSING, SERVFAIL, SILENT = 0.025, 0.01, 0.005
WITH_IPV6: Final = 0.28
WILDCARD: Final = 0.18
ALIASED: Final = 0.1
# With an address of their own, which no other domain has.
OWN_WEB: Final = 0.52
OWN_MAIL: Final = 0.12
OWN_NAME_SERVERS: Final = 0.1
# Of the others: mail at a provider, mail on their web server, name servers on their web server.
PROVIDED_MAIL, MAIL_ON_WEB, NAMES_ON_WEB = 0.57, 0.2, 0.11
SHARED_WEB: Final = 0.03
DOMAINS_PER_DNS_HOST, DOMAINS_PER_MAIL_HOST, DOMAINS_PER_CDN = 250, 400, 2000
# Size of the cache of zones: all queries about a domain come within a short time.
CACHED_ZONES: Final = 20_000

_APEX: Final = re.compile(r"(?:^|\.)(([a-z]+-[a-z]+|dnshost|mailhost|cdnhost)-(\d+)\.[a-z]+)$")


@dataclass(frozen=True, kw_only=True)
class Scaled(Scenario):
    """A scenario of `count` domains."""

    count: int
    seed: int = 0
    "Other values draw other hosts for each domain."

    def __reduce__(self) -> tuple[object, ...]:
        return scaled, (self.count, self.seed)

    @property
    def domains(self) -> Iterator[str]:
        return (domain_name(number) for number in range(self.count))

    def find_zone(self, name: str) -> Zone | None:
        match = _APEX.search(name)
        if match is not None:
            apex = match[1]
            if apex not in self._made:
                if len(self._made) >= CACHED_ZONES:
                    self._made.clear()
                self._made[apex] = self._make(apex, match[2], int(match[3]))
            if (made := self._made[apex]) is not None:
                return made
        return super().find_zone(name)

    @cached_property
    def _made(self) -> dict[str, Zone | None]:
        return {}

    def _make(self, apex: str, kind: str, number: int) -> Zone | None:
        if kind == "dnshost":
            return _dns_host(apex, number)
        if kind == "mailhost":
            return _mail_host(apex, number)
        if kind == "cdnhost":
            return zone(apex, {"*": WEB_POOL.addresses(number, ipv6=number % 2 == 0)}, ns=(f"ns1.{dns_host(number)}",))
        if number < self.count and apex == domain_name(number):
            return _domain(apex, number, self.count, self.seed)
        return None


def scaled(count: int, seed: int = 0) -> Scaled:
    """Return the scenario of `count` domains."""
    return Scaled(name=f"scaled-{count}", blocks=BLOCKS, count=count, seed=seed, opted_out=())


def domain_name(number: int) -> str:
    """Return the name of domain `number`."""
    first, second = FIRST[number * 5 % len(FIRST)], SECOND[number // 16 % len(SECOND)]
    return f"{first}-{second}-{number}.{TLDS[number * 11 % len(TLDS)]}"


def dns_host(number: int) -> str:
    return f"dnshost-{number}.net"


def mail_host(number: int) -> str:
    return f"mailhost-{number}.com"


def _dns_host(apex: str, number: int) -> Zone:
    hosts = {f"ns{n}": NAME_POOL.addresses(number * 3 + n, ipv6=number % 8 == 5) for n in (1, 2, 3)[: 2 + number % 2]}
    return zone(apex, hosts, ns=tuple(f"{label}.{apex}" for label in hosts))


def _mail_host(apex: str, number: int) -> Zone:
    hosts = {f"mx{n}": MAIL_POOL.addresses(number * 2 + n, ipv6=number % 8 == 3) for n in (1, 2)}
    return zone(apex, hosts, ns=(f"ns1.{dns_host(number)}",))


def _domain(apex: str, number: int, count: int, seed: int) -> Zone | None:
    random = Random(seed << 32 | number)
    fate = random.random()
    if fate < MISSING:
        return None
    fault = (
        Fault.SERVFAIL if fate < MISSING + SERVFAIL else Fault.SILENT if fate < MISSING + SERVFAIL + SILENT else None
    )
    hosts = _web(random, number, count)
    aliases = {}
    if random.random() < ALIASED:
        aliases["www"] = f"{apex.replace('.', '-')}.cdnhost-{_popular(random, count, DOMAINS_PER_CDN)}.net"
        hosts.pop("www")
    mx = _mail(random, apex, number, count, hosts)
    ns = _name_servers(random, apex, number, count, hosts)
    return zone(apex, hosts, ns=ns, mx=mx, aliases=aliases, faults={("@", ANY_TYPE): fault} if fault else None)


def _web(random: Random, number: int, count: int) -> dict[str, tuple[str, ...]]:
    ipv6 = random.random() < WITH_IPV6
    rank = _rank(number, OWN_WEB)
    # The providers' own web addresses come first, then those of domains with an address of their own.
    shared = max(1, int(count * SHARED_WEB))
    host = int(shared * random.random() ** 2) if rank is None else shared + rank
    addresses = WEB_POOL.addresses(host, ipv6=ipv6)
    hosts = {"@": addresses, "www": addresses}
    if random.random() < WILDCARD:
        hosts["*"] = addresses
    elif ipv6 and random.random() < 0.1:
        hosts["www6" if number % 2 else "ipv6"] = WEB_POOL.addresses(host, ipv4=False, ipv6=True)
    if random.random() < 0.03:
        hosts["ntp" if number % 3 else "time"] = addresses
    return hosts


def _mail(random: Random, apex: str, number: int, count: int, hosts: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    choice, rank = random.random(), _rank(number, OWN_MAIL)
    if rank is None and choice < PROVIDED_MAIL:
        host = mail_host(_popular(random, count, DOMAINS_PER_MAIL_HOST))
        return (f"10 mx1.{host}", f"20 mx2.{host}")[: 1 + number % 2]
    if rank is None and choice > PROVIDED_MAIL + MAIL_ON_WEB:
        return ("0 .",) if number % 10 == 0 else ()
    hosts["mail"] = hosts["@"] if rank is None else MAIL_POOL.addresses(count // 100 + rank, ipv6=number % 4 == 0)
    return (f"10 mail.{apex}",)


def _name_servers(
    random: Random, apex: str, number: int, count: int, hosts: dict[str, tuple[str, ...]]
) -> tuple[str, ...]:
    rank = _rank(number, OWN_NAME_SERVERS)
    if rank is not None or random.random() < NAMES_ON_WEB:
        hosts["ns1"] = hosts["@"] if rank is None else NAME_POOL.addresses(count // 50 + rank)
        hosts["ns2"] = hosts["@"]
        return (f"ns1.{apex}", f"ns2.{apex}")
    provider = _popular(random, count, DOMAINS_PER_DNS_HOST)
    return tuple(f"ns{n}.{dns_host(provider)}" for n in (1, 2, 3)[: 2 + provider % 2])


def _rank(number: int, share: float) -> int | None:
    """Return the index, from 0, among the `share` of domains that have something of their own, or None."""
    rank = int(number * share)
    return rank if int((number + 1) * share) > rank else None


def _popular(random: Random, count: int, domains_each: int) -> int:
    """Return a provider; the first ones serve most domains."""
    return int(max(3, count // domains_each) * random.random() ** 3)
