"""
What a crawl of a scenario should learn, in the words of `ipv6matrix.items`.

Computed from the scenario's data alone: never by asking the running Internet,
and with resolution rules of its own, so that truth and simulation can be held
against each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from random import Random
from socket import AF_INET6, inet_ntop, inet_pton
from typing import Final

from ipv6matrix.items import Failure, Records, SoaRecord, Starttls, Status, Stop
from tests.internet.behaviours import BEHAVIOURS, PORTS, Behaviour, Gone, Mail
from tests.internet.blocks import Block, Reverse, reverse_names
from tests.internet.places import PLACES, Place
from tests.internet.scenario import ROUTER_NAMES, Scenario
from tests.internet.topology import FAMILIES, LINKS, MUTE_ROUTER, REGIONS, VANTAGE, Family
from tests.internet.zones import ANY_TYPE, NEGATIVE_TTL_S, TTL_S, Fault, Zone

# Octets of a name's text (RFC 1035 section 2.3.4, without the final dot).
MAX_NAME: Final = 253
_FAILURES: Final = {
    Fault.SERVFAIL: Failure.SERVFAIL,
    Fault.REFUSED: Failure.REFUSED,
    Fault.FORMERR: Failure.FORMERR,
    Fault.NOTIMP: Failure.NOTIMP,
    Fault.YXDOMAIN: Failure.OTHER_RCODE,
    Fault.SILENT: Failure.TIMEOUT,
    Fault.TRUNCATED_SILENT_TCP: Failure.TIMEOUT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupTruth:
    """One question's answer; fields as in `LookupObservation`."""

    status: Status | Failure
    records: Records = ()
    "In the order of the zone; hosts in `rotating` answer in any."
    ttl_s: int | None = None
    canonical_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainTruth:
    """One domain of the list."""

    name: str
    exists: bool | None
    "None when no lookup has an answer."
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
        """True when the domain says that it takes no mail (RFC 7505)."""
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
    "True when a random label beside this name gets the same addresses."

    @property
    def canonical_name(self) -> str | None:
        return self.a.canonical_name or self.aaaa.canonical_name

    def addresses(self, family: Family) -> frozenset[str]:
        lookup = self.a if family == 4 else self.aaaa
        return frozenset(record for record in lookup.records if isinstance(record, str))


@dataclass(frozen=True, slots=True, kw_only=True)
class PortTruth:
    """One port: open, or the word for what a handshake meets."""

    open: bool
    failure: Failure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpTruth:
    """A polite session with port 25; fields as in `SmtpObservation`."""

    greeting_code: int | None = None
    hello: str | None = None
    starttls: Starttls | None = None
    tls: bool = False
    failure: Failure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceTruth:
    """A trace as one with given limits ends; silent hops are None."""

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
    "True when Echo Requests are answered."
    rtt_ms: float
    "No round trip is shorter."
    ports: dict[int, PortTruth]
    smtp: SmtpTruth | None
    "None when port 25 is not open."
    routers: tuple[str | None, ...]
    "The routers that send Time Exceeded, by TTL from 1; the mute one is None."
    unreachable_by: str | None
    "The router that says Destination Unreachable to every greater TTL."
    place: Place
    tunnel: str | None

    def trace(self, *, gap_limit: int, max_ttl: int = 30) -> TraceTruth:
        """Tell how a trace ends that gives up after `gap_limit` silent hops in a row."""
        if self.unreachable_by:
            return TraceTruth(hops=(*self.routers, self.unreachable_by), stop=Stop.UNREACHABLE)
        if self.echo:
            ttl = len(self.routers) + 1
            return TraceTruth(hops=(*self.routers, self.address), stop=Stop.REACHED, reached_ttl=ttl)
        hops = (*self.routers, *(None for _ in range(gap_limit)))
        if len(hops) > max_ttl:
            return TraceTruth(hops=hops[:max_ttl], stop=Stop.MAX_TTL)
        return TraceTruth(hops=hops, stop=Stop.GAP_LIMIT)


class Truth:
    """Computes the truth about a scenario's names and addresses."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario

    def domain(self, name: str) -> DomainTruth:
        """Tell what the resolver knows of a domain."""
        ns, mx, soa = (self.lookup(name, rdtype) for rdtype in ("NS", "MX", "SOA"))
        statuses = {ns.status, mx.status, soa.status}
        exists = True if statuses & {Status.OK, Status.NODATA} else False if Status.NXDOMAIN in statuses else None
        return DomainTruth(name=name, exists=exists, ns=ns, mx=mx, soa=soa)

    def host(self, name: str) -> HostTruth:
        """Tell which addresses a host has."""
        a, aaaa = self.lookup(name, "A"), self.lookup(name, "AAAA")
        beside = f"{Random(name).getrandbits(64):016x}.{name.partition('.')[2]}"  # noqa: S311 - not a secret
        if len(beside) > MAX_NAME:
            return HostTruth(name=name, a=a, aaaa=aaaa, wildcard=False)
        same = all(
            mine.status == other.status and set(mine.records) == set(other.records)
            for mine, other in ((a, self.lookup(beside, "A")), (aaaa, self.lookup(beside, "AAAA")))
        )
        return HostTruth(name=name, a=a, aaaa=aaaa, wildcard=same and Status.OK in (a.status, aaaa.status))

    def lookup(self, name: str, rdtype: str) -> LookupTruth:
        """Answer one question as it should look to whoever asks it patiently."""
        if len(name) > MAX_NAME:
            return LookupTruth(status=Failure.NAME_TOO_LONG)
        asked, ttls = name, []
        for _ in range(16):
            zone = self._scenario.find_zone(name)
            assert zone is not None, "the root answers for everything"
            fault = _fault(zone, name, rdtype)
            if fault in _FAILURES:
                return LookupTruth(status=_FAILURES[fault])
            owner = _owner(zone, name)
            ended_at = name if name != asked else None
            if owner is None:
                return LookupTruth(status=Status.NXDOMAIN, ttl_s=min([*ttls, NEGATIVE_TTL_S]), canonical_name=ended_at)
            if texts := zone.records.get((owner, rdtype)):
                records = tuple(_record(rdtype, text) for text in texts)
                return LookupTruth(status=Status.OK, records=records, ttl_s=min([*ttls, zone.ttl_s]), canonical_name=ended_at)  # type: ignore[arg-type]
            alias = zone.records.get((owner, "CNAME"))
            if alias is None:
                return LookupTruth(status=Status.NODATA, ttl_s=min([*ttls, NEGATIVE_TTL_S]), canonical_name=ended_at)
            ttls.append(zone.ttl_s)
            name = alias[0].lower()
        return LookupTruth(status=Failure.CNAME_LOOP)

    def address(self, text: str) -> AddressTruth:
        """Tell what probes of an address meet."""
        block = self._scenario.table.find(text)
        behaviour = block.behaves if block else BEHAVIOURS["no_route"]
        family: Family = 6 if ":" in text else 4
        region = REGIONS[block.region if block else "near"]
        routers, unreachable_by = _path(region.path(family), behaviour, family)
        ports = {port: _port(behaviour, port) for port in PORTS}
        return AddressTruth(
            address=text,
            family=family,
            reverse=_reverse(block, text),
            echo=behaviour.echo and behaviour.gone is None,
            rtt_ms=2 * region.delay_ms,
            ports=ports,
            smtp=SMTP[behaviour.mail] if ports[25].open else None,
            routers=routers,
            unreachable_by=unreachable_by,
            place=PLACES[block.place if block else "nowhere"],
            tunnel=block.tunnel if block and family == 6 else None,
        )


SMTP: Final = {
    Mail.STARTTLS: SmtpTruth(greeting_code=220, hello="EHLO", starttls=Starttls.ACCEPTED, tls=True),
    Mail.MULTILINE: SmtpTruth(greeting_code=220, hello="EHLO", starttls=Starttls.ACCEPTED, tls=True),
    Mail.GREETS_LATE: SmtpTruth(greeting_code=220, hello="EHLO", starttls=Starttls.ACCEPTED, tls=True),
    Mail.PLAIN: SmtpTruth(greeting_code=220, hello="EHLO", starttls=Starttls.NOT_OFFERED),
    Mail.HELO_ONLY: SmtpTruth(greeting_code=220, hello="HELO", starttls=Starttls.NOT_OFFERED),
    Mail.REFUSES_STARTTLS: SmtpTruth(greeting_code=220, hello="EHLO", starttls=Starttls.REFUSED),
    # RFC 3207 section 4: 220 accepts; what fails then is TLS.
    Mail.BREAKS_TLS: SmtpTruth(greeting_code=220, hello="EHLO", starttls=Starttls.ACCEPTED, failure=Failure.TLS_FAILED),
    Mail.GREETS_4XX: SmtpTruth(greeting_code=421),
    Mail.GREETS_5XX: SmtpTruth(greeting_code=554),
    Mail.MUTE: SmtpTruth(failure=Failure.TIMEOUT),
    Mail.CLOSES: SmtpTruth(failure=Failure.CONNECTION_CLOSED),
    Mail.NOT_SMTP: SmtpTruth(failure=Failure.NOT_SMTP),
}


def _fault(zone: Zone, name: str, rdtype: str) -> Fault | None:
    labels = name.split(".")
    for above in (".".join(labels[start:]) for start in range(len(labels))):
        fault = zone.faults.get((above, rdtype), zone.faults.get((above, ANY_TYPE)))
        if fault or above == zone.apex:
            return fault
    return None


def _owner(zone: Zone, name: str) -> str | None:
    """Find whose records a name gets (RFC 4592 section 3.3): its own, or those of `*` below the closest encloser."""
    owners = {owner for owner, _ in zone.records}

    def exists(candidate: str) -> bool:
        return candidate in owners or any(owner.endswith(f".{candidate}") for owner in owners) or candidate == zone.apex

    if exists(name):
        return name
    encloser = name
    while not exists(encloser):
        encloser = encloser.partition(".")[2]
    wildcard = f"*.{encloser}"
    return wildcard if wildcard in owners else None


def _record(rdtype: str, text: str) -> str | tuple[int, str] | SoaRecord:
    if rdtype == "AAAA":
        return inet_ntop(AF_INET6, inet_pton(AF_INET6, text))
    if rdtype == "MX":
        preference, host = text.split(" ")
        return int(preference), host.rstrip(".").lower()
    if rdtype == "SOA":
        mname, rname, *numbers = text.split(" ")
        serial, refresh_s, retry_s, expire_s, minimum_s = map(int, numbers)
        return SoaRecord(mname=mname, rname=rname, serial=serial, refresh_s=refresh_s, retry_s=retry_s, expire_s=expire_s, minimum_s=minimum_s)
    return text.lower() if rdtype in ("NS", "PTR") else text


def _reverse(block: Block | None, address: str) -> LookupTruth:
    if name := ROUTER_NAMES.get(str(ip_address(address))):
        return LookupTruth(status=Status.OK, records=(name,), ttl_s=TTL_S)
    if block is None or block.reverse is Reverse.NXDOMAIN:
        return LookupTruth(status=Status.NXDOMAIN, ttl_s=NEGATIVE_TTL_S)
    if block.reverse is Reverse.SERVFAIL:
        return LookupTruth(status=Failure.SERVFAIL)
    names = tuple(name.lower() for name in reverse_names(block, address))
    if not names:
        return LookupTruth(status=Status.NODATA, ttl_s=NEGATIVE_TTL_S)
    return LookupTruth(status=Status.OK, records=names, ttl_s=TTL_S)


def _port(behaviour: Behaviour, port: int) -> PortTruth:
    if behaviour.gone is Gone.HOST_UNREACHABLE:
        return PortTruth(open=False, failure=Failure.HOST_UNREACHABLE)
    if behaviour.gone is Gone.NO_ROUTE:
        return PortTruth(open=False, failure=Failure.NETWORK_UNREACHABLE)
    if behaviour.gone is Gone.DEAD or port in behaviour.filtered:
        return PortTruth(open=False, failure=Failure.TIMEOUT)
    if port in behaviour.closed:
        return PortTruth(open=False, failure=Failure.CONNECTION_REFUSED)
    return PortTruth(open=True)


def _path(path: tuple[str, ...], behaviour: Behaviour, family: Family) -> tuple[tuple[str | None, ...], str | None]:
    """Give the routers that a trace sees, and the one that calls the address unreachable."""
    answers = [
        None if name == MUTE_ROUTER else _facing_address(name, above, family)
        for above, name in zip((VANTAGE, *path), path, strict=False)
    ]
    if behaviour.gone is Gone.NO_ROUTE:
        return (answers[0],), answers[0]
    return tuple(answers), answers[-1] if behaviour.gone is Gone.HOST_UNREACHABLE else None


def _facing_address(router: str, above: str, family: Family) -> str:
    """Give the address of a router on the link towards the vantage point: the source of its ICMP errors."""
    (address,) = (link.address(router, family) for link in LINKS if {link.upper, link.lower} == {router, above})
    return address


def router_addresses() -> frozenset[str]:
    """List every address that a hop of a trace can have."""
    return frozenset(
        _facing_address(name, above, family)
        for region in REGIONS.values()
        for family in FAMILIES
        for above, name in zip((VANTAGE, *region.path(family)), region.path(family), strict=False)
        if name != MUTE_ROUTER
    )
