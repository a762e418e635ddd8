"""What a crawler can learn about names and addresses, in the terms of `ipv6matrix.items`."""

from __future__ import annotations

from dataclasses import dataclass

from ipv6matrix.items import (
    BodyEnd,
    Failure,
    NameServerAnswer,
    NtpStatus,
    PmtuStatus,
    Records,
    Security,
    SoaRecord,
    Starttls,
    Status,
    Stop,
    TlsStatus,
)
from simnet.places import Place
from simnet.topology import Family


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupTruth:
    """The answer to one query; fields as in `LookupObservation`."""

    status: Status | Failure
    records: Records = ()
    "In the order of the zone; hosts in `rotating` are answered in any order."
    ttl_s: int | None = None
    canonical_name: str | None = None
    security: Security = Security.INSECURE
    "If the resolver validates."


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainTruth:
    """One domain of the list."""

    name: str
    exists: bool | None
    "None if no lookup has an answer."
    ns: LookupTruth
    mx: LookupTruth
    soa: LookupTruth

    @property
    def ns_hosts(self) -> tuple[str, ...]:
        """The name servers, in the order of the answer."""
        return tuple(record for record in self.ns.records if isinstance(record, str))

    @property
    def mx_hosts(self) -> tuple[tuple[int, str], ...]:
        """The mail hosts, each once with its lowest preference, lowest first."""
        lowest: dict[str, int] = {}
        for preference, host in (record for record in self.mx.records if isinstance(record, tuple)):
            if host:
                lowest[host] = min(preference, lowest.get(host, preference))
        return tuple(sorted((preference, host) for host, preference in lowest.items()))

    @property
    def null_mx(self) -> bool:
        """Return whether the domain declares that it accepts no mail (RFC 7505)."""
        return self.mx.records == ((0, ""),)

    @property
    def soa_record(self) -> SoaRecord | None:
        return next((record for record in self.soa.records if isinstance(record, SoaRecord)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostTruth:
    """One host, guessed or named by a domain."""

    name: str
    a: LookupTruth
    aaaa: LookupTruth
    wildcard: bool
    "True if a random label next to this name has the same addresses."

    @property
    def canonical_name(self) -> str | None:
        return self.a.canonical_name or self.aaaa.canonical_name

    def addresses(self, family: Family) -> frozenset[str]:
        lookup = self.a if family == 4 else self.aaaa
        return frozenset(record for record in lookup.records if isinstance(record, str))


@dataclass(frozen=True, slots=True, kw_only=True)
class NameServerTruth:
    """What one address answers for one zone; fields as in `NameServerObservation`."""

    answer: NameServerAnswer
    serial: int | None = None
    delay_ms: float = 0.0
    "How long the server waits before it answers."


@dataclass(frozen=True, slots=True, kw_only=True)
class PortTruth:
    """One port: open, or the failure of a handshake."""

    open: bool
    failure: Failure | None = None
    mss_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NtpTruth:
    """The reply of a time server; fields as in `NtpObservation`."""

    status: NtpStatus | Failure
    stratum: int | None = None
    reference_id: str | None = None
    offset_ms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PmtuTruth:
    """The MTU of a path; fields as in `PmtuObservation`."""

    status: PmtuStatus | Failure
    mtu_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpTruth:
    """A polite session with port 25; fields as in `SmtpObservation`."""

    greeting_code: int | None = None
    hello: str | None = None
    starttls: Starttls | None = None
    tls: bool = False
    failure: Failure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebTruth:
    """The answer to `GET /` for one host; fields as in `WebObservation`."""

    tls: TlsStatus | None = None
    failure: Failure | TlsStatus | None = None
    status_code: int | None = None
    location: str | None = None
    title: str | None = None
    end: BodyEnd = BodyEnd.COMPLETE
    hosts: tuple[str, ...] | None = None
    "None unless the status is 200."


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceTruth:
    """The result of a trace with given limits; silent hops are None."""

    hops: tuple[str | None, ...]
    stop: Stop
    reached_ttl: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressTruth:
    """One address of the simulated Internet."""

    address: str
    family: Family
    reverse: LookupTruth
    echo: bool
    "True if Echo Requests are answered."
    rtt_ms: float
    "The shortest possible round-trip time."
    ports: dict[int, PortTruth]
    smtp: SmtpTruth | None
    "None if port 25 is not open."
    routers: tuple[str | None, ...]
    "The routers that send Time Exceeded, by TTL from 1; the mute one is None."
    unreachable_by: str | None
    "The router that answers every greater TTL with Destination Unreachable."
    ntp: NtpTruth
    pmtu: PmtuTruth | None
    "None over IPv4."
    place: Place
    tunnel: str | None

    def trace(self, *, gap_limit: int, max_ttl: int = 30) -> TraceTruth:
        """Return the result of a trace that gives up after `gap_limit` silent hops in a row."""
        if self.unreachable_by:
            return TraceTruth(hops=(*self.routers, self.unreachable_by), stop=Stop.UNREACHABLE)
        if self.echo:
            ttl = len(self.routers) + 1
            return TraceTruth(hops=(*self.routers, self.address), stop=Stop.REACHED, reached_ttl=ttl)
        hops = (*self.routers, *(None for _ in range(gap_limit)))
        if len(hops) > max_ttl:
            return TraceTruth(hops=hops[:max_ttl], stop=Stop.MAX_TTL)
        return TraceTruth(hops=hops, stop=Stop.GAP_LIMIT)
