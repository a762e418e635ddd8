"""
The truth about addresses: the results of pings, handshakes, mail sessions, traces and reverse lookups.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final

from ipv6matrix.items import Failure, Starttls, Status
from simnet.behaviours import BEHAVIOURS, PORTS, Behaviour, Gone, Mail
from simnet.blocks import Block, Reverse, reverse_names
from simnet.facts import AddressTruth, LookupTruth, PortTruth, SmtpTruth
from simnet.places import PLACES
from simnet.scenario import ROUTER_NAMES
from simnet.topology import FAMILIES, LINKS, MUTE_ROUTER, REGIONS, VANTAGE, Family
from simnet.zones import NEGATIVE_TTL_S, TTL_S

SMTP: Final = {
    Mail.STARTTLS: SmtpTruth(greeting_code=220, hello="EHLO", starttls=Starttls.ACCEPTED, tls=True),
    Mail.MULTILINE: SmtpTruth(greeting_code=220, hello="EHLO", starttls=Starttls.ACCEPTED, tls=True),
    Mail.GREETS_LATE: SmtpTruth(greeting_code=220, hello="EHLO", starttls=Starttls.ACCEPTED, tls=True),
    Mail.PLAIN: SmtpTruth(greeting_code=220, hello="EHLO", starttls=Starttls.NOT_OFFERED),
    Mail.HELO_ONLY: SmtpTruth(greeting_code=220, hello="HELO", starttls=Starttls.NOT_OFFERED),
    Mail.REFUSES_STARTTLS: SmtpTruth(greeting_code=220, hello="EHLO", starttls=Starttls.REFUSED),
    # RFC 3207 section 4: 220 accepts, so a later failure is one of TLS.
    Mail.BREAKS_TLS: SmtpTruth(greeting_code=220, hello="EHLO", starttls=Starttls.ACCEPTED, failure=Failure.TLS_FAILED),
    Mail.GREETS_4XX: SmtpTruth(greeting_code=421),
    Mail.GREETS_5XX: SmtpTruth(greeting_code=554),
    Mail.MUTE: SmtpTruth(failure=Failure.TIMEOUT),
    Mail.CLOSES: SmtpTruth(failure=Failure.CONNECTION_CLOSED),
    Mail.NOT_SMTP: SmtpTruth(failure=Failure.NOT_SMTP),
}


def address(block: Block | None, text: str) -> AddressTruth:
    """Return the results of probes of an address; an address in no block has no route."""
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
