"""
The queue of one slot: what is handed out next, and what waits aside so that it does not hold back the rest.

Requests to one network are a crowd, see questions.crowd. Only a few of them may be handed out
without having sent a packet: the pacer lets the packets of earlier requests pass first, so
those few show that nothing is left of the network's rate. Further requests of that network
are parked by their numbers, and the ones behind them go ahead. Lookups below one name, or of
the names of one network's addresses, have no rate; of these a part of the room may be in flight.

A parked number is all that is held of a request, 8 bytes. Which requests are parked is not
stored: a resumed crawl reads what is pending from the start and parks it again.
"""

from __future__ import annotations

from array import array
from bisect import insort
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from ipv6matrix import urls
from ipv6matrix.store.database import Store

# Rows read at a time: enough that reading is rare, few enough to stay small. Also the most
# requests that one call parks before the event loop gets a turn.
_CHUNK: Final = 500
# Seconds of a network's rate that requests without a packet may claim: enough that the
# pacer never waits for the frontier, and no time at all for a request to hold a place.
_AHEAD_S: Final = 0.1
# Parts of the room that requests that were parked may hold: while others are ready, and while none are.
_SHARE_BUSY: Final = 1 / 16
_SHARE_IDLE: Final = 1 / 2
# The part of the room that one crowd without a rate may hold.
_SHARE_EACH: Final = 1 / 8


@dataclass(slots=True)
class _Crowd:
    """The requests of one slot that have a network or a name in common."""

    limit: int
    unsent: int = 0
    "Requests that are handed out and have not sent a packet; without a rate, those in flight."
    parked: array[int] = field(default_factory=lambda: array("Q"))
    "Numbers of requests that wait, ascending."
    is_released: bool = False
    "True while the crowd stands in the line of those whose parked requests may go."


class Slot:
    """Hands out pending requests in the order they were found, past those whose crowd has no budget."""

    def __init__(self, name: str, room: int, rate_per_network: float = 0.0) -> None:
        self.name = name
        self.room = room
        self.in_flight: set[str] = set()
        self.waiting = 0
        "Requests that are not handed out: parked, read or still unread."
        self.parked = 0
        "Of these, requests that wait for others of their crowd."
        self.is_skipping = False
        "True when the last `take` ended in the midst of requests that had to be parked."
        self._may_have_more = True
        self._last_number = 0
        self._ready: deque[tuple[int, str]] = deque()
        self._has_rate = rate_per_network > 0
        self._limits = {bytes: max(1, int(rate_per_network * _AHEAD_S)), str: max(1, int(room * _SHARE_EACH))}
        self._crowds: dict[bytes | str, _Crowd] = {}
        self._unsent: dict[str, bytes | str] = {}
        self._released: deque[bytes | str] = deque()
        # In flight, and parked before.
        self._were_parked: set[str] = set()

    def add(self) -> None:
        """Note that the store holds a new request of this slot."""
        self._may_have_more = True
        self.waiting += 1

    def has_pending(self, store: Store) -> bool:
        """Return True if any request is to be handed out, now or when its crowd has budget."""
        return bool(self.parked or self._ready) or self._refill(store)

    def take(self, store: Store, *, is_wanted: bool = False) -> str | None:
        """
        Return the URL of the next request, which is in flight from now on, or None.

        `is_wanted` says that others will soon be ready: requests that were parked
        leave them the room even if none are ready now.
        """
        self.is_skipping = False
        if len(self.in_flight) >= self.room:
            return None
        url = self._take_parked(store, _SHARE_BUSY) or self._take_ready(store)
        if url is None and not is_wanted:
            url = self._take_parked(store, _SHARE_IDLE)
        if url is not None:
            self.in_flight.add(url)
            self.waiting -= 1
        return url

    @property
    def has_released(self) -> bool:
        """True while parked requests could go if their share of the room is free."""
        return bool(self._released)

    def parked_by_network(self) -> dict[bytes, int]:
        """Count the requests that wait for the rates towards their networks."""
        # A copy: the thread that serves metrics reads this as well.
        return {key: len(crowd.parked) for key, crowd in list(self._crowds.items()) if isinstance(key, bytes)}

    def begin(self, url: str) -> bool:
        """Note that a request has sent a packet. Return False if it had sent one before."""
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
        """Free the place of a request."""
        self.in_flight.discard(url)
        self._were_parked.discard(url)
        self.begin(url)

    def put_back(self, number: int, url: str) -> None:
        """Take a request back that is to be made again, before all others."""
        self.leave(url)
        self._ready.appendleft((number, url))
        self.waiting += 1

    def _take_ready(self, store: Store) -> str | None:
        """Take the first request whose crowd has budget; park those before it."""
        for _ in range(_CHUNK):
            if not (self._ready or self._refill(store)):
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

    def _take_parked(self, store: Store, share: float) -> str | None:
        """Take a parked request of a crowd that has budget again; the crowds take turns."""
        while self._released and len(self._were_parked) < max(1, int(self.room * share)):
            key = self._released.popleft()
            crowd = self._crowds[key]
            number = crowd.parked.pop(0)
            self.parked -= 1
            url = store.pending_url(self.name, number)
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
        # Without a rate networks do not matter, and only lookups have anything else in common.
        key = urls.crowd(url) if self._has_rate or self.name == "dns" else None
        return key if self._has_rate or isinstance(key, str) else None

    def _claim(self, url: str, key: bytes | str, crowd: _Crowd) -> None:
        self._unsent[url] = key
        crowd.unsent += 1

    def _refill(self, store: Store) -> bool:
        if self._may_have_more:
            rows = store.pending(self.name, self._last_number, _CHUNK)
            self._ready.extend(rows)
            self._last_number = rows[-1][0] if rows else self._last_number
            self._may_have_more = len(rows) == _CHUNK
        return bool(self._ready)
