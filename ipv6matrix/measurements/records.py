"""
records: the NS, MX and SOA records of a domain.

    dns://resolver/example.com?type=NS&type=MX&type=SOA
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from ipv6matrix.config.plan import Plan
from ipv6matrix.items import DomainItem, DomainObservation, LookupObservation, Status
from ipv6matrix.measurements import lookups
from ipv6matrix.measurements.base import Crowd, Evidence, Measurement, Outcome, Target
from ipv6matrix.measurements.grammar import Query
from ipv6matrix.measurements.lookups import LookupUrl

# Types of lookups about something else than a domain.
_OTHERS: Final = ("A", "PTR")


def url(name: str, types: tuple[str, ...]) -> str:
    """Return the URL for the records of a domain, of each type in `types`."""
    return lookups.url(name, types)


def lookups_of(answer: DomainObservation | DomainItem) -> list[LookupObservation]:
    """Return the lookups of a domain that were made."""
    return [lookup for lookup in (answer.ns, answer.mx, answer.soa) if lookup]


class Records(Measurement[LookupUrl, DomainObservation, DomainItem]):
    """The records of each domain of the list, which lead to its hosts."""

    scheme = lookups.SCHEME
    metrics = ("soa",)
    observation = DomainObservation
    item = DomainItem

    def claims(self, url: str) -> bool:
        return not any(lookups.asks(url, rdtype) for rdtype in _OTHERS)

    def parse(self, authority: str, path: str, query: Query) -> LookupUrl:
        server, destination = lookups.server_in(authority)
        name = lookups.name_in(path)
        return LookupUrl(subject=name, name=name, destination=destination, server=server, types=lookups.types_in(query))

    def urls(self, target: Target, plan: Plan) -> Iterable[str]:
        """Return the URL of a domain; its existence is looked up even if none of its records is."""
        return (url(target.domain, plan.domain_types or ("SOA",)),) if target.domain else ()

    def subjects(self, url: str) -> tuple[tuple[str, int], ...]:  # noqa: ARG002
        return (("domains", 1),)

    def crowd(self, url: str) -> Crowd | None:
        return None if lookups.at_resolver(url) else lookups.network(url)

    def evidence(self, observation: DomainObservation) -> Evidence:
        return lookups.evidence(lookups_of(observation))

    def existing(self, url: LookupUrl, observation: DomainObservation) -> str | None:
        # A server that the URL names may know domains that the resolvers do not.
        is_known = url.destination is None and observation.ns is not None and observation.ns.status == Status.OK
        return url.subject if is_known else None

    def unsent(self, url: LookupUrl, names: Sequence[str], now: float) -> DomainObservation:  # noqa: ARG002
        return DomainObservation(**{rdtype.lower(): lookups.unsent(url.subject, rdtype, now) for rdtype in url.types})

    def outcomes(self, item: DomainItem) -> list[Outcome]:
        return list(lookups.outcomes(lookups_of(item), (item.refusal,)))

    def is_answered(self, item: DomainItem) -> bool:
        return lookups.any_answer(lookups_of(item))
