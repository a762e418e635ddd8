"""
hosts: the addresses of hosts that records name, or that are guessed.

    dns://resolver/example.com?type=A&type=AAAA&labels=www,ntp
    dns://resolver/mail.example.net?type=A&type=AAAA
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from ipv6matrix.config.plan import Plan
from ipv6matrix.items import Host, HostObservation, HostsItem, HostsObservation, LookupObservation
from ipv6matrix.measurements import lookups
from ipv6matrix.measurements.base import Crowd, Evidence, Measurement, Outcome, Target
from ipv6matrix.measurements.grammar import Query
from ipv6matrix.measurements.lookups import LookupUrl

_TYPES: Final = ("A", "AAAA")
_LABELS: Final = "&labels="


@dataclass(frozen=True, slots=True, kw_only=True)
class HostsUrl(LookupUrl):
    """A parsed URL for the addresses of hosts."""

    labels: tuple[str, ...] = ()
    "Labels prefixed to the subject; each makes one host."

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"{label}.{self.subject}" for label in self.labels) or (self.subject,)

    @property
    def about_hosts(self) -> bool:
        return True


def url(name: str, types: tuple[str, ...] = _TYPES) -> str:
    """Return the URL for the addresses of one host."""
    return lookups.url(name, types)


def guesses(name: str, labels: tuple[str, ...], types: tuple[str, ...] = _TYPES) -> str:
    """Return the URL for the addresses of the hosts `label.name`."""
    return f"{lookups.url(name, types)}{_LABELS}{','.join(labels)}"


def lookups_of(hosts: Iterable[HostObservation | Host]) -> list[LookupObservation]:
    """Return the lookups of hosts that were made."""
    return [lookup for host in hosts for lookup in (host.a, host.aaaa) if lookup]


class Hosts(Measurement[HostsUrl, HostsObservation, HostsItem]):
    """The addresses of hosts, which lead to the probes of those addresses."""

    scheme = lookups.SCHEME
    metrics = ()
    observation = HostsObservation
    item = HostsItem

    def claims(self, url: str) -> bool:
        return lookups.asks(url, "A")

    def parse(self, authority: str, path: str, query: Query) -> HostsUrl:
        server, destination = lookups.server_in(authority)
        name = lookups.name_in(path)
        return HostsUrl(
            subject=name,
            name=name,
            destination=destination,
            server=server,
            types=lookups.types_in(query),
            labels=tuple(label for key, value in query if key == "labels" for label in value.split(",")),
        )

    def urls(self, target: Target, plan: Plan) -> Iterable[str]:  # noqa: ARG002 - the records of a domain lead to hosts
        return ()

    def subjects(self, url: str) -> tuple[tuple[str, int], ...]:
        return (("hosts", url.partition(_LABELS)[2].count(",") + 1),)

    def crowd(self, url: str) -> Crowd | None:
        """Return the name above a host; None for guesses, and where names belong to different owners."""
        at_resolver = lookups.at_resolver(url)
        if at_resolver is None:
            return lookups.network(url)
        name, query = at_resolver
        parent = name.partition(".")[2]
        return parent if _LABELS not in query and "." in parent else None

    def evidence(self, observation: HostsObservation) -> Evidence:
        return lookups.evidence(lookups_of(observation.hosts))

    def unsent(self, url: HostsUrl, names: Sequence[str], now: float) -> HostsObservation:
        a, aaaa = (rdtype in url.types for rdtype in _TYPES)
        hosts = (
            HostObservation(
                name=name,
                a=lookups.unsent(name, "A", now) if a else None,
                aaaa=lookups.unsent(name, "AAAA", now) if aaaa else None,
            )
            for name in names
        )
        return HostsObservation(hosts=tuple(hosts))

    def outcomes(self, item: HostsItem) -> list[Outcome]:
        return list(lookups.outcomes(lookups_of(item.hosts), [host.refusal for host in item.hosts]))

    def is_answered(self, item: HostsItem) -> bool:
        return lookups.any_answer(lookups_of(item.hosts))
