"""
Which requests of a shared crawl were sent more than once, and whether a kill explains it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf
from typing import Final

from ipv6matrix.cluster import owner, payload
from ipv6matrix.cluster.session import Session
from ipv6matrix.items import Answered, DomainItem, PingItem, ReverseItem, Status, TcpItem, TraceItem
from simnet.internet import Internet
from tools.killing import DURATION_S, ON_THE_WAY_S, Question, asked

# A process commits once a second; two busy cores may delay an item and an exchange, by a time that is measured.
_LEAST_S: Final = 2.0
_ANSWERED: Final = (Status.OK, Status.NODATA, Status.NXDOMAIN)


@dataclass(kw_only=True)
class Repeated:
    """Requests that were sent again."""

    asked: int
    "Number of different requests."
    late_s: float
    "The longest time from the last packet of a request until its answer was known to be stored."
    again: int = 0
    stored: list[str] = field(default_factory=list)
    "Those whose answers were stored before: there must be none."
    unexplained: list[str] = field(default_factory=list)
    "Those that were neither in flight nor waiting to be stored when a process was killed."


def repeated(
    internet: Internet,
    url: str,
    began_at: float,
    ended_at: float,
    kills_at: Sequence[float],
    stored: dict[bytes, float],
) -> Repeated:
    """Compare what was sent with the kills, and with the times at which answers were known to be stored, by key."""
    stored_at = dict(_stored(url, stored))
    times: dict[Question, list[float]] = defaultdict(list)
    for question, at in sorted(asked(internet, began_at, ended_at), key=lambda one: one[1]):
        times[question].append(at)
    late_s = {kind: _LEAST_S + DURATION_S[kind] for kind in DURATION_S}
    for question, sent in times.items():
        if (at := stored_at.get(question, inf)) < inf:
            late_s[question[0]] = max(late_s[question[0]], at - sent[-1])
    found = Repeated(asked=len(times), late_s=max(late_s.values()))
    for question, sent in times.items():
        if question in stored_at and sent[-1] > stored_at[question] + ON_THE_WAY_S:
            found.stored.append(f"stored, but sent {sent[-1] - stored_at[question]:.1f} s later: {question}")
        for first, second in pairwise(sent):
            if second - first < _LEAST_S + DURATION_S[question[0]]:
                continue
            found.again += 1
            is_explained = any(
                first - ON_THE_WAY_S < kill < second and kill - first < late_s[question[0]] for kill in kills_at
            )
            if question in stored_at and not is_explained:
                found.unexplained.append(f"sent again after {second - first:.1f} s without a kill: {question}")
    return found


def _stored(url: str, stored: dict[bytes, float]) -> Iterator[tuple[Question, float]]:
    """Yield the requests that were answered, with the time at which that was known to be stored."""
    session = Session(url, "tool")
    try:
        for page in session.answers(range(owner.BUCKETS)):
            for item in map(payload.load, page):
                at = stored.get(owner.key(item.url), inf)
                yield from ((question, at) for question in _questions(item))
    finally:
        session.close()


def _questions(item: Answered) -> Iterator[Question]:
    match item:
        case DomainItem():
            for lookup in filter(None, (item.ns, item.mx, item.soa)):
                if lookup.status in _ANSWERED:
                    yield "domain", item.name, lookup.type
        case ReverseItem():
            yield "reverse", item.address, "PTR"
        case PingItem():
            yield "ping", item.address, ""
        case TraceItem():
            yield "trace", item.address, ""
        case TcpItem():
            yield from (("tcp", item.address, str(port.port)) for port in item.tcp.ports)
