"""
The frontier of a crawl on one machine: in its database, next to the facts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from ipv6matrix import urls
from ipv6matrix.frontier import backpressure
from ipv6matrix.frontier.slots import Slot
from ipv6matrix.items import Answered, slot_of
from ipv6matrix.store.database import Store


class SqliteFrontier:
    """Hands out the pending requests of a store; `base.Frontier` describes its methods."""

    def __init__(self, store: Store, rooms: Mapping[str, int], rate_per_network: float = 0.0) -> None:
        self._store = store
        self._rate_per_network = rate_per_network
        self._slots = {name: Slot(name, room, rate_per_network) for name, room in rooms.items()}
        for slot in self._slots.values():
            slot.waiting = store.count_pending(slot.name)
        self._begun_requests = self._packets = 0

    def add(self, url: str) -> bool:
        number = self._store.add_request(url)
        if number is None:
            return False
        self._slots[slot_of(url)].add(number, url)
        return True

    def complete(self, item: Answered) -> None:
        for number, url in self._store.complete(item):
            self._slots[slot_of(url)].add(number, url)

    def next(self, slot: str, *, is_wanted: bool = False) -> str | None:
        return self._slots[slot].take(self._store, is_wanted=is_wanted)

    def is_skipping(self, slot: str) -> bool:
        return self._slots[slot].is_skipping

    def by_load(self) -> list[str]:
        waiting = [(len(slot.in_flight) / slot.room, name) for name, slot in self._slots.items() if slot.waiting]
        return [name for _, name in sorted(waiting)]

    def has_pending(self) -> bool:
        return any(slot.has_pending(self._store) for slot in self._slots.values())

    def begin(self, url: str) -> bool:
        self._packets += 1
        slot = self._slots[slot_of(url)]
        is_first = slot.begin(url)
        self._begun_requests += is_first
        return is_first and slot.has_released

    def leave(self, url: str) -> None:
        if slot := self._slots.get(slot_of(url)):
            slot.leave(url)

    def put_back(self, url: str) -> None:
        self._slots[slot_of(url)].put_back(self._store.number_of(url), url)

    def knows(self, url: str) -> bool:
        return self._store.knows(url)

    def wants(self, url: str) -> bool:  # noqa: ARG002 - one machine adds all of them
        return True

    def settle(self) -> bool:
        return True

    def is_whole(self) -> bool:
        return self._store.newest > 0 and not self._store.any_pending()

    def discard(self, url: str) -> None:
        self._store.count_discard(url)

    def discards(self, url: str) -> int:
        first = urls.first(url)
        return self._store.discards(url) + (self._store.discards(first) if first != url else 0)

    @property
    def hungry(self) -> bool:
        return backpressure.is_hungry(self._slots)

    @property
    def in_flight(self) -> dict[str, tuple[int, int]]:
        return {name: (len(slot.in_flight), slot.room) for name, slot in self._slots.items()}

    @property
    def parked(self) -> dict[str, int]:
        return {name: slot.parked for name, slot in self._slots.items()}

    @property
    def parked_s(self) -> float:
        parked: Counter[bytes] = Counter()
        for slot in self._slots.values():
            parked.update(slot.parked_by_network())
        if not (parked and self._begun_requests and self._rate_per_network):
            return 0.0
        packets_each = self._packets / self._begun_requests
        return max(parked.values()) * packets_each / self._rate_per_network
