"""
pmtu: the MTU of the path to an IPv6 address.

    pmtu://[2001:db8::1]
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from ipv6matrix.config.plan import Plan
from ipv6matrix.items import Failure, PmtuItem, PmtuObservation, PmtuStatus
from ipv6matrix.measurements import grammar
from ipv6matrix.measurements.addresses import OfAddress
from ipv6matrix.measurements.base import Asked, Crawl, Evidence, Outcome, Target
from ipv6matrix.measurements.grammar import Query, RequestUrl

_METRIC: Final = "pmtu"
_FULL_BYTES: Final = 1500


def url(address: str) -> str:
    """Return the URL for the MTU of the path to an address."""
    return grammar.of_address(Pmtu.scheme, address)


class Pmtu(OfAddress[PmtuObservation, PmtuItem]):
    """Large Echo Requests to each IPv6 address."""

    scheme = "pmtu"
    metrics = (_METRIC,)
    opt_in = (_METRIC,)
    observation = PmtuObservation
    item = PmtuItem
    requires = frozenset(("ping socket",))

    def parse(self, authority: str, path: str, query: Query) -> RequestUrl:
        url = super().parse(authority, path, query)
        if ":" not in url.subject:
            raise ValueError(url.subject)
        return url

    def urls(self, target: Target, plan: Plan) -> Iterable[str]:
        return super().urls(target, plan) if target.address and ":" in target.address else ()

    def answer(self, asked: Asked[RequestUrl], observation: PmtuObservation, crawl: Crawl) -> PmtuItem:  # noqa: ARG002
        return PmtuItem(**asked.fields, address=asked.url.subject, pmtu=observation)

    def evidence(self, observation: PmtuObservation) -> Evidence:
        """Return what an observation shows: Packet Too Big comes from a router, a black hole may be a loss."""
        status = observation.status
        return Evidence(
            answered=status is PmtuStatus.BLACK_HOLE or observation.mtu_bytes == _FULL_BYTES,
            complete=status is PmtuStatus.MEASURED,
        )

    def unsent(self, url: RequestUrl, names: Sequence[str], now: float) -> PmtuObservation:  # noqa: ARG002
        return PmtuObservation(status=Failure.PROBE_FAILED, sent=0, asked_at=now)

    def outcomes(self, item: PmtuItem) -> list[Outcome]:
        return [("pmtu", item.pmtu.status)]

    def is_answered(self, item: PmtuItem) -> bool:
        return item.pmtu.status in (PmtuStatus.MEASURED, PmtuStatus.BLACK_HOLE)
