"""The truth about addresses: the results of pings, handshakes, mail sessions, traces and reverse lookups."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final

from ipv6matrix.items import Failure, NtpStatus, PmtuStatus, Starttls, Status
from simnet.behaviours import BEHAVIOURS, PORTS, Behaviour, Gone, Mail, Ntp
from simnet.blocks import Block, Reverse, reverse_names
from simnet.clocks import OFFSET_S, REFERENCE_ID, STRATUM
from simnet.facts import AddressTruth, LookupTruth, NtpTruth, PmtuTruth, PortTruth, SmtpTruth
from simnet.places import PLACES
from simnet.scenario import ROUTER_NAMES
from simnet.topology import FAMILIES, LINKS, MUTE_ROUTER, REGIONS, VANTAGE, Family
from simnet.zones import NEGATIVE_TTL_S, TTL_S

SMTP: Final = {
    Mail.STARTTLS: SmtpTruth(greeting_code=220, hello="EHLO", starttls=Starttls.ACCEPTED, tls=True),
    Mail.MULTILINE: SmtpTruth(greeting_code=220, hello="EHLO", starttls=Starttls.ACCEPTED, tls=True),
    Mail.GREETS_LATE: SmtpTruth(greeting_code=220, hello="EHLO", starttls=Starttls.ACCEPTED, tls=True),
    Mail.OTHER_NAME: SmtpTruth(greeting_code=220, hello="EHLO", starttls=Starttls.ACCEPTED, tls=True),
    Mail.OTHER_CERTIFICATE: SmtpTruth(greeting_code=220, hello="EHLO", starttls=Starttls.ACCEPTED, tls=True),
    Mail.PLAIN: SmtpTruth(greeting_code=220, hello="EHLO", starttls=Starttls.NOT_OFFERED),
    Mail.HELO_ONLY: SmtpTruth(greeting_code=220, hello="HELO", starttls=Starttls.NOT_OFFERED),
    Mail.REFUSES_STARTTLS: SmtpTruth(greeting_code=220, hello="EHLO", starttls=Starttls.REFUSED),
    # RFC 3207 section 4: 220 accepts, so a later failure is one of TLS.
    Mail.BREAKS_TLS: SmtpTruth(greeting_code=220, hello="EHLO", starttls=Starttls.ACCEPTED, failure=Failure.TLS_FAILED),
    Mail.GREETS_4XX: SmtpTruth(greeting_code=421),
    Mail.GREETS_5XX: SmtpTruth(greeting_code=554),
    Mail.REFUSES_HELLO: SmtpTruth(greeting_code=220, failure=Failure.HELLO_REFUSED),
    Mail.LEAVES: SmtpTruth(greeting_code=220, failure=Failure.SERVICE_UNAVAILABLE),
    Mail.MUTE: SmtpTruth(failure=Failure.TIMEOUT),
    Mail.CLOSES: SmtpTruth(failure=Failure.CONNECTION_CLOSED),
    Mail.NOT_SMTP: SmtpTruth(failure=Failure.NOT_SMTP),
}
NTP: Final = {
    Ntp.GOOD: NtpTruth(status=NtpStatus.ANSWERS, stratum=STRATUM, reference_id=REFERENCE_ID, offset_ms=OFFSET_S * 1000),
    Ntp.STRATUM_16: NtpTruth(status=NtpStatus.UNSYNCHRONISED, stratum=16, reference_id="73.78.73.84"),
    Ntp.RATE: NtpTruth(status=NtpStatus.KISS, stratum=0, reference_id="RATE"),
    Ntp.WRONG_ORIGIN: NtpTruth(status=Failure.BAD_REPLY),
    Ntp.SILENT: NtpTruth(status=Failure.TIMEOUT),
}
UNREACHED: Final = {
    Gone.HOST_UNREACHABLE: Failure.HOST_UNREACHABLE,
    Gone.NO_ROUTE: Failure.NETWORK_UNREACHABLE,
    Gone.DEAD: Failure.TIMEOUT,
}
# MSS that servers announce on an Ethernet, by family.
MSS_BYTES: Final[dict[Family, int]] = {4: 1460, 6: 1440}


def address(block: Block | None, text: str, clock: Ntp | None = None) -> AddressTruth:
    """Return the results of probes of an address; an address in no block has no route."""
    behaviour = block.behaves if block else BEHAVIOURS["no_route"]
    family: Family = 6 if ":" in text else 4
    region = REGIONS[block.region if block else "near"]
    routers, unreachable_by = _path(region.path(family), behaviour, family)
    mss_bytes = 1220 if family == 6 and block and block.largest6 == 1280 else MSS_BYTES[family]
    ports = {port: _port(behaviour, port, mss_bytes) for port in PORTS}
    return AddressTruth(
        address=text,
        family=family,
        reverse=_reverse(block, text),
        echo=behaviour.echo and behaviour.gone is None,
        rtt_ms=region.rtt_ms(family),
        ports=ports,
        smtp=SMTP[behaviour.mail] if ports[25].open else None,
        routers=routers,
        unreachable_by=unreachable_by,
        ntp=_ntp(behaviour, clock),
        pmtu=_pmtu(block, behaviour) if family == 6 else None,
        place=PLACES[block.place if block else "nowhere"],
        tunnel=block.tunnel if block and family == 6 else None,
    )


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


def _ntp(behaviour: Behaviour, clock: Ntp | None) -> NtpTruth:
    if behaviour.gone is not None:
        return NtpTruth(status=UNREACHED[behaviour.gone])
    return NTP[clock] if clock else NtpTruth(status=Failure.CONNECTION_REFUSED)


def _pmtu(block: Block | None, behaviour: Behaviour) -> PmtuTruth:
    if not behaviour.echo or behaviour.gone is not None:
        return PmtuTruth(status=PmtuStatus.UNTESTABLE)
    if block and block.black_hole:
        return PmtuTruth(status=PmtuStatus.BLACK_HOLE)
    return PmtuTruth(status=PmtuStatus.MEASURED, mtu_bytes=block.mtu6 if block else 1500)


def _port(behaviour: Behaviour, port: int, mss_bytes: int) -> PortTruth:
    if behaviour.gone is Gone.HOST_UNREACHABLE:
        return PortTruth(open=False, failure=Failure.HOST_UNREACHABLE)
    if behaviour.gone is Gone.NO_ROUTE:
        return PortTruth(open=False, failure=Failure.NETWORK_UNREACHABLE)
    if behaviour.gone is Gone.DEAD or port in behaviour.filtered:
        return PortTruth(open=False, failure=Failure.TIMEOUT)
    if port in behaviour.closed:
        return PortTruth(open=False, failure=Failure.CONNECTION_REFUSED)
    return PortTruth(open=True, mss_bytes=mss_bytes)


def _path(path: tuple[str, ...], behaviour: Behaviour, family: Family) -> tuple[tuple[str | None, ...], str | None]:
    """Return the routers that a trace sees, and the one that reports the address as unreachable."""
    answers = [
        None if name == MUTE_ROUTER else _facing_address(name, above, family)
        for above, name in zip((VANTAGE, *path), path, strict=False)
    ]
    if behaviour.gone is Gone.NO_ROUTE:
        return (answers[0],), answers[0]
    return tuple(answers), answers[-1] if behaviour.gone is Gone.HOST_UNREACHABLE else None


def _facing_address(router: str, above: str, family: Family) -> str:
    """Return the address of a router on the link towards the vantage point: the source of its ICMP errors."""
    (address,) = (link.address(router, family) for link in LINKS if {link.upper, link.lower} == {router, above})
    return address


def router_addresses() -> frozenset[str]:
    """Return every address that a hop of a trace can have."""
    return frozenset(
        _facing_address(name, above, family)
        for region in REGIONS.values()
        for family in FAMILIES
        for above, name in zip((VANTAGE, *region.path(family)), region.path(family), strict=False)
        if name != MUTE_ROUTER
    )
