"""
Recent speed of a crawl, and how many requests a domain leads to.
"""

from __future__ import annotations

from collections import deque
from dataclasses import asdict, dataclass
from typing import Any, Final, NamedTuple, Self

from ipv6matrix.measurements import REGISTRY
from ipv6matrix.store.counts import Counts

# Length of the window, in seconds: long enough to even out bursts, short enough to follow a change.
_WINDOW_S: Final = 300.0
# Shorter windows give no useful rate: timeouts alone take seconds.
_SHORTEST_S: Final = 15.0
# Number of domains from which on the mean of their follow-ups is meaningful.
_DOMAINS: Final = 100

SUBJECTS: Final = ("domains", "hosts")


class _Sample(NamedTuple):
    at: float
    asked: dict[str, int]
    done: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Speed of a crawl; figures that are not known yet are missing."""

    per_second: dict[str, float]
    "Answers per second by slot, and domains and hosts per second."
    per_domain: dict[str, float]
    "What one more domain of the list leads to: requests by slot, and hosts."
    parked_s: float = 0.0
    "How long the rate of the most crowded network alone makes the crawl take, in seconds."

    def dump(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def load(cls, dumped: dict[str, Any]) -> Self:
        return cls(**dumped)


UNKNOWN: Final = Pace(per_second={}, per_domain={})


class Window:
    """Measures the last minutes of a crawl."""

    def __init__(self) -> None:
        self._samples: deque[_Sample] = deque()

    def note(self, at: float, counts: Counts) -> None:
        """Record the counts at a moment of a monotonic clock, in seconds."""
        self._samples.append(_Sample(at, dict(counts.asked), dict(counts.done)))
        while self._samples[-1].at - self._samples[0].at > _WINDOW_S:
            self._samples.popleft()

    def forget(self) -> None:
        """Start a new window, because the past does not predict what follows."""
        self._samples.clear()

    def pace(self) -> Pace:
        """Return the rates between the oldest and the newest moment, if enough time has passed."""
        if not self._samples:
            return UNKNOWN
        first, last = self._samples[0], self._samples[-1]
        seconds = last.at - first.at
        rates = {key: _grown(first.done, last.done, key) / seconds for key in _keys()} if seconds >= _SHORTEST_S else {}
        return Pace(per_second=rates, per_domain=_follow_ups(first.asked, last.asked))


def _follow_ups(before: dict[str, int], now: dict[str, int]) -> dict[str, float]:
    """Divide recent requests by domains: later domains are cheaper than the first, because they share hosts."""
    start = before if _grown(before, now, "domains") >= _DOMAINS else {}
    domains = _grown(start, now, "domains")
    return {key: _grown(start, now, key) / domains for key in _keys()} if domains >= _DOMAINS else {}


def _keys() -> tuple[str, ...]:
    return (*REGISTRY.slots, *SUBJECTS)


def _grown(before: dict[str, int], now: dict[str, int], key: str) -> int:
    return now.get(key, 0) - before.get(key, 0)
