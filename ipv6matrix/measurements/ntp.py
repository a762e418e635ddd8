"""
ntp: the time server at an address.

    ntp://[2001:db8::1]
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from ipv6matrix.config.plan import Plan
from ipv6matrix.items import Failure, NtpItem, NtpObservation, NtpStatus
from ipv6matrix.measurements import grammar
from ipv6matrix.measurements.addresses import OfAddress
from ipv6matrix.measurements.base import Asked, Crawl, Evidence, Outcome, Target
from ipv6matrix.measurements.grammar import RequestUrl

_ANSWERS: Final = frozenset((*NtpStatus, Failure.BAD_REPLY, Failure.CONNECTION_REFUSED))


def url(address: str) -> str:
    """Return the URL for the time server at an address."""
    return grammar.of_address(Ntp.scheme, address)


class Ntp(OfAddress[NtpObservation, NtpItem]):
    """One request to each address of a host that was guessed as a time server; wildcards do not count."""

    scheme = "ntp"
    metrics = ("ntp",)
    observation = NtpObservation
    item = NtpItem
    # A closed port is a result.
    findings = frozenset((("ntp", str(Failure.CONNECTION_REFUSED)),))

    def urls(self, target: Target, plan: Plan) -> Iterable[str]:
        return super().urls(target, plan) if "NTP" in target.roles and not target.wildcard else ()

    def answer(self, asked: Asked[RequestUrl], observation: NtpObservation, crawl: Crawl) -> NtpItem:  # noqa: ARG002
        return NtpItem(**asked.fields, address=asked.url.subject, ntp=observation)

    def evidence(self, observation: NtpObservation) -> Evidence:
        answered = observation.status in _ANSWERS
        return Evidence(answered=answered, complete=answered)

    def unsent(self, url: RequestUrl, names: Sequence[str], now: float) -> NtpObservation:  # noqa: ARG002
        return NtpObservation(status=Failure.PROBE_FAILED, asked_at=now)

    def outcomes(self, item: NtpItem) -> list[Outcome]:
        return [("ntp", item.ntp.status)]

    def is_answered(self, item: NtpItem) -> bool:
        return item.ntp.status in _ANSWERS
