"""
name_servers: what each address of a name server answers for each of its zones.

    dns://[2001:db8::53]/example.com,example.org?type=SOA&rd=0
    dns://[2001:db8::53]/example.com?type=SOA&rd=0&tcp=1

A zone and an address are found by different requests, so the requests of this
measurement come from `extensions.name_servers`, once all others are answered.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from ipv6matrix.config.plan import Plan
from ipv6matrix.items import (
    AUTHORITIES,
    Failure,
    NameServerAnswer,
    NameServerItem,
    NameServerObservation,
    NameServersObservation,
)
from ipv6matrix.measurements import grammar, lookups
from ipv6matrix.measurements.base import Asked, Crawl, Evidence, Failed, Measurement, Outcome, Target
from ipv6matrix.measurements.grammar import Query, RequestUrl

_KIND: Final = "ns"
_QUERY: Final = "type=SOA&rd=0"
_TCP: Final = "tcp=1"
_SILENCE: Final = (NameServerAnswer.TIMEOUT, NameServerAnswer.UNTESTABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class NameServerUrl(RequestUrl):
    """A parsed URL of queries to a name server."""

    zones: tuple[str, ...]
    tcp: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return self.zones


def url(zones: Iterable[str], address: str, *, tcp: bool) -> str:
    """Return the URL to query an address for zones."""
    names = ",".join(zones)
    return f"{grammar.of_address(NameServers.scheme, address)}/{names}?{_QUERY}" + (f"&{_TCP}" if tcp else "")


class NameServers(Measurement[NameServerUrl, NameServersObservation, NameServerItem]):
    """Queries without recursion to the name servers of the domains of the list."""

    scheme = lookups.SCHEME
    slot = AUTHORITIES
    metrics = ("nameservers",)
    observation = NameServersObservation
    item = NameServerItem
    # Words of failures that are results here.
    findings = frozenset((_KIND, str(word)) for word in NameServerAnswer if str(word) in map(str, Failure))

    def claims(self, url: str) -> bool:
        return _QUERY in url

    def parse(self, authority: str, path: str, query: Query) -> NameServerUrl:
        if query not in ([("type", "SOA"), ("rd", "0")], [("type", "SOA"), ("rd", "0"), ("tcp", "1")]):
            raise ValueError(query)
        zones, address = tuple(map(lookups.name_in, path.split(","))), grammar.address_in(authority)
        return NameServerUrl(subject=address, destination=address, zones=zones, tcp=("tcp", "1") in query)

    def urls(self, target: Target, plan: Plan) -> Iterable[str]:  # noqa: ARG002 - pairs of facts, not targets
        return ()

    def answer(
        self,
        asked: Asked[NameServerUrl],
        observation: NameServersObservation,
        crawl: Crawl,  # noqa: ARG002
    ) -> NameServerItem:
        return NameServerItem(**asked.fields, zones=observation.zones)

    def exclude(self, asked: Asked[NameServerUrl], reason: str, at: float) -> NameServerItem:  # noqa: ARG002
        """Return an item without answers: nothing was asked."""
        return NameServerItem(**asked.fields)

    def evidence(self, observation: NameServersObservation) -> Evidence:
        answered = [zone.answer not in _SILENCE for zone in observation.zones]
        return Evidence(answered=any(answered), complete=all(answered))

    def unsent(self, url: NameServerUrl, names: Sequence[str], now: float) -> NameServersObservation:
        answer = NameServerAnswer.UNTESTABLE
        return NameServersObservation(
            zones=tuple(
                NameServerObservation(zone=zone, address=url.subject, tcp=url.tcp, answer=answer, asked_at=now)
                for zone in names
            )
        )

    def outcomes(self, item: NameServerItem) -> list[Outcome]:
        return [(_KIND, zone.answer) for zone in item.zones]

    def retries(self, failed: Failed, plan: Plan) -> Iterable[str]:  # noqa: ARG002
        zone, address = failed.subject.split(" ")
        return (url([zone], address, tcp="ns tcp" in failed.parts),)

    def is_answered(self, item: NameServerItem) -> bool:
        return any(zone.answer not in _SILENCE for zone in item.zones)
