"""
Domains, hosts, addresses and the lookups that find them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from ipv6matrix.items.base import Answered, Failure, Family
from ipv6matrix.items.dnssec import Security
from ipv6matrix.items.https import HttpsRecord

RoleKind = Literal["NS", "MX", "WWW", "NTP", "APEX"]


class Status(StrEnum):
    """How a lookup ended if it has an answer; otherwise the status is a `Failure`."""

    OK = "ok"
    NODATA = "nodata"
    NXDOMAIN = "nxdomain"


@dataclass(frozen=True, slots=True, kw_only=True)
class SoaRecord:
    """The start of authority (SOA) of a zone (RFC 1035 section 3.3.13); times in seconds."""

    mname: str
    rname: str
    serial: int
    refresh_s: int
    retry_s: int
    expire_s: int
    minimum_s: int


# RFC 5952 text for A and AAAA, lower-case names without the final dot for NS and
# PTR, (preference, name) for MX. In the order of the answer.
Records = tuple[str, ...] | tuple[tuple[int, str], ...] | tuple[SoaRecord, ...] | tuple[HttpsRecord, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupObservation:
    """
    The answer of a resolver to one lookup.

    `records` is empty unless `status` is `ok`. `nodata` (NOERROR without an answer,
    RFC 2308 section 2.2) and `nxdomain` are answers too; every other status is a
    `Failure`.
    """

    name: str
    "The name queried, in lower case without the final dot."
    type: str
    "A, AAAA, NS, MX, SOA, PTR or HTTPS."
    status: Status | Failure
    records: Records = ()
    ttl_s: int | None = None
    "Smallest TTL of the records in the answer; for a negative answer, its TTL at the resolver (RFC 2308 section 5)."
    canonical_name: str | None = None
    "The end of the chain of CNAMEs; None if there is none."
    aliases: tuple[str, ...] = ()
    "Names in the chain of CNAMEs between the name queried and the canonical name."
    omitted: int = 0
    "Number of records of the answer that are not in `records` because there are too many."
    inferred: bool = False
    "True if no query was sent because the answer follows from an NXDOMAIN (RFC 8020)."
    security: Security | None = None
    "None if not requested. A `bogus` answer is the one with checking disabled: what the zone publishes."
    asked_at: float

    @property
    def texts(self) -> tuple[str, ...]:
        """The records of an A, AAAA, NS or PTR lookup."""
        return tuple(record for record in self.records if isinstance(record, str))

    @property
    def exchangers(self) -> tuple[tuple[int, str], ...]:
        """The records of an MX lookup, as (preference, host); a null MX (RFC 7505) has the host ""."""
        return tuple(record for record in self.records if isinstance(record, tuple))

    @property
    def services(self) -> tuple[HttpsRecord, ...]:
        """The records of an HTTPS lookup."""
        return tuple(record for record in self.records if isinstance(record, HttpsRecord))


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainObservation:
    """The lookups of a domain; None for one that was not made."""

    ns: LookupObservation | None = None
    mx: LookupObservation | None = None
    soa: LookupObservation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostObservation:
    """Both lookups of one host; None for one that was unnecessary (RFC 8020) or not requested."""

    name: str
    a: LookupObservation | None = None
    aaaa: LookupObservation | None = None
    https: LookupObservation | None = None
    "Only of a domain itself and of its `www`."
    wildcard: bool = False
    "True if a random label next to this one has the same addresses (RFC 4592)."


@dataclass(frozen=True, slots=True, kw_only=True)
class HostsObservation:
    """The hosts of one request."""

    hosts: tuple[HostObservation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReverseObservation:
    """The reverse lookup of one address (RFC 1035 section 3.5, RFC 3596 section 2.5)."""

    lookup: LookupObservation


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """The role of a host for a domain."""

    kind: RoleKind
    host: str
    priority: int
    "NS: rank in the answer, from 1. MX: preference, lowest first. WWW, NTP and APEX: 0."


@dataclass(slots=True, kw_only=True)
class Address:
    """An address of a host; the pipelines set the fields that the spider does not."""

    address: str
    family: Family
    kind: str | None = None
    "A word of `ipv6matrix.targets.policy`: global, private, 6to4 …"
    refusal: str | None = None
    "Why it must not be probed; None if it may be."
    tunnel_id: str | None = None
    "Identifier of the known tunnel prefix that contains it."
    asn: int | None = None
    as_organisation: str | None = None
    city: str | None = None
    region: str | None = None
    country_code: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    found_at: float


@dataclass(slots=True, kw_only=True)
class Host:
    """A host with its lookups, or the reason why it was excluded."""

    name: str
    a: LookupObservation | None = None
    aaaa: LookupObservation | None = None
    https: LookupObservation | None = None
    wildcard: bool = False
    refusal: str | None = None
    chosen: tuple[str, ...] = ()
    "The addresses to probe for this host, the first choice of each family first."


@dataclass(slots=True, kw_only=True)
class DomainItem(Answered):
    """A domain of the list, its records and its hosts."""

    name: str
    tld: str
    ns: LookupObservation | None = None
    mx: LookupObservation | None = None
    soa: LookupObservation | None = None
    roles: tuple[Role, ...] = ()
    hosts: tuple[Host, ...] = ()
    "Hosts that this answer settles: below a name that does not exist, or never to be requested."
    refusal: str | None = None
    asked_at: float


@dataclass(slots=True, kw_only=True)
class HostsItem(Answered):
    """Hosts and their addresses."""

    hosts: tuple[Host, ...]
    addresses: tuple[Address, ...]


@dataclass(slots=True, kw_only=True)
class ReverseItem(Answered):
    """The reverse name of an address."""

    address: str
    lookup: LookupObservation
