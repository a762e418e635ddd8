"""
Silence is a measurement only while the vantage point itself is well.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Iterator
from typing import Final, NamedTuple, Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest

from ipv6matrix import questions
from ipv6matrix.extensions.health import Health, Part
from ipv6matrix.items import (
    DomainObservation,
    Failure,
    HostsObservation,
    LookupObservation,
    Observation,
    PingObservation,
    ReverseObservation,
    Status,
    Stop,
    TcpObservation,
    TraceObservation,
)
from ipv6matrix.responses import ObservationResponse
from ipv6matrix.signals import question_returned

# Failures that somebody out there has caused by an answer, and one that needs no answer.
_TOLD: Final = frozenset((*Status, Failure.CNAME_LOOP))
_TOLD_BY_HOST: Final = frozenset((Failure.CONNECTION_REFUSED, Failure.CONNECTION_RESET))
_TOLD_BY_SERVER: Final = _TOLD_BY_HOST | {
    *(None, Failure.CONNECTION_CLOSED, Failure.NOT_SMTP, Failure.BAD_REPLY, Failure.TLS_FAILED),
    *(Failure.SERVICE_UNAVAILABLE, Failure.HELLO_REFUSED),
}
# Seconds by which a busy loop may hand over a reply late.
_LATE_S: Final = 0.05


class Sign(NamedTuple):
    """What an observation says of the vantage point."""

    answered: bool
    "Whom was asked has answered, at least in part; a router on the way is not meant."
    whole: bool
    "Nothing is missing that a vantage point in trouble could have lost."


class HealthMiddleware:
    """
    Lets an observation without an answer pass when its part of the vantage point was there all along.

    Else nothing is stored, and the question goes back to the frontier.
    """

    def __init__(self, crawler: Crawler) -> None:
        health = crawler.get_extension(Health)
        assert health is not None
        self._crawler = crawler
        self._health = health

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        part = self._part(request)
        if part is not None:
            part.begin(request.url)

    def process_response(
        self, request: Request, response: ObservationResponse
    ) -> ObservationResponse | Awaitable[ObservationResponse]:
        part = self._part(request)
        asked_at = part.under_way.pop(request.url, None) if part is not None else None
        if part is None or asked_at is None:  # answered by a middleware: nothing was sent
            return response
        sign = sign_of(response.observation)
        lived_at = _last_asked_at(asked_at, response.observation)
        target = _target(request, response.observation) if sign.answered else None
        part.note(lived_at, answered=sign.answered, target=target)
        return response if sign.whole else self._judge(part, asked_at, response)

    def process_exception(self, request: Request, exception: Exception) -> None:  # noqa: ARG002 - Scrapy gives it by name
        part = self._part(request)
        if part is not None:
            part.under_way.pop(request.url, None)

    async def _judge(self, part: Part, asked_at: float, response: ObservationResponse) -> ObservationResponse:
        if await part.stood(asked_at):
            return response
        assert self._crawler.stats
        self._crawler.stats.inc_value(f"health/{part.name}/again")
        self._crawler.signals.send_catch_log(question_returned, request=response.request)
        raise IgnoreRequest(f"{response.url} is asked again")

    def _part(self, request: Request) -> Part | None:
        if request.meta.get("download_slot") not in questions.SLOTS:
            return None
        return self._health.part(questions.of(request))


def sign_of(observation: Observation) -> Sign:
    """Read an observation for what it says of the vantage point."""
    match observation:
        case PingObservation(sent=sent, rtts_ms=rtts_ms, failure=failure):
            return Sign(answered=bool(rtts_ms), whole=failure is None and 0 < sent == len(rtts_ms))
        case TcpObservation(ports=ports, smtp=smtp):
            told = [port.open or port.failure in _TOLD_BY_HOST for port in ports]
            return Sign(answered=any(told), whole=all(told) and (smtp is None or smtp.failure in _TOLD_BY_SERVER))
        case TraceObservation(hops=hops, stop=stop):
            reached = stop is Stop.REACHED
            return Sign(answered=reached, whole=reached and all(hop.address for hop in hops))
    statuses = [lookup.status for lookup in _lookups(observation)]
    return Sign(
        answered=any(status in _TOLD for status in statuses),
        whole=all(status in _TOLD or status is Failure.NAME_TOO_LONG for status in statuses),
    )


def _lookups(observation: Observation) -> Iterator[LookupObservation]:
    found: tuple[LookupObservation | None, ...] = ()
    match observation:
        case DomainObservation(ns=ns, mx=mx, soa=soa):
            found = (ns, mx, soa)
        case HostsObservation(hosts=hosts):
            found = tuple(lookup for host in hosts for lookup in (host.a, host.aaaa))
        case ReverseObservation(lookup=lookup):
            found = (lookup,)
    return (lookup for lookup in found if lookup)


def _last_asked_at(asked_at: float, observation: Observation) -> float:
    """Give when the latest answered question was sent: for a ping without a loss, a round trip ago."""
    if isinstance(observation, PingObservation) and 0 < observation.sent == len(observation.rtts_ms):
        return max(asked_at, time.monotonic() - observation.rtts_ms[-1] / 1000 - _LATE_S)
    return asked_at


def _target(request: Request, observation: Observation) -> str | None:
    """Give whom a control question may go to: a domain with records, an address that Echo Requests reach."""
    match observation:
        case DomainObservation() if any(lookup.status == Status.OK for lookup in _lookups(observation)):
            return questions.of(request).subject
        case PingObservation() | TraceObservation():
            return questions.of(request).subject
    return None
