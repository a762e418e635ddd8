"""
trace: the path to an address.

    trace://192.0.2.1
"""

from __future__ import annotations

from collections.abc import Sequence

from ipv6matrix.items import NO_REPLY, Failure, Stop, TraceItem, TraceObservation
from ipv6matrix.measurements import grammar
from ipv6matrix.measurements.addresses import OfAddress
from ipv6matrix.measurements.base import Asked, Crawl, Evidence, Outcome, Target
from ipv6matrix.measurements.grammar import RequestUrl


def url(address: str) -> str:
    """Return the URL for the path to an address."""
    return grammar.of_address(Trace.scheme, address)


class Trace(OfAddress[TraceObservation, TraceItem]):
    """A trace to each address."""

    scheme = "trace"
    metrics = ("path",)
    observation = TraceObservation
    item = TraceItem
    requires = frozenset(("mtr-packet",))
    every_address = True

    def answer(self, asked: Asked[RequestUrl], observation: TraceObservation, crawl: Crawl) -> TraceItem:
        """Request what is measured of the routers on the path, which belong to no host."""
        routers = dict.fromkeys(hop.address for hop in observation.hops if hop.address)
        follow_ups = [
            url
            for router in routers
            if crawl.plan.policy.exclusion(router) is None
            for url in crawl.urls(Target(address=router), crawl.plan)
        ]
        return TraceItem(**asked.fields, address=asked.url.subject, trace=observation, follow_ups=tuple(follow_ups))

    def evidence(self, observation: TraceObservation) -> Evidence:
        reached = observation.stop is Stop.REACHED
        return Evidence(answered=reached, complete=reached and all(hop.address for hop in observation.hops))

    def unsent(self, url: RequestUrl, names: Sequence[str], now: float) -> TraceObservation:  # noqa: ARG002
        return TraceObservation(failure=Failure.PROBE_FAILED, asked_at=now)

    def outcomes(self, item: TraceItem) -> list[Outcome]:
        trace = item.trace
        return [("trace", trace.failure or trace.stop or NO_REPLY)]

    def is_answered(self, item: TraceItem) -> bool:  # noqa: ARG002 - the retry pass repeats no trace
        return False
