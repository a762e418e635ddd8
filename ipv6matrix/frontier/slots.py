"""
The queue of one slot: which request is handed out next, and which ones are parked so that they do not block others.

Requests to one network are a crowd (see urls.crowd). Only a few of them may be handed out
without having sent a packet: the pacer lets packets of earlier requests pass first, so these
few show that the network's rate is used up. Further requests to that network are parked by
their numbers, and the ones behind them go ahead. Lookups below one name, or of the names of
one network's addresses, have no rate; they may occupy only a part of the slot's room.

A parked request takes 8 bytes, its number. Parking is not stored: a resumed crawl reads the
pending requests from the start and parks them again.
"""

from __future__ import annotations

from array import array
from bisect import insort
from collections import deque
from dataclasses import dataclass, field
from typing import Final, Protocol

from ipv6matrix import urls

# Rows read at a time: enough that reads are rare, few enough to stay small. Also the maximum
# number of requests that one call parks before the event loop gets a turn.
_CHUNK: Final = 500
# Seconds of a network's rate that requests without a packet may claim: enough that the
# pacer never waits for the frontier, but too short for a request to occupy a place for long.
_AHEAD_S: Final = 0.1
# Share of the room for requests that were parked: while others are ready, and while none are.
_SHARE_BUSY: Final = 1 / 16
_SHARE_IDLE: Final = 1 / 2
# Share of the room for one crowd without a rate.
_SHARE_EACH: Final = 1 / 8


class Source(Protocol):
    """Where a slot reads its pending requests."""

    def pending(self, slot: str, after: int, limit: int) -> list[tuple[int, str]]:
        """Return up to `limit` pending requests of a slot, as (number, URL), with numbers above `after`."""

    def pending_url(self, slot: str, number: int) -> str | None:
        """Return the URL of the pending request of a slot with that number; None if it is done."""


@dataclass(slots=True)
class _Crowd:
    """The requests of one slot that share a network or a name."""

    limit: int
    unsent: int = 0
    "Requests handed out that have not sent a packet; without a rate, those in flight."
    parked: array[int] = field(default_factory=lambda: array("Q"))
    "Numbers of the parked requests, ascending."
    is_released: bool = False
    "True while the crowd is queued to hand out a parked request."


class Slot:
    """Hands out pending requests in the order in which they were added, skipping those whose crowd has no budget."""

    def __init__(self, name: str, room: int, rate_per_network: float = 0.0) -> None:
        self.name = name
        self.room = room
        self.in_flight: set[str] = set()
        self.waiting = 0
        "Number of requests not yet handed out: parked, read or still unread."
        self.parked = 0
        "Number of these that wait for others of their crowd."
        self.is_skipping = False
        "True if the last `take` ended while it was still parking requests."
        self._may_have_more = True
        self._last_number = 0
        self._ready: deque[tuple[int, str]] = deque()
        self._has_rate = rate_per_network > 0
        self._limits = {bytes: max(1, int(rate_per_network * _AHEAD_S)), str: max(1, int(room * _SHARE_EACH))}
        self._crowds: dict[bytes | str, _Crowd] = {}
        self._unsent: dict[str, bytes | str] = {}
        self._released: deque[bytes | str] = deque()
        # Requests in flight that were parked before.
        self._were_parked: set[str] = set()

    def add(self, number: int, url: str) -> None:
        """Record that the frontier contains a new request of this slot; if all others were read, it need not be."""
        self.waiting += 1
        if self._may_have_more or len(self._ready) >= _CHUNK:
            self._may_have_more = True
        else:
            self._ready.append((number, url))
            self._last_number = number

    def drop(self, numbers: set[int]) -> None:
        """Record that the frontier contains some requests no longer; parked ones are skipped when their turn comes."""
        remaining = deque(row for row in self._ready if row[0] not in numbers)
        unread = sum(number > self._last_number for number in numbers)
        self.waiting -= len(self._ready) - len(remaining) + unread
        self._ready = remaining

    def has_pending(self, source: Source) -> bool:
        """Return whether there are requests to hand out, now or when their crowd has budget."""
        return bool(self.parked or self._ready) or self._refill(source)

    def take(self, source: Source, *, is_wanted: bool = False) -> str | None:
        """
        Return the URL of the next request, which then counts as in flight, or None.

        `is_wanted` means that unparked requests will be ready soon: previously parked
        requests leave them the room even if none are ready now.
        """
        self.is_skipping = False
        if len(self.in_flight) >= self.room:
            return None
        url = self._take_parked(source, _SHARE_BUSY) or self._take_ready(source)
        if url is None and not is_wanted:
            url = self._take_parked(source, _SHARE_IDLE)
        if url is not None:
            self.in_flight.add(url)
            self.waiting -= 1
        return url

    @property
    def has_released(self) -> bool:
        """Return whether parked requests could be handed out if their share of the room were free."""
        return bool(self._released)

    def parked_by_network(self) -> dict[bytes, int]:
        """Return the number of requests that wait for the rate of their network, by network."""
        # Iterate over a copy, because the metrics thread calls this too.
        return {key: len(crowd.parked) for key, crowd in list(self._crowds.items()) if isinstance(key, bytes)}

    def begin(self, url: str) -> bool:
        """Record that a request has sent a packet; return False if it had already sent one."""
        key = self._unsent.pop(url, None)
        if key is None:
            return False
        crowd = self._crowds[key]
        crowd.unsent -= 1
        if crowd.parked and not crowd.is_released:
            crowd.is_released = True
            self._released.append(key)
        elif not crowd.parked and not crowd.unsent:
            del self._crowds[key]
        return True

    def leave(self, url: str) -> None:
        """Remove a request from those in flight."""
        self.in_flight.discard(url)
        self._were_parked.discard(url)
        self.begin(url)

    def put_back(self, number: int, url: str) -> None:
        """Take back a request that must be repeated and put it before all others."""
        self.leave(url)
        self._ready.appendleft((number, url))
        self.waiting += 1

    def _take_ready(self, source: Source) -> str | None:
        """Return the first request whose crowd has budget; park those before it."""
        for _ in range(_CHUNK):
            if not (self._ready or self._refill(source)):
                return None
            number, url = self._ready.popleft()
            key = self._crowd_of(url)
            if key is None:
                return url
            crowd = self._crowds.get(key) or self._crowds.setdefault(key, _Crowd(self._limits[type(key)]))
            if not crowd.parked and crowd.unsent < crowd.limit:
                self._claim(url, key, crowd)
                return url
            insort(crowd.parked, number)
            self.parked += 1
        self.is_skipping = True
        return None

    def _take_parked(self, source: Source, share: float) -> str | None:
        """Return a parked request of a crowd that has budget again; crowds take turns."""
        while self._released and len(self._were_parked) < max(1, int(self.room * share)):
            key = self._released.popleft()
            crowd = self._crowds[key]
            number = crowd.parked.pop(0)
            self.parked -= 1
            url = source.pending_url(self.name, number)
            if url is None:
                self.waiting -= 1
            else:
                self._claim(url, key, crowd)
                self._were_parked.add(url)
            crowd.is_released = bool(crowd.parked) and crowd.unsent < crowd.limit
            if crowd.is_released:
                self._released.append(key)
            elif not crowd.parked and not crowd.unsent:
                del self._crowds[key]
            if url is not None:
                return url
        return None

    def _crowd_of(self, url: str) -> bytes | str | None:
        key = urls.crowd(url)
        # Without a rate, networks do not matter.
        return key if self._has_rate or isinstance(key, str) else None

    def _claim(self, url: str, key: bytes | str, crowd: _Crowd) -> None:
        self._unsent[url] = key
        crowd.unsent += 1

    def _refill(self, source: Source) -> bool:
        if self._may_have_more:
            rows = source.pending(self.name, self._last_number, _CHUNK)
            self._ready.extend(rows)
            self._last_number = rows[-1][0] if rows else self._last_number
            self._may_have_more = len(rows) == _CHUNK
        return bool(self._ready)
