"""
ping: Echo Requests to an address.

    ping://[2001:db8::1]
"""

from __future__ import annotations

from collections.abc import Sequence

from ipv6matrix.items import NO_REPLY, Failure, PingItem, PingObservation
from ipv6matrix.measurements import grammar
from ipv6matrix.measurements.addresses import OfAddress
from ipv6matrix.measurements.base import Asked, Crawl, Evidence, Outcome
from ipv6matrix.measurements.grammar import RequestUrl

_REPLY = "reply"


def url(address: str) -> str:
    """Return the URL for a ping series."""
    return grammar.of_address(Ping.scheme, address)


class Ping(OfAddress[PingObservation, PingItem]):
    """A series of Echo Requests to each address."""

    scheme = "ping"
    metrics = ("ping",)
    observation = PingObservation
    item = PingItem
    requires = frozenset(("ping socket",))
    every_address = True

    def answer(self, asked: Asked[RequestUrl], observation: PingObservation, crawl: Crawl) -> PingItem:  # noqa: ARG002
        return PingItem(**asked.fields, address=asked.url.subject, ping=observation)

    def evidence(self, observation: PingObservation) -> Evidence:
        replies = len(observation.rtts_ms)
        return Evidence(answered=replies > 0, complete=0 < observation.sent + observation.unsent == replies)

    def unsent(self, url: RequestUrl, names: Sequence[str], now: float) -> PingObservation:  # noqa: ARG002
        return PingObservation(sent=0, failure=Failure.PROBE_FAILED, asked_at=now)

    def outcomes(self, item: PingItem) -> list[Outcome]:
        ping = item.ping
        return [("ping", ping.failure or (_REPLY if ping.rtts_ms else NO_REPLY))]

    def fault(self, item: PingItem) -> str | None:
        return "more replies than requests" if len(item.ping.rtts_ms) > item.ping.sent else None

    def is_answered(self, item: PingItem) -> bool:
        return bool(item.ping.rtts_ms)
