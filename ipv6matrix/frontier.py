"""
The scheduler: what is still to be asked, durably.

It lives in JOBDIR/ips.db beside the facts. Follow-up requests wait in memory
until the item of the answer that led to them is stored, and are committed with
it; so a kill at any instant loses no more than what can be asked again.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from dataclasses import dataclass, field
from typing import Self

from scrapy import Request, Spider, signals
from scrapy.core.scheduler import BaseScheduler
from scrapy.crawler import Crawler
from twisted.internet.defer import Deferred

from ipv6matrix import limits, questions
from ipv6matrix.extensions.health import Health
from ipv6matrix.extensions.job import Job
from ipv6matrix.extensions.loop_lag import LoopLag
from ipv6matrix.items import Answered
from ipv6matrix.refusals import StartRefusedError
from ipv6matrix.signals import frontier_hungry, question_returned
from ipv6matrix.store.database import Store, StoreError

logger = logging.getLogger(__name__)

# Rows read at a time: enough that reading is rare, few enough to stay small.
_CHUNK = 500
# Requests handed out in one turn of the event loop: hundreds at once, as when
# many time-outs end together, would make every reply that waits late.
_PER_TURN = 12
# Milliseconds of lag from which nothing new is begun: on a busy machine fewer
# questions are in flight, rather than all of them late.
_LATE_MS = 12.0
# Seconds until a late loop is looked at again.
_PAUSE_S = 0.01
# The frontier is hungry while fewer questions to the resolver wait than this part of its room.
_HUNGRY = 1 / 4
# A slot is behind when as many times its room waits: what is read faster than it
# can be probed would only be left over at the end.
_BEHIND = 10


@dataclass(slots=True)
class _Slot:
    """What one slot has to hand out; numbers rise, so the last one read is where to go on."""

    name: str
    room: int
    in_flight: set[str] = field(default_factory=set)
    last_number: int = 0
    may_have_more: bool = True
    waiting: int = 0
    "Requests that are not handed out, read or not."
    ready: deque[str] = field(default_factory=deque)


class Frontier(BaseScheduler):
    """Hands out the pending requests of each slot that has room, in the order they were found."""

    def __init__(self, crawler: Crawler, concurrency: dict[str, int]) -> None:
        self._crawler = crawler
        self._slots = {name: _Slot(name, room) for name, room in concurrency.items()}
        self._held: dict[str, list[tuple[str, str]]] = {}
        self._store: Store
        self._job: Job
        self._refusal: StartRefusedError | None = None
        self._handed_out = 0
        self._lag = crawler.get_extension(LoopLag)
        self._health = crawler.get_extension(Health)
        crawler.signals.connect(self._spider_opened, signal=signals.spider_opened)
        # A request that a middleware answers never reaches the downloader, one
        # that fails never becomes a response.
        crawler.signals.connect(self._left, signal=signals.request_left_downloader)
        crawler.signals.connect(self._left, signal=signals.response_received)
        crawler.signals.connect(self._returned, signal=question_returned)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        rooms = {slot: crawler.settings.getint(f"{slot.upper()}_CONCURRENCY") for slot in questions.SLOTS}
        # A socket for each port of an address.
        rooms["tcp"] = limits.fit(rooms["tcp"], 3, limits.open_files())
        return cls(crawler, rooms)

    def open(self, _: Spider) -> Deferred[None] | None:
        job = self._crawler.get_extension(Job)
        assert job is not None
        self._job = job
        try:
            self._store = job.open()
        except StartRefusedError as refusal:
            # Scrapy closes a crawl in good order only once all its parts are open.
            self._refusal = refusal
            return None
        for slot in self._slots.values():
            slot.waiting = self._store.count_pending(slot.name)
        return None

    def _spider_opened(self) -> None:
        if self._refusal is not None:
            raise self._refusal

    def has_pending_requests(self) -> bool:
        return any(slot.ready or self._refill(slot) for slot in self._slots.values())

    def enqueue_request(self, request: Request) -> bool:
        """
        Note a request; one that follows from an answer waits for that answer's item.

        False for a request that is known: the engine counts it as dropped.
        """
        slot: str | None = request.meta.get("download_slot")
        if slot not in self._slots:
            logger.error("Not a question, so not asked: %s; fetch pages with engine.download_async()", request.url)
            return False
        parent: str | None = request.meta.get("parent")
        if parent is not None:
            self._held.setdefault(parent, []).append((request.url, slot))
            return True
        try:
            new = self._store.ask(request.url, slot)
        except StoreError as error:
            self._job.fail(error)
            return False
        self._note(slot, new)
        return new

    def store(self, item: Answered) -> None:
        """Store an item with the requests that wait for it; after a failure of the store, nothing any more."""
        follow_ups = self._held.pop(item.url, [])
        if self._job.failed:
            return
        try:
            for slot, new in self._store.answer(item, follow_ups):
                self._note(slot, new)
        except StoreError as error:
            self._job.fail(error)

    def next_request(self) -> Request | None:
        if self._is_turn_over():
            return None
        # The emptiest slot first, so that on a busy machine none is left behind.
        for slot in sorted(self._slots.values(), key=lambda slot: len(slot.in_flight) / slot.room):
            if self._is_paused(slot):
                continue
            if len(slot.in_flight) < slot.room and (slot.ready or self._refill(slot)):
                url = slot.ready.popleft()
                slot.waiting -= 1
                slot.in_flight.add(url)
                if not self._handed_out:
                    asyncio.get_running_loop().call_soon(self._begin_turn)
                self._handed_out += 1
                return questions.request(url)
        if self.hungry:
            self._crawler.signals.send_catch_log(frontier_hungry)
        return None

    def _is_turn_over(self) -> bool:
        late = self._lag is not None and self._lag.now_ms > _LATE_MS
        if not late and self._handed_out < _PER_TURN:
            return False
        # Scrapy asks again when a response comes; none need be under way.
        assert self._crawler.engine
        assert self._crawler.engine._slot
        self._crawler.engine._slot.nextcall.schedule(_PAUSE_S if late else 0)
        return True

    def _begin_turn(self) -> None:
        self._handed_out = 0

    @property
    def hungry(self) -> bool:
        """True when few questions to the resolver wait, and no slot is far behind: the list may be read on."""
        dns = self._slots["dns"]
        behind = any(slot.waiting > slot.room * _BEHIND for slot in self._slots.values())
        return dns.waiting < dns.room * _HUNGRY and not behind

    @property
    def in_flight(self) -> dict[str, tuple[int, int]]:
        """Questions that are handed out and not answered, and how many may be, by slot."""
        return {name: (len(slot.in_flight), slot.room) for name, slot in self._slots.items()}

    def knows(self, url: str) -> bool:
        """Tell whether a request is in the frontier, asked or not."""
        return self._store.knows(url)

    def discards(self, url: str) -> int:
        """Return how often a request was sent in vain; one of the second pass together with its first."""
        first = questions.first(url)
        return self._store.discards(url) + (self._store.discards(first) if first != url else 0)

    def discard(self, url: str) -> None:
        """Count that a request was sent in vain: what it observed is not stored."""
        try:
            self._store.count_discard(url)
        except StoreError as error:
            self._job.fail(error)

    def _note(self, slot: str, new: bool) -> None:
        self._slots[slot].may_have_more |= new
        self._slots[slot].waiting += new

    def _left(self, request: Request) -> None:
        slot = self._slots.get(request.meta.get("download_slot", ""))
        if slot:
            slot.in_flight.discard(request.url)

    def _returned(self, request: Request) -> None:
        slot = self._slots[request.meta["download_slot"]]
        slot.ready.appendleft(request.url)
        slot.waiting += 1

    def _is_paused(self, slot: _Slot) -> bool:
        return self._health is not None and slot.name in self._health.paused

    def _refill(self, slot: _Slot) -> bool:
        if slot.may_have_more:
            rows = self._store.pending(slot.name, slot.last_number, _CHUNK)
            slot.ready.extend(url for _, url in rows)
            slot.last_number = rows[-1][0] if rows else slot.last_number
            slot.may_have_more = len(rows) == _CHUNK
        return bool(slot.ready)
