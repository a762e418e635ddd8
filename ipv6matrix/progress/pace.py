"""
How fast a crawl goes, and how many questions a domain leads to: both as of late.
"""

from __future__ import annotations

from collections import deque
from dataclasses import asdict, dataclass
from typing import Any, Final, NamedTuple, Self

from ipv6matrix.store.counts import Counts
from ipv6matrix.urls import SLOTS

# Seconds looked back on: long enough to even out bursts, short enough to follow a change.
_WINDOW_S: Final = 300.0
# Less than that tells no rate: time-outs alone take seconds.
_SHORTEST_S: Final = 15.0
# Domains from which on their follow-ups have a mean worth the name.
_DOMAINS: Final = 100

KEYS: Final = (*SLOTS, "domains", "hosts")


class _Sample(NamedTuple):
    at: float
    asked: dict[str, int]
    done: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What is known of a crawl's speed; what is not known yet is missing."""

    per_second: dict[str, float]
    "Answers a second by slot, and domains and hosts a second."
    per_domain: dict[str, float]
    "What a further domain of the list leads to: questions by slot, and hosts."
    parked_s: float = 0.0
    "What the rate towards the most crowded network alone makes the crawl take."

    def dump(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def load(cls, dumped: dict[str, Any]) -> Self:
        return cls(**dumped)


UNKNOWN: Final = Pace(per_second={}, per_domain={})


class Window:
    """Looks back on the last minutes of a crawl."""

    def __init__(self) -> None:
        self._samples: deque[_Sample] = deque()

    def note(self, at: float, counts: Counts) -> None:
        """Remember the counts of a moment, in seconds of a clock that runs on."""
        self._samples.append(_Sample(at, dict(counts.asked), dict(counts.done)))
        while self._samples[-1].at - self._samples[0].at > _WINDOW_S:
            self._samples.popleft()

    def forget(self) -> None:
        """Begin anew: what was before says nothing of what comes."""
        self._samples.clear()

    def pace(self) -> Pace:
        """Tell the rates between the oldest moment and the newest, in which some time must have passed."""
        if not self._samples:
            return UNKNOWN
        first, last = self._samples[0], self._samples[-1]
        seconds = last.at - first.at
        rates = {key: _grown(first.done, last.done, key) / seconds for key in KEYS} if seconds >= _SHORTEST_S else {}
        return Pace(per_second=rates, per_domain=_follow_ups(first.asked, last.asked))


def _follow_ups(before: dict[str, int], now: dict[str, int]) -> dict[str, float]:
    """Divide what was asked of late by its domains; what hosts share makes the later domains cheaper than the first."""
    start = before if _grown(before, now, "domains") >= _DOMAINS else {}
    domains = _grown(start, now, "domains")
    return {key: _grown(start, now, key) / domains for key in KEYS} if domains >= _DOMAINS else {}


def _grown(before: dict[str, int], now: dict[str, int], key: str) -> int:
    return now.get(key, 0) - before.get(key, 0)
