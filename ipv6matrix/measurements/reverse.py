"""
reverse: the name of an address.

    dns://resolver/192.0.2.1?type=PTR
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import ip_address

from ipv6matrix.config.plan import Plan
from ipv6matrix.items import ReverseItem, ReverseObservation
from ipv6matrix.measurements import lookups
from ipv6matrix.measurements.base import Asked, Crawl, Crowd, Evidence, Failed, Measurement, Outcome, Target
from ipv6matrix.measurements.grammar import Query
from ipv6matrix.measurements.lookups import LookupUrl
from ipv6matrix.targets import policy

_TYPE = "PTR"


def url(address: str) -> str:
    """Return the URL for the reverse name of an address."""
    return lookups.url(address, (_TYPE,))


class Reverse(Measurement[LookupUrl, ReverseObservation, ReverseItem]):
    """The reverse name of each address and of the routers on the paths."""

    scheme = lookups.SCHEME
    metrics = ("reverse",)
    observation = ReverseObservation
    item = ReverseItem

    def claims(self, url: str) -> bool:
        return lookups.asks(url, _TYPE)

    def parse(self, authority: str, path: str, query: Query) -> LookupUrl:
        server, destination = lookups.server_in(authority)
        types = lookups.types_in(query)
        return LookupUrl(subject=lookups.name_in(path), destination=destination, server=server, types=types)

    def urls(self, target: Target, plan: Plan) -> Iterable[str]:
        return (url(target.address),) if target.address and "reverse" in plan.metrics else ()

    def crowd(self, url: str) -> Crowd | None:
        """Return the network whose names a lookup at the resolver is about, as text."""
        at_resolver = lookups.at_resolver(url)
        return policy.network(at_resolver[0]).hex() if at_resolver else lookups.network(url)

    def answer(self, asked: Asked[LookupUrl], observation: ReverseObservation, crawl: Crawl) -> ReverseItem:  # noqa: ARG002
        return ReverseItem(**asked.fields, address=asked.url.subject, lookup=observation.lookup)

    def evidence(self, observation: ReverseObservation) -> Evidence:
        return lookups.evidence((observation.lookup,))

    def unsent(self, url: LookupUrl, names: Sequence[str], now: float) -> ReverseObservation:  # noqa: ARG002
        return ReverseObservation(lookup=lookups.unsent(ip_address(url.subject).reverse_pointer, _TYPE, now))

    def outcomes(self, item: ReverseItem) -> list[Outcome]:
        return list(lookups.outcomes((item.lookup,)))

    def retries(self, failed: Failed, plan: Plan) -> Iterable[str]:  # noqa: ARG002
        return (url(failed.subject),)

    def is_answered(self, item: ReverseItem) -> bool:
        return lookups.any_answer((item.lookup,))
