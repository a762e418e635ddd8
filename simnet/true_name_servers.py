"""The truth about name servers: what an address answers for a zone, computed from blocks and zones as data."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final

from ipv6matrix.items import NameServerAnswer, SoaRecord
from simnet import true_names
from simnet.behaviours import Gone
from simnet.facts import NameServerTruth
from simnet.name_servers import SLOW_S, NameServer
from simnet.scenario import Scenario
from simnet.zones import Fault

_MISBEHAVING: Final = {
    NameServer.REFUSES: NameServerAnswer.REFUSED,
    NameServer.LAME: NameServerAnswer.LAME,
    NameServer.SILENT: NameServerAnswer.TIMEOUT,
    NameServer.SERVFAIL: NameServerAnswer.SERVFAIL,
    NameServer.DENIES: NameServerAnswer.NXDOMAIN,
    NameServer.CLOSED: NameServerAnswer.CONNECTION_REFUSED,
    NameServer.GARBAGE: NameServerAnswer.BAD_REPLY,
}
# A name server whose zone is broken; a patient client repeats what is flaky and what recovers.
_FAULTY: Final = {
    Fault.SERVFAIL: NameServerAnswer.SERVFAIL,
    Fault.REFUSED: NameServerAnswer.REFUSED,
    Fault.FORMERR: NameServerAnswer.BAD_REPLY,
    Fault.NOTIMP: NameServerAnswer.BAD_REPLY,
    Fault.YXDOMAIN: NameServerAnswer.BAD_REPLY,
    Fault.SILENT: NameServerAnswer.TIMEOUT,
    Fault.DENIED: NameServerAnswer.NXDOMAIN,
}


def name_server(scenario: Scenario, zone: str, address: str, *, tcp: bool) -> NameServerTruth:
    """Return what an address answers for a zone that lists one of its names as name server."""
    block = scenario.table.find(address)
    gone = block.behaves.gone if block else Gone.NO_ROUTE
    behaviour = block.dns6 if block and ":" in address else None
    if gone:
        # Over TCP, a missing route could as well be one of the vantage point.
        unknown = tcp and gone is Gone.NO_ROUTE
        return NameServerTruth(answer=NameServerAnswer.UNTESTABLE if unknown else NameServerAnswer.TIMEOUT)
    if behaviour in _MISBEHAVING:
        return NameServerTruth(answer=_MISBEHAVING[behaviour])
    if tcp and behaviour is NameServer.UDP_ONLY:
        return NameServerTruth(answer=NameServerAnswer.CONNECTION_REFUSED)
    if not _serves(scenario, zone, address):
        return NameServerTruth(answer=NameServerAnswer.REFUSED)
    answer = _zone_answer(scenario, zone)
    if answer is not NameServerAnswer.AUTHORITATIVE:
        return NameServerTruth(answer=answer)
    (soa,) = true_names.lookup(scenario.find_zone, zone, "SOA").records
    assert isinstance(soa, SoaRecord)
    stale, slow = behaviour is NameServer.STALE, behaviour is NameServer.SLOW
    return NameServerTruth(answer=answer, serial=soa.serial - stale, delay_ms=1000 * SLOW_S * (slow and not tcp))


def _serves(scenario: Scenario, zone: str, address: str) -> bool:
    served_zone = scenario.find_zone(zone)
    hosts = served_zone.records.get((zone, "NS"), ()) if served_zone else ()
    records = (
        record
        for host in hosts
        for rdtype in ("A", "AAAA")
        for record in true_names.lookup(scenario.find_zone, host.lower(), rdtype).records
    )
    return any(str(ip_address(str(record))) == address for record in records)


def _zone_answer(scenario: Scenario, zone: str) -> NameServerAnswer:
    served_zone = scenario.find_zone(zone)
    fault = served_zone.fault(zone, "SOA") if served_zone else None
    if fault is Fault.TRUNCATED_SILENT_TCP:
        return NameServerAnswer.TIMEOUT
    return _FAULTY.get(fault, NameServerAnswer.AUTHORITATIVE) if fault else NameServerAnswer.AUTHORITATIVE
