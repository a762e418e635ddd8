"""
The contract of a frontier; tests/frontier/contract.py checks it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from ipv6matrix.items import Answered


class Frontier(Protocol):
    """
    The requests of one crawl: URLs, each in the slot that `items.slot_of` names.

    A request is added once, however often it is found. It is pending until an item with
    its URL completes it, and done from then on. A pending request is in flight between
    `next` and `leave`; a request that left without an answer is pending, but handed out
    again only after `put_back` or in the next start.

    Changes become durable together, at intervals, in the order in which they were made;
    those of one `complete` are never split. After a kill, the frontier contains all that
    was durable, and what was in flight is pending. What a frontier knows only in memory
    (in flight, parked) is never needed to continue.

    All methods are called in the event loop, for every request, so they must not wait for
    a network. Those that read or write the database raise StoreError (`Job.attempt`).
    """

    def add(self, url: str) -> bool:
        """Add a request; return False if it is known already."""

    def complete(self, item: Answered) -> None:
        """Write the facts of an item, add its follow-up requests and mark its request as done, in one transaction."""

    def next(self, slot: str, *, is_wanted: bool = False) -> str | None:
        """
        Return the URL of a pending request, which is then in flight; None if there is none or the slot has no room.

        The order is that of adding, except for requests that are parked: those of a
        network or name that has enough of them in flight. `is_wanted` leaves the room of
        parked requests to others, which will be added soon.
        """

    def is_skipping(self, slot: str) -> bool:
        """Return whether the last `next` of a slot ended early, after parking many requests: repeat it soon."""

    def by_load(self) -> Iterable[str]:
        """Return the slots that have requests waiting, those with the smallest share of their room in flight first."""

    def has_pending(self) -> bool:
        """Return whether there are requests to hand out, now or later; those in flight do not count."""

    def begin(self, url: str) -> bool:
        """Record that a request in flight sends a packet; return whether a parked one may be handed out for it."""

    def leave(self, url: str) -> None:
        """Record that a request is no longer in flight; do nothing if it is not."""

    def put_back(self, url: str) -> None:
        """Make a request that left without an answer the next one of its slot."""

    def knows(self, url: str) -> bool:
        """Return whether a request was added, pending or done, or is for another machine to add."""

    def wants(self, url: str) -> bool:
        """Return whether a domain of the list is to be added here; on many machines, each adds a part of them."""

    def settle(self) -> bool:
        """Record that nothing is left to hand out or to retry; return whether the crawl may end."""

    def is_whole(self) -> bool:
        """Return whether requests were added and all are done."""

    def discard(self, url: str) -> None:
        """Count a discarded observation of a request."""

    def discards(self, url: str) -> int:
        """Return how many observations of a request were discarded; a retry includes those of its first request."""

    @property
    def hungry(self) -> bool:
        """Whether the list may be read further: few lookups wait, and no slot is far behind."""

    @property
    def in_flight(self) -> Mapping[str, tuple[int, int]]:
        """Number of requests in flight and maximum number, by slot."""

    @property
    def parked(self) -> Mapping[str, int]:
        """Number of requests that wait for others of their network or name, by slot."""

    @property
    def parked_s(self) -> float:
        """Estimated time in seconds that the rate per network imposes on the network with the most waiting requests."""
