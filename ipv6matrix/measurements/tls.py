"""
tls: a TLS handshake with the web server of a host at one of its addresses.

    tls://[2001:db8::1]/www.example.com?port=443
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from ipv6matrix.config.plan import Plan
from ipv6matrix.items import Failure, TlsItem, TlsObservation
from ipv6matrix.measurements import grammar, sites
from ipv6matrix.measurements.base import Asked, Crawl, Evidence, Failed, Measurement, Outcome, Target
from ipv6matrix.measurements.grammar import Query, RequestUrl

_METRIC: Final = "https"


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsUrl(RequestUrl):
    """A parsed URL of a handshake."""

    port: int


def url(address: str, host: str, port: int = 443) -> str:
    """Return the URL for a handshake."""
    return f"{sites.url(Tls.scheme, address, host)}?port={port}"


class Tls(Measurement[TlsUrl, TlsObservation, TlsItem]):
    """One handshake for each web site, at each address chosen for it."""

    scheme = "tls"
    metrics = (_METRIC,)
    opt_in = (_METRIC,)
    observation = TlsObservation
    item = TlsItem
    # A closed port is a result.
    findings = frozenset((("tls", str(Failure.CONNECTION_REFUSED)),))

    def parse(self, authority: str, path: str, query: Query) -> TlsUrl:
        ((key, value),) = query
        port = int(value)
        if key != "port" or not 0 < port < 65536:
            raise ValueError(query)
        address = grammar.address_in(authority)
        return TlsUrl(subject=address, name=sites.host_in(path), destination=address, port=port)

    def urls(self, target: Target, plan: Plan) -> Iterable[str]:
        if target.address and target.host and _METRIC in plan.metrics and sites.is_site(target):
            yield url(target.address, target.host)

    def answer(self, asked: Asked[TlsUrl], observation: TlsObservation, crawl: Crawl) -> TlsItem:  # noqa: ARG002
        return TlsItem(**asked.fields, host=asked.url.names[0], address=asked.url.subject, tls=observation)

    def exclude(self, asked: Asked[TlsUrl], reason: str, at: float) -> TlsItem:  # noqa: ARG002
        return TlsItem(**asked.fields, host=asked.url.names[0], address=asked.url.subject, refusal=reason)

    def evidence(self, observation: TlsObservation) -> Evidence:
        answered = observation.status in sites.ANSWERS
        return Evidence(answered=answered, complete=answered)

    def unsent(self, url: TlsUrl, names: Sequence[str], now: float) -> TlsObservation:  # noqa: ARG002
        return TlsObservation(status=Failure.PROBE_FAILED, asked_at=now)

    def outcomes(self, item: TlsItem) -> list[Outcome]:
        return [("tls", item.tls.status if item.tls else str(item.refusal))]

    def retries(self, failed: Failed, plan: Plan) -> Iterable[str]:  # noqa: ARG002
        host, address = failed.subject.split(" ")
        return (url(address, host),)

    def is_answered(self, item: TlsItem) -> bool:
        return item.tls is not None and item.tls.status in sites.ANSWERS
