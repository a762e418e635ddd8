"""
The facts about one domain from which its readiness follows.

Three kinds of nothing stay distinct: what was *not asked* is None; what was *asked,
without an answer* and what *could not be asked* are results with such an outcome.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal

from ipv6matrix.items import Family

NO_PAGE: Final = "no_page"
"The result for a website that returned no page of its own, but a redirect or an error."

Kind = Literal["APEX", "WWW", "NS", "MX"]


class Outcome(StrEnum):
    """How a request ended."""

    ANSWERED = "answered"
    SILENT = "silent"
    NOT_POSSIBLE = "not_possible"


@dataclass(frozen=True, slots=True)
class Result:
    """The result of one request: a stored word, and whether it is an answer."""

    word: str
    outcome: Outcome = Outcome.ANSWERED

    @property
    def answered(self) -> bool:
        return self.outcome is Outcome.ANSWERED

    @property
    def possible(self) -> bool:
        """Return whether the request could be sent."""
        return self.outcome is not Outcome.NOT_POSSIBLE


def silent(word: str) -> Result:
    """Return the result of a request without an answer."""
    return Result(word, Outcome.SILENT)


def not_possible(word: str) -> Result:
    """Return the result of a request that could not be made, or whose failure says nothing about its subject."""
    return Result(word, Outcome.NOT_POSSIBLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """An address of a host."""

    address: str
    family: Family
    exclusion: str | None = None
    "The rule by which it must not be probed."
    chosen: bool = True
    "True if it is probed for this host."
    pinged: bool = False
    "True if Echo Requests were sent to it."
    rtt_ms: float | None = None
    "The shortest round-trip time; None without a reply."
    ports: Mapping[int, Result] = field(default_factory=dict)
    "By number: `open`, or a word of `Failure`."
    greeting: Result | None = None
    "The code with which the server on port 25 greets."
    name_server: Result | None = None
    "How it answers queries for the domain: `authoritative`, `lame` …"
    path_mtu: Result | None = None
    "A number of octets, `black_hole`, or silence: the address answers no Echo Request."


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A host of the domain, with everything it is to the domain."""

    name: str
    roles: Mapping[Kind, int]
    "By kind: the preference of a mail exchanger, the rank of a name server, otherwise 0."
    a: Result | None = None
    aaaa: Result | None = None
    wildcard: bool = False
    "True if a random label next to this one has the same addresses."
    exclusion: str | None = None
    addresses: tuple[Address, ...] = ()
    "In the order of choice."
    resolution: Result | None = None
    "What a resolver without IPv4 finds: `resolvable` or `broken`."
    parity: Result | None = None
    "How the website over IPv6 compares with the one over IPv4: `same`, `only_v4` …"
    third_parties: Result | None = None
    "Whether the hosts of other parties that the page uses have IPv6: `full` or `partial`."
    without_ipv6: tuple[str, ...] = ()
    "Those that have none."

    def chosen(self, family: Family) -> Address | None:
        """Return the address that represents the host over a family."""
        return next((address for address in self.addresses if address.family == family and address.chosen), None)

    def lookup(self, family: Family) -> Result | None:
        """Return the result of the lookup of its addresses of a family."""
        return self.a if family == 4 else self.aaaa


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """A domain and its hosts."""

    name: str
    exclusion: str | None = None
    ns: Result | None = None
    "The lookup of its name servers."
    mx: Result | None = None
    "The lookup of its mail exchangers."
    ns_omitted: int = 0
    "Number of name servers that are not in `hosts`."
    mx_omitted: int = 0
    hosts: tuple[Host, ...] = ()
    resolution: Result | None = None
    "What a resolver without IPv4 finds for the name itself."

    def of_kind(self, kind: Kind) -> tuple[Host, ...]:
        """Return the hosts in a role, by preference or rank."""
        hosts = (host for host in self.hosts if kind in host.roles)
        return tuple(sorted(hosts, key=lambda host: (host.roles[kind], host.name)))

    @property
    def web_hosts(self) -> Iterator[Host]:
        """The names that people type: the domain itself, and `www`."""
        return (host for host in self.hosts if host.name in (self.name, f"www.{self.name}") and _is_web(host))


def _is_web(host: Host) -> bool:
    return "APEX" in host.roles or "WWW" in host.roles
