"""
The rows of the summary tables: fields are columns. Four tables have the names of 2022, three are about readiness.

docs/outputs.md says what each figure means. `unknown` counts what could not be
asked; it is never part of "has no IPv6" or "is closed".
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

NO_COUNTRY: Final = "ZZ"
"Of addresses that GeoIP does not know, and of what has no address."


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainRow:
    """A row of Domains: one domain. A host of several kinds counts once where no kind is named."""

    date: dt.date
    domain: str
    country: str
    "Of its first host that has one, by kind (NS, MX, WWW, NTP), priority and name."
    www_hosts: int = 0
    www_hosts6: int = 0
    mx_hosts: int = 0
    mx_hosts6: int = 0
    ns_hosts: int = 0
    ns_hosts6: int = 0
    ntp_hosts: int = 0
    ntp_hosts6: int = 0
    http4: int = 0
    http6: int = 0
    https4: int = 0
    https6: int = 0
    smtp4: int = 0
    smtp6: int = 0
    faster: int = 0
    pingratio: float = 0.0
    fewer: int = 0
    hopratio: float = 0.0
    unknown: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainPenetration:
    """The domains of a country and a TLD; those of them with IPv6 on any host, and on a kind of host."""

    date: dt.date
    country: str
    tld: str
    domains: int = 0
    domains6: int = 0
    www: int = 0
    mx: int = 0
    ns: int = 0
    ntp: int = 0
    unknown: int = 0
    "Domains of which it is not known whether any host has IPv6."
    www_known: int | None = None
    "Domains that have a web host and of which it is known whether one has IPv6: `www` of them have."
    www_unknown: int | None = None
    "Domains of which it is not known whether a web host has IPv6. None in both: not counted by that version."
    mx_known: int | None = None
    mx_unknown: int | None = None
    ns_known: int | None = None
    ns_unknown: int | None = None
    ntp_known: int | None = None
    ntp_unknown: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostData:
    """The hosts of a country, a TLD and a kind. Sums of round-trip times are in milliseconds."""

    date: dt.date
    country: str
    tld: str
    type: str
    "NS, MX, WWW or NTP."
    hosts: int = 0
    hosts4: int = 0
    hosts6: int = 0
    dualstack: int = 0
    noip: int = 0
    pinghosts: int = 0
    faster: int = 0
    ping4: float = 0.0
    ping6: float = 0.0
    pathhosts: int = 0
    fewer: int = 0
    hops4: int = 0
    hops6: int = 0
    unknown: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reachability:
    """The hosts of a country and a TLD that should offer a service, and those that do."""

    date: dt.date
    country: str
    tld: str
    service: str
    "HTTP, HTTPS or SMTPS."
    hosts4: int = 0
    hosts6: int = 0
    reach4: int = 0
    reach6: int = 0
    unknown: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """The readiness of a domain: its level with bounds, and a verdict for each service."""

    date: dt.date
    tag: str
    "The name of a list of one's own; empty for the main list."
    domain: str
    tld: str
    country: str
    "As in Domains."
    bracket: int = 0
    "The first of 1,000, 10,000, 100,000 … that the rank of the domain in the list does not exceed; 0 without ranks."
    certain: int
    "The level if `unknown` means `no`: 0 to 6, where 6 is written 5+."
    possible: int
    "The level if `unknown` means `yes`."
    web: str
    "A verdict: yes, no, unknown or none."
    dns: str
    mail: str
    chain: str
    path: str
    content: str
    reasons: str
    "JSON: a list of [service, host, word, detail, rule], where rule is null for reasons of `unknown`."


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadinessCounts:
    """The domains of a country, a TLD and a rank bracket that have a level."""

    date: dt.date
    tag: str
    country: str
    tld: str
    bracket: int
    level: int
    certain: int = 0
    "Domains that certainly have this level."
    possible: int = 0
    "Domains that have this level if everything unknown about them is `yes`."
    unknown: int = 0
    "Of `certain`, those whose possible level is another one."


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadinessBasis:
    """What the readiness of a crawl follows from: levels of different versions or bases are not comparable."""

    date: dt.date
    tag: str
    version: int
    "Of the rules."
    basis: str
    "What was measured: words of FEATURES and METRICS in alphabetical order, separated by commas."
    domains: int


ReadinessRow = Readiness | ReadinessCounts | ReadinessBasis
Row = DomainRow | DomainPenetration | HostData | Reachability | ReadinessRow
