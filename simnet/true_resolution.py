"""The truth about resolution over IPv6 alone, computed from zones and blocks as data."""

from __future__ import annotations

from typing import Final

from ipv6matrix.items import Failure, Resolvability
from simnet import true_names
from simnet.hosting import NAME_SERVERS
from simnet.name_servers import NameServer
from simnet.scenario import Scenario
from simnet.zones import Zone

# Name servers that do not answer for their zones. DENIES does: with a denial.
_BROKEN: Final = (
    NameServer.REFUSES,
    NameServer.LAME,
    NameServer.SILENT,
    NameServer.SERVFAIL,
    NameServer.CLOSED,
    NameServer.GARBAGE,
)


class Resolution:
    """Computes which zones can be reached from the root over IPv6 alone."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario

    def resolvability(self, name: str, rdtype: str) -> Resolvability:
        """Return whether a name resolves; a failure over both families says nothing."""
        if isinstance(true_names.lookup(self._scenario.find_zone, name, rdtype).status, Failure):
            return Resolvability.UNKNOWN
        return Resolvability.RESOLVABLE if self._is_answered(name) else Resolvability.BROKEN

    def reaches(self, zone: Zone, by_way_of: frozenset[str] = frozenset()) -> bool:
        """Return whether a zone and all those above it have a name server that works over IPv6."""
        if not zone.apex:
            return True
        if zone.apex in by_way_of:
            return False
        by_way_of |= {zone.apex}
        above = self._zone(zone.apex.partition(".")[2])
        hosts = zone.records.get((zone.apex, "NS"), NAME_SERVERS)
        return self.reaches(above, by_way_of) and any(self._serves(host.lower(), zone, by_way_of) for host in hosts)

    def _serves(self, host: str, zone: Zone, by_way_of: frozenset[str]) -> bool:
        if host == zone.apex or host.endswith(f".{zone.apex}"):
            is_reachable = zone.glue6
        else:
            is_reachable = self.reaches(self._zone(host), by_way_of)
        records = true_names.lookup(self._scenario.find_zone, host, "AAAA").records
        return is_reachable and any(self._works(str(address)) for address in records)

    def _works(self, address: str) -> bool:
        block = self._scenario.table.find(address)
        return block is not None and block.behaves.gone is None and block.dns6 not in _BROKEN

    def _is_answered(self, name: str) -> bool:
        """Return whether each zone on a chain of CNAMEs is reached, up to one that denies everything."""
        while True:
            zone = self._zone(name)
            if not self.reaches(zone):
                return False
            alias = zone.records.get((zone.source(name) or name, "CNAME"))
            if alias is None:
                return True
            name = alias[0].lower()

    def _zone(self, name: str) -> Zone:
        zone = self._scenario.find_zone(name)
        assert zone is not None, "the root answers for everything"
        return zone
