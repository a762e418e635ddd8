"""
third parties: the addresses of hosts from which web pages load something.

    dns://resolver/cdn.example.net?type=A&type=AAAA&use=page

The addresses are not probed, so the URL differs from that of a host that is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from ipv6matrix.config.plan import Plan
from ipv6matrix.items import ThirdPartyItem, ThirdPartyObservation
from ipv6matrix.measurements import lookups
from ipv6matrix.measurements.base import Asked, Crawl, Crowd, Evidence, Failed, Measurement, Outcome, Target
from ipv6matrix.measurements.grammar import Query
from ipv6matrix.measurements.lookups import LookupUrl

_TYPES: Final = ("A", "AAAA")
_USE: Final = ("use", "page")
_SUFFIX: Final = "&use=page"


@dataclass(frozen=True, slots=True, kw_only=True)
class ThirdPartyUrl(LookupUrl):
    """A parsed URL of the addresses of a host that is not probed."""


def url(name: str) -> str:
    """Return the URL for the addresses of a host that a page refers to."""
    return lookups.url(name, _TYPES) + _SUFFIX


class ThirdParties(Measurement[ThirdPartyUrl, ThirdPartyObservation, ThirdPartyItem]):
    """Hosts from which the front pages load something; the metric `web` finds them."""

    scheme = lookups.SCHEME
    metrics = ()
    observation = ThirdPartyObservation
    item = ThirdPartyItem

    def claims(self, url: str) -> bool:
        return _SUFFIX in url

    def parse(self, authority: str, path: str, query: Query) -> ThirdPartyUrl:
        if authority != lookups.RESOLVER or query[-1] != _USE:
            raise ValueError(query)
        name = lookups.name_in(path)
        return ThirdPartyUrl(subject=name, name=name, types=lookups.types_in(query))

    def urls(self, target: Target, plan: Plan) -> Iterable[str]:  # noqa: ARG002 - pages lead to them
        return ()

    def crowd(self, url: str) -> Crowd | None:
        """Return the name above a host: content networks have very many hosts."""
        at_resolver = lookups.at_resolver(url)
        parent = at_resolver[0].partition(".")[2] if at_resolver else ""
        return parent if "." in parent else None

    def answer(
        self,
        asked: Asked[ThirdPartyUrl],
        observation: ThirdPartyObservation,
        crawl: Crawl,  # noqa: ARG002 - nothing follows
    ) -> ThirdPartyItem:
        return ThirdPartyItem(**asked.fields, name=asked.url.subject, addresses=observation)

    def exclude(self, asked: Asked[ThirdPartyUrl], reason: str, at: float) -> ThirdPartyItem:  # noqa: ARG002
        return ThirdPartyItem(**asked.fields, name=asked.url.subject, refusal=reason)

    def evidence(self, observation: ThirdPartyObservation) -> Evidence:
        return lookups.evidence((observation.a, observation.aaaa))

    def unsent(self, url: ThirdPartyUrl, names: Sequence[str], now: float) -> ThirdPartyObservation:  # noqa: ARG002
        a, aaaa = (lookups.unsent(url.subject, rdtype, now) for rdtype in _TYPES)
        return ThirdPartyObservation(a=a, aaaa=aaaa)

    def outcomes(self, item: ThirdPartyItem) -> list[Outcome]:
        addresses = item.addresses
        return list(lookups.outcomes((addresses.a, addresses.aaaa) if addresses else (), (item.refusal,)))

    def retries(self, failed: Failed, plan: Plan) -> Iterable[str]:  # noqa: ARG002
        return ()

    def is_answered(self, item: ThirdPartyItem) -> bool:  # noqa: ARG002 - the retry pass does not repeat them
        return False
