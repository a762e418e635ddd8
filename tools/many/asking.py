"""
Which requests of a shared crawl were sent more than once, and whether that had to be.

A request is sent again only if its process was killed or lost its session before the answer was
stored, or if its answer was doubtful. Processes record what they send, and the simulated
Internet records what arrives; no rule here depends on how fast either is.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from math import inf
from typing import Final, NamedTuple

from ipv6matrix.cluster import owner, payload
from ipv6matrix.cluster.session import Session
from ipv6matrix.items import Answered, DomainItem, PingItem, ReverseItem, Status, TcpItem, TraceItem
from simnet.internet import Internet
from tools.killing import Question, asked
from tools.many.journal import Entry, Kind

# A process that exchanges no batch for so long is silent, so a batch waits no longer than that.
LONGEST_EXCHANGE_S: Final = 10.0
# How much later than its process the simulated Internet may record a packet.
_RECORDED_S: Final = 5.0
_ANSWERED: Final = (Status.OK, Status.NODATA, Status.NXDOMAIN)


@dataclass(frozen=True, kw_only=True)
class Kill:
    """One kill of a process."""

    worker: int
    at: float
    exchanged_at: float
    "When its last batch was committed."
    stored: frozenset[bytes]
    "Keys of the requests whose answers were stored after the end of its session."


@dataclass(kw_only=True)
class Repeated:
    """Requests that were sent again, each with the reason why."""

    reasons: Counter[str] = field(default_factory=Counter)
    late_s: float = 0.0
    "The longest time for which an answer had not been stored when its process was killed."
    requests: int = 0
    "Number of different lookups and probes that the simulated Internet has recorded and the crawl has stored."
    again: int = 0
    "Those of them that were recorded again."
    problems: list[str] = field(default_factory=list)


class _Span(NamedTuple):
    """A time in which a process waited for the answer of one request."""

    began_at: float
    ended_at: float
    worker: int
    end: Kind | None
    "None if the process ended first."


def repeated(journals: Sequence[Sequence[Entry]], logs: Sequence[str], kills: Sequence[Kill]) -> Repeated:
    """Return which requests the processes sent again; `journals` and `logs` are theirs, in the order of their start."""
    comparison = Repeated()
    killed = {kill.worker: kill for kill in kills}
    lost_at = list(map(_losses, logs))
    for url, spans in _spans(journals, killed).items():
        for first, second in pairwise(spans):
            kill = killed.get(first.worker)
            if first.end is Kind.RETURNED and first.ended_at <= second.began_at:
                comparison.reasons["doubtful"] += 1
            elif any(first.began_at <= at + 1 and at <= second.began_at for at in lost_at[first.worker]):
                comparison.reasons["session lost"] += 1
            elif kill is None or not first.began_at <= kill.at <= second.began_at:
                text = f"{url} was sent again after {second.began_at - first.began_at:.1f} s without a kill"
                comparison.problems.append(f"{text}, by processes {first.worker} and {second.worker}")
            elif owner.key(url) in kill.stored:
                comparison.problems.append(f"{url} was sent again although its answer was stored")
            elif first.end is None:
                comparison.reasons["in flight"] += 1
            else:
                comparison.reasons["not stored yet"] += 1
                comparison.late_s = max(comparison.late_s, kill.at - first.ended_at)
                if first.ended_at < kill.exchanged_at - LONGEST_EXCHANGE_S:
                    comparison.problems.append(f"{url} was sent again although later answers were stored")
    return comparison


def compare(
    repeats: Repeated,
    internet: Internet,
    url: str,
    began_at: float,
    ended_at: float,
    journals: Sequence[Sequence[Entry]],
    kills: Sequence[Kill],
) -> None:
    """Count what the simulated Internet has recorded, which must be what the processes say that they sent."""
    times: dict[Question, list[float]] = defaultdict(list)
    for question, at in asked(internet, began_at, ended_at):
        times[question].append(at)
    spans = _spans(journals, {kill.worker: kill for kill in kills})
    for question, request in _stored(url):
        if question not in times:
            continue
        repeats.requests += 1
        mine = spans.get(request, [])
        used = set[int]()
        for at in sorted(times[question]):
            number = bisect_right(mine, at, key=lambda span: span.began_at) - 1
            used.add(number)
            if number < 0 or at > mine[number].ended_at + _RECORDED_S:
                repeats.problems.append(f"{question} was recorded, but {request} was not in flight")
        repeats.again += len(used) - 1


def _spans(journals: Sequence[Sequence[Entry]], killed: Mapping[int, Kill]) -> dict[str, list[_Span]]:
    """Return when each request was in flight, in the order of sending."""
    spans: dict[str, list[_Span]] = defaultdict(list)
    for worker, journal in enumerate(journals):
        over_at = killed[worker].at if worker in killed else inf
        under_way: dict[str, float] = {}
        for entry in journal:
            if entry.kind is Kind.SENT:
                if (before := under_way.pop(entry.url, None)) is not None:
                    spans[entry.url].append(_Span(before, entry.at, worker, None))
                under_way[entry.url] = entry.at
            elif (before := under_way.pop(entry.url, None)) is not None:
                spans[entry.url].append(_Span(before, entry.at, worker, entry.kind))
        for url, at in under_way.items():
            spans[url].append(_Span(at, over_at, worker, None))
    return {url: sorted(some, key=lambda span: span.began_at) for url, some in spans.items()}


def _losses(log: str) -> list[float]:
    """Return when a process lost its session, to the second."""
    lines = re.findall(r"^(\S+ \S+) .*STORE_AWAY", log, re.MULTILINE)
    return [datetime.fromisoformat(text).astimezone().timestamp() for text in lines]


def _stored(url: str) -> Iterator[tuple[Question, str]]:
    """Yield the lookups and probes that were answered, with the URL of their request."""
    session = Session(url, "tool")
    try:
        for page in session.answers(range(owner.BUCKETS)):
            for item in map(payload.load, page):
                yield from ((question, item.url) for question in _questions(item))
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
