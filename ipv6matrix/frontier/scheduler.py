"""
The scheduler: connects the frontier to Scrapy.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Self

from scrapy import Request, Spider, signals
from scrapy.core.scheduler import BaseScheduler
from scrapy.crawler import Crawler
from twisted.internet.defer import Deferred

from ipv6matrix import context, engine, urls
from ipv6matrix.config import limits
from ipv6matrix.exceptions import StoreError
from ipv6matrix.extensions.health import Health
from ipv6matrix.extensions.loop_lag import LoopLag
from ipv6matrix.frontier.base import Frontier
from ipv6matrix.frontier.sqlite import SqliteFrontier
from ipv6matrix.measurements import REGISTRY
from ipv6matrix.middlewares.rate import RateMiddleware
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


class Scheduler(BaseScheduler):
    """
    Opens the job and its frontier, and hands requests out in turns of the event loop.

    A slot whose dependency is down is paused (`extensions.health`).
    """

    def __init__(self, crawler: Crawler, rooms: dict[str, int], rate_per_network: float) -> None:
        self._crawler = crawler
        self._rooms = rooms
        self._rate_per_network = rate_per_network
        self._context = context.of(crawler)
        self._job = self._context.job
        self._frontier: Frontier
        self._refusal: StartRefusedError | None = None
        self._handed_out = 0
        self._lag = crawler.get_extension(LoopLag)
        self._health = crawler.get_extension(Health)
        crawler.signals.connect(self._spider_opened, signal=signals.spider_opened)
        crawler.signals.connect(self._returned, signal=request_returned)
        crawler.signals.connect(self._job.engine_stopped, signal=signals.engine_stopped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        rooms = {slot: crawler.settings.getint(f"{slot.upper()}_CONCURRENCY") for slot in REGISTRY.slots}
        for measurement in REGISTRY:
            if measurement.sockets:
                slot = measurement.slot or measurement.scheme
                rooms[slot] = limits.fit(rooms[slot], measurement.sockets, limits.open_files())
        return cls(crawler, rooms, crawler.settings.getfloat("PROBE_RATE_PER_NETWORK"))

    def open(self, _: Spider) -> Deferred[None] | None:
        try:
            self._frontier = self._open(self._job.open())
            self._context.frontier = self._frontier
        except StartRefusedError as refusal:
            # Scrapy shuts a crawl down cleanly only after all components have been opened, so raise later.
            self._refusal = refusal
        except StoreError as error:
            logger.error("%s", error)  # noqa: TRY400 - the message is sufficient
            self._refusal = StartRefusedError(str(error))
        return None

    def _open(self, store: Store) -> Frontier:
        url = self._crawler.settings.get("STORE_URL")
        if not url:
            return SqliteFrontier(store, self._rooms, self._rate_per_network)
        # Imported here: most crawls have neither the packages nor the need.
        from ipv6matrix.cluster import links  # noqa: PLC0415
        from ipv6matrix.cluster.plan import plan  # noqa: PLC0415
        from ipv6matrix.cluster.worker import Worker  # noqa: PLC0415
        from ipv6matrix.frontier.postgres import PostgresFrontier  # noqa: PLC0415

        worker = Worker(url, plan(self._crawler.settings, self._context.lists))
        worker.open()
        worker.frontier = PostgresFrontier(
            store,
            self._rooms,
            self._rate_per_network,
            has_links=links.are_needed(self._context.plan),
        )
        self._context.worker = worker
        return worker.frontier

    def _spider_opened(self) -> None:
        if self._refusal is not None:
            raise self._refusal
        rates = self._crawler.get_downloader_middleware(RateMiddleware)
        if rates is not None:
            rates.begun = self._begun

    def has_pending_requests(self) -> bool:
        return self._job.attempt(self._frontier.has_pending, otherwise=False)

    def enqueue_request(self, request: Request) -> bool:
        """Add a request; return False for a known one, which the engine counts as dropped."""
        if request.meta.get("download_slot") not in self._rooms:
            logger.error(
                "Ignoring %s: not a request of this crawler; download pages with engine.download_async()", request.url
            )
            return False
        return self._job.attempt(lambda: self._frontier.add(request.url), otherwise=False)

    def next_request(self) -> Request | None:
        if self._is_turn_over():
            return None
        is_skipping = False
        assert self._crawler.stats
        list_ended = self._crawler.stats.get_value("list/ended", False)
        # The slot with the lowest load first, so that none is neglected on a busy machine.
        for slot in self._frontier.by_load():
            if self._is_paused(slot):
                continue
            # Until the list ends, the resolver is reserved for it.
            if (url := self._next(slot, is_wanted=slot == REGISTRY.first_slot and not list_ended)) is not None:
                if not self._handed_out:
                    asyncio.get_running_loop().call_soon(self._begin_turn)
                self._handed_out += 1
                return urls.request(url)
            is_skipping |= self._frontier.is_skipping(slot)
        if is_skipping:
            engine.wake(self._crawler)
        if self._frontier.hungry:
            self._crawler.signals.send_catch_log(frontier_hungry)
        return None

    def _next(self, slot: str, *, is_wanted: bool) -> str | None:
        return self._job.attempt(lambda: self._frontier.next(slot, is_wanted=is_wanted), otherwise=None)

    def _is_turn_over(self) -> bool:
        late = self._lag is not None and self._lag.now_ms > _LATE_MS
        if not late and self._handed_out < _PER_TURN:
            return False
        engine.wake(self._crawler, _PAUSE_S if late else 0)
        return True

    def _begin_turn(self) -> None:
        self._handed_out = 0

    def _is_paused(self, slot: str) -> bool:
        return self._health is not None and slot in self._health.paused

    def _begun(self, url: str) -> None:
        """Record that a request sends a packet: another request to its network may be handed out."""
        if self._frontier.begin(url):
            engine.wake(self._crawler)

    def left(self, request: Request) -> None:
        """Record that a request is no longer in flight; may be called again."""
        self._frontier.leave(request.url)

    def _returned(self, request: Request) -> None:
        self._job.attempt(lambda: self._frontier.put_back(request.url), otherwise=None)
