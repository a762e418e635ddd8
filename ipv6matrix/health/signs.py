"""
What observations show about the vantage point, and the observation of a request that is no longer sent.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from ipv6matrix.items import (
    DomainObservation,
    Failure,
    HostObservation,
    HostsObservation,
    LookupObservation,
    Observation,
    PingObservation,
    PortObservation,
    ReverseObservation,
    Status,
    Stop,
    TcpObservation,
    TraceObservation,
)
from ipv6matrix.probes.hosts import reverse_name

if TYPE_CHECKING:  # that module imports Scrapy
    from ipv6matrix.urls import RequestUrl

# Failures that are answers of a remote host, and one that requires no answer.
_DNS_ANSWERS: Final = frozenset((*Status, Failure.CNAME_LOOP))
_HOST_ANSWERS: Final = frozenset((Failure.CONNECTION_REFUSED, Failure.CONNECTION_RESET))
_SERVER_ANSWERS: Final = _HOST_ANSWERS | {
    *(None, Failure.CONNECTION_CLOSED, Failure.NOT_SMTP, Failure.BAD_REPLY, Failure.TLS_FAILED),
    *(Failure.SERVICE_UNAVAILABLE, Failure.HELLO_REFUSED),
}


class Sign(NamedTuple):
    """What an observation shows about the vantage point."""

    answered: bool
    "The target itself has answered, at least in part; routers on the path do not count."
    whole: bool
    "Nothing is missing that could have been lost because of the vantage point."


def sign_of(observation: Observation) -> Sign:
    """Return what an observation shows about the vantage point."""
    match observation:
        case PingObservation(sent=sent, rtts_ms=rtts_ms, failure=failure):
            return Sign(answered=bool(rtts_ms), whole=failure is None and 0 < sent == len(rtts_ms))
        case TcpObservation(ports=ports, smtp=smtp):
            answered = [port.open or port.failure in _HOST_ANSWERS for port in ports]
            return Sign(
                answered=any(answered), whole=all(answered) and (smtp is None or smtp.failure in _SERVER_ANSWERS)
            )
        case TraceObservation(hops=hops, stop=stop):
            reached = stop is Stop.REACHED
            return Sign(answered=reached, whole=reached and all(hop.address for hop in hops))
    statuses = [lookup.status for lookup in _lookups(observation)]
    return Sign(
        answered=any(status in _DNS_ANSWERS for status in statuses),
        whole=all(status in _DNS_ANSWERS or status is Failure.NAME_TOO_LONG for status in statuses),
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


def unsent(url: RequestUrl, names: Sequence[str]) -> Observation:
    """Return the observation for a request that is no longer sent: each of its answers is `probe_failed`."""
    now, failure = time.time(), Failure.PROBE_FAILED

    def lookup(name: str, rdtype: str) -> LookupObservation:
        return LookupObservation(name=name, type=rdtype, status=failure, asked_at=now)

    match url.scheme:
        case "ping":
            return PingObservation(sent=0, failure=failure, asked_at=now)
        case "trace":
            return TraceObservation(failure=failure, asked_at=now)
        case "tcp":
            ports = (PortObservation(port=port, open=False, failure=failure, asked_at=now) for port in url.ports)
            return TcpObservation(ports=tuple(ports))
    if url.about_hosts:
        a, aaaa = (rdtype in url.types for rdtype in ("A", "AAAA"))
        hosts = (
            HostObservation(name=name, a=lookup(name, "A") if a else None, aaaa=lookup(name, "AAAA") if aaaa else None)
            for name in names
        )
        return HostsObservation(hosts=tuple(hosts))
    if "PTR" in url.types:
        return ReverseObservation(lookup=lookup(reverse_name(url.subject), "PTR"))
    return DomainObservation(**{rdtype.lower(): lookup(url.subject, rdtype) for rdtype in url.types})
