"""
The scheduler: a durable record of what is still to be requested.

It is stored in JOBDIR/ips.db, next to the results. Follow-up requests travel in the item
of the answer that led to them and are committed in the same transaction, so a kill at any
time loses nothing that cannot be requested again.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from typing import Self

from scrapy import Request, Spider, signals
from scrapy.core.scheduler import BaseScheduler
from scrapy.crawler import Crawler
from twisted.internet.defer import Deferred

from ipv6matrix import urls
from ipv6matrix.config import limits
from ipv6matrix.exceptions import StoreError
from ipv6matrix.extensions.health import Health
from ipv6matrix.extensions.loop_lag import LoopLag
from ipv6matrix.frontier.slots import Slot
from ipv6matrix.items import Answered, slot_of
from ipv6matrix.job import Job
from ipv6matrix.measurements import REGISTRY
from ipv6matrix.middlewares.rate import RateMiddleware
from ipv6matrix.rates.pacers import Waits
from ipv6matrix.refusals import StartRefusedError
from ipv6matrix.signals import frontier_hungry, request_returned
from ipv6matrix.store.database import Store

logger = logging.getLogger(__name__)

# Requests handed out per turn of the event loop. Hundreds at once, as when many
# timeouts expire together, would delay every reply that is waiting.
_PER_TURN = 12
# Event loop lag in milliseconds above which no new request is handed out: a busy
# machine has fewer requests in flight instead of processing all of them late.
_LATE_MS = 12.0
# Seconds before the lag is checked again.
_PAUSE_S = 0.01
# The frontier is hungry while the number of waiting resolver requests is below this share of the slot's room.
_HUNGRY = 1 / 4
# A slot is behind if more than this many times its room is waiting. Reading the list faster
# than addresses can be probed would only leave that work for the end.
_BEHIND = 10
# Number of requests of a slot that may wait for rates per network before reading of the list
# stops. Bounds what a list of hostile domains can add to the database.
_MOST_PARKED = 100_000


class Scheduler(BaseScheduler):
    """
    Hands out the pending requests of each slot that has room, in the order in which they were added.

    A request whose network has no budget does not block those behind it (see `slots`).
    """

    def __init__(self, crawler: Crawler, concurrency: dict[str, int], rate_per_network: float) -> None:
        self._crawler = crawler
        self._slots = {name: Slot(name, room, rate_per_network) for name, room in concurrency.items()}
        self._store: Store
        self._job: Job
        self._refusal: StartRefusedError | None = None
        self._handed_out = 0
        self._rate_per_network = rate_per_network
        self._packets = Waits()
        self._begun_requests = 0
        self._lag = crawler.get_extension(LoopLag)
        self._health = crawler.get_extension(Health)
        crawler.signals.connect(self._spider_opened, signal=signals.spider_opened)
        # Both signals are needed: a request answered by a middleware never reaches the
        # downloader, and one that fails never becomes a response.
        crawler.signals.connect(self._left, signal=signals.request_left_downloader)
        crawler.signals.connect(self._left, signal=signals.response_received)
        crawler.signals.connect(self._returned, signal=request_returned)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        rooms = {slot: crawler.settings.getint(f"{slot.upper()}_CONCURRENCY") for slot in REGISTRY.slots}
        # One socket per port of an address.
        rooms["tcp"] = limits.fit(rooms["tcp"], 3, limits.open_files())
        return cls(crawler, rooms, crawler.settings.getfloat("PROBE_RATE_PER_NETWORK"))

    def open(self, _: Spider) -> Deferred[None] | None:
        job = self._crawler.get_extension(Job)
        assert job is not None
        self._job = job
        try:
            self._store = job.open()
            for slot in self._slots.values():
                slot.waiting = self._store.count_pending(slot.name)
        except StartRefusedError as refusal:
            # Scrapy shuts a crawl down cleanly only after all components have been opened, so raise later.
            self._refusal = refusal
        except StoreError as error:
            logger.error("%s", error)  # noqa: TRY400 - the message is sufficient
            self._refusal = StartRefusedError(str(error))
        return None

    def _spider_opened(self) -> None:
        if self._refusal is not None:
            raise self._refusal
        rates = self._crawler.get_downloader_middleware(RateMiddleware)
        if rates is not None:
            rates.begun = self._begun
            self._packets = rates.packets.waits["network"]

    def has_pending_requests(self) -> bool:
        return self._job.read(
            lambda: any(slot.has_pending(self._store) for slot in self._slots.values()), otherwise=False
        )

    def enqueue_request(self, request: Request) -> bool:
        """Add a request; return False for a known one, which the engine counts as dropped."""
        slot: str | None = request.meta.get("download_slot")
        if slot not in self._slots:
            logger.error(
                "Ignoring %s: not a request of this crawler; download pages with engine.download_async()", request.url
            )
            return False
        try:
            new = self._store.add_request(request.url)
        except StoreError as error:
            self._job.fail(error)
            return False
        if new:
            self._slots[slot].add()
        return new

    def store(self, item: Answered) -> None:
        """Store an item with its follow-up requests; do nothing after the store has failed."""
        if self._job.failed:
            return
        try:
            for url in self._store.complete(item):
                self._slots[slot_of(url)].add()
        except StoreError as error:
            self._job.fail(error)

    def next_request(self) -> Request | None:
        if self._is_turn_over():
            return None
        is_skipping = False
        assert self._crawler.stats
        list_ended = self._crawler.stats.get_value("list/ended", False)
        # The slot with the lowest load first, so that none is neglected on a busy machine.
        for slot in sorted(self._slots.values(), key=lambda slot: len(slot.in_flight) / slot.room):
            if self._is_paused(slot):
                continue
            # Until the list ends, the resolver is reserved for it.
            if (url := self._take(slot, is_wanted=slot.name == "dns" and not list_ended)) is not None:
                if not self._handed_out:
                    asyncio.get_running_loop().call_soon(self._begin_turn)
                self._handed_out += 1
                return urls.request(url)
            is_skipping |= slot.is_skipping
        if is_skipping:
            self._reschedule(0)
        if self.hungry:
            self._crawler.signals.send_catch_log(frontier_hungry)
        return None

    def _take(self, slot: Slot, *, is_wanted: bool) -> str | None:
        return self._job.read(lambda: slot.take(self._store, is_wanted=is_wanted), otherwise=None)

    def _is_turn_over(self) -> bool:
        late = self._lag is not None and self._lag.now_ms > _LATE_MS
        if not late and self._handed_out < _PER_TURN:
            return False
        self._reschedule(_PAUSE_S if late else 0)
        return True

    def _reschedule(self, after_s: float) -> None:
        # Scrapy calls next_request again when a response arrives, but there may be none in flight.
        assert self._crawler.engine
        if self._crawler.engine._slot is not None:
            self._crawler.engine._slot.nextcall.schedule(after_s)

    def _begin_turn(self) -> None:
        self._handed_out = 0

    @property
    def hungry(self) -> bool:
        """
        Return whether the list may be read further: few resolver requests wait, and no slot is far behind.

        Requests waiting for the rate of their network do not count, up to `_MOST_PARKED`.
        """
        dns = self._slots["dns"]
        behind = any(
            slot.waiting - slot.parked > slot.room * _BEHIND or slot.parked > _MOST_PARKED
            for slot in self._slots.values()
        )
        return dns.waiting - dns.parked < dns.room * _HUNGRY and not behind

    @property
    def in_flight(self) -> dict[str, tuple[int, int]]:
        """Number of requests in flight and maximum number, by slot."""
        return {name: (len(slot.in_flight), slot.room) for name, slot in self._slots.items()}

    @property
    def parked(self) -> dict[str, int]:
        """Number of requests that wait for others of their network or name, by slot."""
        return {name: slot.parked for name, slot in self._slots.items()}

    @property
    def parked_s(self) -> float:
        """Estimated time in seconds that the rate per network imposes on the network with the most waiting requests."""
        parked: Counter[bytes] = Counter()
        for slot in self._slots.values():
            parked.update(slot.parked_by_network())
        if not (parked and self._begun_requests and self._rate_per_network):
            return 0.0
        packets_each = self._packets.turns / self._begun_requests
        return max(parked.values()) * packets_each / self._rate_per_network

    def knows(self, url: str) -> bool:
        """Return whether the frontier contains a request, pending or done."""
        return self._job.read(lambda: self._store.knows(url), otherwise=True)

    def discards(self, url: str) -> int:
        """Return how many observations of a request were discarded; a retry includes those of its first request."""
        first = urls.first(url)
        return self._store.discards(url) + (self._store.discards(first) if first != url else 0)

    def discard(self, url: str) -> None:
        """Count a discarded observation of a request."""
        try:
            self._store.count_discard(url)
        except StoreError as error:
            self._job.fail(error)

    def _left(self, request: Request) -> None:
        slot = self._slots.get(request.meta.get("download_slot", ""))
        if slot:
            slot.leave(request.url)

    def _begun(self, url: str) -> None:
        """Record that a request sends a packet: another request to its network may be handed out."""
        slot = self._slots[slot_of(url)]
        if slot.begin(url):
            self._begun_requests += 1
            if slot.has_released:
                self._reschedule(0)

    def _returned(self, request: Request) -> None:
        slot = self._slots[request.meta["download_slot"]]
        number = self._job.read(lambda: self._store.number_of(request.url), otherwise=0)
        slot.put_back(number, request.url)

    def _is_paused(self, slot: Slot) -> bool:
        return self._health is not None and slot.name in self._health.paused
