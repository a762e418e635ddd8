"""
web: the front page of a host at one of its addresses.

    web://[2001:db8::1]/www.example.com?scheme=https
    web://192.0.2.1/www.example.com?scheme=https&hosts=1
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, cast

from ipv6matrix.config.plan import Plan
from ipv6matrix.items import BodyEnd, Failure, Scheme, WebItem, WebObservation
from ipv6matrix.measurements import grammar, sites, third_parties
from ipv6matrix.measurements.base import Asked, Crawl, Evidence, Failed, Measurement, Outcome, Target
from ipv6matrix.measurements.grammar import Query, RequestUrl
from ipv6matrix.targets import lists

_METRIC: Final = "web"
_RESPONSE: Final = "response"
_SCHEMES: Final = ("https", "http")
_HOSTS: Final = ("hosts", "1")


@dataclass(frozen=True, slots=True, kw_only=True)
class WebUrl(RequestUrl):
    """A parsed URL of a front page."""

    scheme: Scheme
    hosts: bool = False
    "True if the hosts are wanted from which the page loads something."


def url(address: str, host: str, scheme: Scheme, *, hosts: bool) -> str:
    """Return the URL for a front page."""
    return f"{sites.url(Web.scheme, address, host)}?scheme={scheme}" + ("&hosts=1" if hosts else "")


class Web(Measurement[WebUrl, WebObservation, WebItem]):
    """One page for each web site, at each address chosen for it: over https, or over http if there is no https."""

    scheme = "web"
    metrics = (_METRIC,)
    opt_in = (_METRIC,)
    observation = WebObservation
    item = WebItem
    # A closed port is a result.
    findings = frozenset((("web", str(Failure.CONNECTION_REFUSED)),))

    def parse(self, authority: str, path: str, query: Query) -> WebUrl:
        (key, scheme), *more = query
        if key != "scheme" or scheme not in _SCHEMES or more not in ([], [_HOSTS]):
            raise ValueError(query)
        address = grammar.address_in(authority)
        return WebUrl(
            subject=address,
            name=sites.host_in(path),
            destination=address,
            scheme=cast("Scheme", scheme),
            hosts=bool(more),
        )

    def urls(self, target: Target, plan: Plan) -> Iterable[str]:
        if target.address and target.host and _METRIC in plan.metrics and sites.is_site(target):
            yield url(target.address, target.host, "https", hosts=True)

    def answer(self, asked: Asked[WebUrl], observation: WebObservation, crawl: Crawl) -> WebItem:  # noqa: ARG002
        """Request the page over http if there is none over https, and the hosts from which it loads something."""
        parsed = asked.url
        host, address = parsed.names[0], parsed.subject
        is_plain = parsed.scheme == "https" and observation.status_code is None
        follow_ups = [url(address, host, "http", hosts=parsed.hosts)] if is_plain else []
        hosts = None if observation.hosts is None else tuple(_names(observation.hosts))
        follow_ups += map(third_parties.url, hosts or ())
        return WebItem(
            **asked.fields,
            host=host,
            address=address,
            web=observation,
            third_parties=hosts,
            follow_ups=tuple(follow_ups),
        )

    def exclude(self, asked: Asked[WebUrl], reason: str, at: float) -> WebItem:  # noqa: ARG002
        return WebItem(**asked.fields, host=asked.url.names[0], address=asked.url.subject, refusal=reason)

    def evidence(self, observation: WebObservation) -> Evidence:
        answered = observation.failure is None or observation.failure in sites.ANSWERS
        return Evidence(answered=answered, complete=answered and observation.end is not BodyEnd.TOO_SLOW)

    def unsent(self, url: WebUrl, names: Sequence[str], now: float) -> WebObservation:  # noqa: ARG002
        return WebObservation(scheme=url.scheme, failure=Failure.PROBE_FAILED, asked_at=now)

    def outcomes(self, item: WebItem) -> list[Outcome]:
        return [("web", (item.web.failure or _RESPONSE) if item.web else str(item.refusal))]

    def retries(self, failed: Failed, plan: Plan) -> Iterable[str]:  # noqa: ARG002
        host, address = failed.subject.split(" ")
        return [url(address, host, cast("Scheme", scheme), hosts=True) for scheme in failed.parts]

    def is_answered(self, item: WebItem) -> bool:
        return item.web is not None and (item.web.failure is None or item.web.failure in sites.ANSWERS)


def _names(hosts: Iterable[str]) -> Iterator[str]:
    """Yield the hosts that are valid names, each once; a page may contain anything."""
    names = dict.fromkeys(lists.clean(host) for host in hosts)
    return (name for name in names if isinstance(name, str))
