"""
resolver6: whether the names of a domain resolve over IPv6 alone.

    dns://resolver6/example.com?type=SOA
    dns://resolver6/www.example.com?type=AAAA

The authority stands for the servers in the setting NAMESERVERS6, which have no IPv4.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from ipv6matrix.config.plan import Plan
from ipv6matrix.items import Failure, Family, Resolvability, ResolvabilityItem, ResolvabilityObservation
from ipv6matrix.measurements import lookups
from ipv6matrix.measurements.base import Asked, Crawl, Crowd, Evidence, Failed, Measurement, Outcome, Target
from ipv6matrix.measurements.grammar import Query, RequestUrl
from ipv6matrix.targets import lists

_METRIC: Final = "resolver6"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolver6Url(RequestUrl):
    """A parsed URL of a lookup over IPv6 alone."""

    type: str

    @property
    def family(self) -> Family:
        """Return 6: while IPv6 is down, nothing resolves over it."""
        return 6


def url(name: str, rdtype: str) -> str:
    """Return the URL of a lookup over IPv6 alone."""
    return f"{lookups.AT_RESOLVER6}{name}?type={rdtype}"


class Resolver6(Measurement[Resolver6Url, ResolvabilityObservation, ResolvabilityItem]):
    """The zone of each domain, its web hosts and its mail hosts, at a resolver without IPv4."""

    scheme = lookups.SCHEME
    metrics = (_METRIC,)
    observation = ResolvabilityObservation
    item = ResolvabilityItem

    def claims(self, url: str) -> bool:
        return url.startswith(lookups.AT_RESOLVER6)

    def parse(self, authority: str, path: str, query: Query) -> Resolver6Url:  # noqa: ARG002 - claimed by its authority
        (rdtype,) = lookups.types_in(query)
        name = lookups.name_in(path)
        return Resolver6Url(subject=name, name=name, type=rdtype)

    def urls(self, target: Target, plan: Plan) -> Iterable[str]:
        """Return the URLs of a domain, or of a host that its MX records name."""
        if _METRIC not in plan.metrics:
            return ()
        if target.domain:
            hosts = [host for host in (target.domain, f"www.{target.domain}") if len(host) <= lists.MAX_NAME]
            return (url(target.domain, "SOA"), *(url(host, "AAAA") for host in hosts))
        return (url(target.host, "AAAA"),) if target.host and not target.address else ()

    def crowd(self, url: str) -> Crowd | None:  # noqa: ARG002 - a resolver of the operator
        return None

    def answer(
        self,
        asked: Asked[Resolver6Url],
        observation: ResolvabilityObservation,
        crawl: Crawl,  # noqa: ARG002
    ) -> ResolvabilityItem:
        return ResolvabilityItem(**asked.fields, observation=observation)

    def exclude(self, asked: Asked[Resolver6Url], reason: str, at: float) -> ResolvabilityItem:  # noqa: ARG002
        return ResolvabilityItem(**asked.fields)

    def evidence(self, observation: ResolvabilityObservation) -> Evidence:
        answered = observation.answer is Resolvability.RESOLVABLE
        return Evidence(answered=answered, complete=answered)

    def unsent(self, url: Resolver6Url, names: Sequence[str], now: float) -> ResolvabilityObservation:  # noqa: ARG002
        return ResolvabilityObservation(
            name=url.subject, type=url.type, answer=Resolvability.UNKNOWN, status=Failure.PROBE_FAILED, asked_at=now
        )

    def outcomes(self, item: ResolvabilityItem) -> list[Outcome]:
        return [(_METRIC, item.observation.answer)] if item.observation else []

    def retries(self, failed: Failed, plan: Plan) -> Iterable[str]:  # noqa: ARG002
        return (url(failed.subject, failed.parts[0]),)

    def is_answered(self, item: ResolvabilityItem) -> bool:
        return item.observation is not None and item.observation.answer is not Resolvability.UNKNOWN
