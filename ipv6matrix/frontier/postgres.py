"""
The frontier of a crawl on many machines: PostgreSQL holds it, and a database of its own has what the machine works on.

The machine's own database contains all facts and requests of the buckets that it owns. It
is a copy: each change goes to PostgreSQL, with the next batch and in the same order, and after
the loss of the session the copy is made anew. So no method waits for the network.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Final

from ipv6matrix.cluster import links, payload
from ipv6matrix.cluster.batch import Answer, Batch, Request
from ipv6matrix.cluster.owner import bucket, place
from ipv6matrix.frontier.slots import Slot
from ipv6matrix.frontier.sqlite import SqliteFrontier
from ipv6matrix.items import Answered, slot_of
from ipv6matrix.store.database import Store

# Seconds after which a request that left without an answer is handed out again: with many
# machines there is no next start.
_FORGOTTEN_S: Final = 60.0


class PostgresFrontier(SqliteFrontier):
    """Hands out the requests of owned buckets; `base.Frontier` describes its methods."""

    def __init__(
        self,
        store: Store,
        rooms: Mapping[str, int],
        rate_per_network: float = 0.0,
        *,
        has_links: bool = False,
    ) -> None:
        super().__init__(store, rooms, rate_per_network)
        self._has_links = has_links
        self.links = 0
        "Number of links that all machines have stored."
        self.silent_at = math.inf
        "Monotonic time from which on nothing is handed out, because the session may be lost."
        self.is_quiet = False
        "True if the list was read, and no machine has a pending request."
        self.has_ended = False
        self._own_nothing()

    def _own_nothing(self) -> None:
        self.batch = Batch()
        "What is not durable yet."
        self.owned: set[int] = set()
        "Buckets whose requests are handed out."
        self.leaving: dict[int, float] = {}
        "Owned buckets that are to be given back, with the time since when nothing of them is handed out."
        self.listed: set[int] = set()
        "Owned buckets whose part of the list was read."
        self._listing: set[int] = set()
        self.searched = -1
        "Number of links in which the requests to name servers in owned buckets were searched last."
        self._handed_out: dict[str, float | None] = {}
        "Requests without an answer, with the time at which they left."

    def add(self, url: str) -> bool:
        request = self._request(url)
        if not request.fresh and not super().add(url):
            return False
        self._report(request)
        return True

    def complete(self, item: Answered) -> None:
        home, key = place(item.url)
        if home not in self.owned:
            # The session in which it was handed out is lost: the next owner requests it again.
            self._handed_out.pop(item.url, None)
            return
        answer = Answer(home, key, payload.rank(item), payload.dump(replace(item, follow_ups=())), item)
        requests = [self._request(url) for url in item.follow_ups]
        super().complete(replace(item, follow_ups=tuple(request.url for request in requests if not request.fresh)))
        self._handed_out.pop(item.url, None)
        self._report(*requests)
        self.batch.answers.setdefault(answer.key, answer)
        if self._has_links:
            links.find(self._store, item, self.batch)

    def next(self, slot: str, *, is_wanted: bool = False) -> str | None:
        if time.monotonic() > self.silent_at:
            return None
        while (url := super().next(slot, is_wanted=is_wanted)) is not None:
            home = bucket(url)
            if home in self.owned and home not in self.leaving:
                self._handed_out[url] = None
                return url
            super().leave(url)
        return None

    def leave(self, url: str) -> None:
        super().leave(url)
        if url in self._handed_out:
            self._handed_out[url] = time.monotonic()

    def put_back(self, url: str) -> None:
        # After the loss of a session or of its bucket it is unknown, and its owner has read it as a pending one.
        if self._handed_out.pop(url, self) is not self and bucket(url) not in self.leaving:
            super().put_back(url)

    def knows(self, url: str) -> bool:
        # What other machines own is up to them, e.g. to retry what failed before a bucket was given back.
        return bucket(url) not in self.owned or super().knows(url)

    def has_pending(self) -> bool:
        return not self.is_quiet or super().has_pending()

    def discard(self, url: str) -> None:
        super().discard(url)
        if bucket(url) in self.owned and self._store.knows(url):
            self.batch.discards[url] += 1

    def wants(self, url: str) -> bool:
        return bucket(url) in self._listing

    def settle(self) -> bool:
        self.batch.settled |= self.owned - self.leaving.keys()
        self.batch.searched = self.searched if self._has_links else self.links
        return self.has_ended

    def is_whole(self) -> bool:
        return self.has_ended

    # --- what the session needs ---

    @property
    def needs_list(self) -> bool:
        """Whether the list must be read for some of the buckets."""
        return bool(self.owned - self.listed - self.leaving.keys())

    def begin_list(self) -> None:
        """Begin to add the domains of the list that are in buckets for which it was not read."""
        self._listing = self.owned - self.listed

    def end_list(self) -> None:
        """Record that all domains of the list were added; only buckets that were owned all the time count."""
        self.listed |= self._listing
        self.batch.listed |= self._listing
        self._listing = set()

    def take_batch(self) -> Batch:
        """Return what is to be committed, and begin anew."""
        batch, self.batch = self.batch, Batch()
        return batch

    def own(self, buckets: Collection[int], listed: Collection[int]) -> None:
        """Begin to hand out requests of buckets that were restored; for those in `listed`, the list was read."""
        self.owned.update(buckets)
        self.listed.update(listed)
        self.searched = -1

    def restore_answers(self, texts: Iterable[str]) -> None:
        """Write answers of other owners of a bucket to the own database."""
        for text in texts:
            item = payload.load(text)
            self._store.add_request(item.url)
            self._store.complete(item)

    def restore_requests(self, urls: Iterable[str]) -> None:
        """Add requests of owned buckets that are stored in PostgreSQL."""
        for url in urls:
            if bucket(url) in self.owned:
                super().add(url)

    def restore_discards(self, rows: Iterable[tuple[str, int]]) -> None:
        for url, number in rows:
            for _ in range(number - self._store.discards(url)):
                self._store.count_discard(url)

    def leave_buckets(self, number: int) -> None:
        """Hand out nothing more of so many buckets, which are to be given back."""
        now = time.monotonic()
        self.leaving |= dict.fromkeys(sorted(self.owned - self.leaving.keys())[-number:], now)

    def may_go(self, patience_s: float) -> set[int]:
        """Return the buckets to be given back of which nothing is in flight, or has been for too long."""
        if not self.leaving:
            return set()
        before = time.monotonic() - patience_s
        busy = set(map(bucket, self._handed_out))
        return {
            bucket_number
            for bucket_number, since in self.leaving.items()
            if bucket_number not in busy or since < before
        }

    def disown(self, buckets: Collection[int]) -> None:
        """Forget the requests of buckets that were given back."""
        self.owned.difference_update(buckets)
        for bucket_number in buckets:
            self.leaving.pop(bucket_number, None)
        self.listed.difference_update(buckets)
        self._listing.difference_update(buckets)
        self._handed_out = {url: at for url, at in self._handed_out.items() if bucket(url) in self.owned}
        dropped: dict[str, set[int]] = defaultdict(set)
        for url in [url for url in self._store.pending_urls() if bucket(url) not in self.owned]:
            dropped[slot_of(url)].add(self._store.drop_pending(url))
        for slot, numbers in dropped.items():
            self._slots[slot].drop(numbers)

    def repeat_forgotten(self) -> None:
        """Hand out again what left without an answer long ago."""
        before = time.monotonic() - _FORGOTTEN_S
        for url in [url for url, left_at in self._handed_out.items() if left_at is not None and left_at < before]:
            self.put_back(url)

    def start_over(self, store: Store) -> None:
        """Drop what is not durable, after the loss of the session; an empty database takes what is restored."""
        self._store = store
        self._slots = {slot.name: Slot(slot.name, slot.room, self._rate_per_network) for slot in self._slots.values()}
        self.is_quiet = False
        self._own_nothing()

    def _report(self, *requests: Request) -> None:
        for request in requests:
            self.batch.requests.setdefault(request.key, request)

    def _request(self, url: str) -> Request:
        home, key = place(url)
        return Request(home, key, url, fresh=home not in self.owned)
