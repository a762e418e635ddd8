"""
Shares the crawl with other machines.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from ipv6matrix import context, engine
from ipv6matrix.extensions.health import Health
from ipv6matrix.extensions.run_record import INCOMPLETE
from ipv6matrix.measurements import REGISTRY
from ipv6matrix.middlewares.backpressure import BackpressureMiddleware
from ipv6matrix.progress.pace import Window
from ipv6matrix.signals import store_replaced

logger = logging.getLogger(__name__)

if TYPE_CHECKING:
    from ipv6matrix.frontier.postgres import PostgresFrontier

# Seconds for which a machine keeps its buckets while its resolver, IPv4 or IPv6 is away.
_AWAY_S: Final = 120.0
_LOOK_EVERY_S: Final = 0.5


class Sharing:
    """Runs the worker of this machine, and reads the list for the buckets that it takes later."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._context = context.of(crawler)
        self._list: asyncio.Task[None] | None = None
        self._away_since: float | None = None
        self._window = Window()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if not crawler.settings.get("STORE_URL"):
            raise NotConfigured
        extension = cls(crawler)
        crawler.signals.connect(extension.engine_started, signal=signals.engine_started)
        crawler.signals.connect(extension.spider_closed, signal=signals.spider_closed)
        return extension

    def engine_started(self) -> None:
        worker = self._context.worker
        if worker is None or self._context.job.refused:
            return
        worker.renewed = self._context.job.renew
        worker.changed = self._changed
        worker.restored = self._restored
        worker.opted_out = self._opted_out
        worker.record = self._record
        worker.is_able = self._is_able
        self._list = asyncio.get_running_loop().create_task(self._read_list())
        for task in (worker.start(), self._list):
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Stop the crawl after an error that nothing can repair; what is not committed is requested again."""
        if not task.cancelled() and (error := task.exception()):
            logger.error("Stopping the crawl: sharing it has failed", exc_info=error)
            assert self._crawler.engine
            self._closing = asyncio.ensure_future(self._crawler.engine.close_spider_async(reason=INCOMPLETE))

    async def spider_closed(self) -> None:
        worker = self._context.worker
        if self._list is not None:
            self._list.cancel()
            await asyncio.wait((self._list,))
        if worker is None:
            return
        await worker.stop()
        assert self._crawler.stats
        if worker.frontier.has_ended:
            self._crawler.stats.set_value("crawl/results", worker.place)

    async def _read_list(self) -> None:
        """Read the list whenever there are buckets for which it was not read."""
        middleware = self._crawler.get_spider_middleware(BackpressureMiddleware)
        assert middleware is not None
        assert self._context.worker is not None
        frontier = self._context.worker.frontier
        while True:
            if frontier.needs_list:
                await self._read_once(middleware, frontier)
            await asyncio.sleep(_LOOK_EVERY_S)

    async def _read_once(self, middleware: BackpressureMiddleware, frontier: PostgresFrontier) -> None:
        assert self._crawler.engine
        assert self._crawler.stats
        self._crawler.stats.set_value("list/ended", False)
        frontier.begin_list()
        async for request in middleware.read(self._context.start()):
            self._crawler.engine.crawl(request)
        if self._crawler.stats.get_value("list/ended"):
            frontier.end_list()

    def _changed(self) -> None:
        engine.wake(self._crawler)

    def _restored(self) -> None:
        self._crawler.signals.send_catch_log(store_replaced)

    def _opted_out(self, lines: tuple[str, ...]) -> None:
        assert self._context.worker is not None
        assert self._context.plan.opt_outs is not None
        self._context.plan.opt_outs.share(lines, self._context.worker.place)

    def _record(self) -> str:
        """Return what `cluster.overview` reads of this machine."""
        store, worker = self._context.job.store, self._context.worker
        assert worker is not None
        self._window.note(time.monotonic(), worker.own)
        pace = replace(self._window.pace(), parked_s=worker.frontier.parked_s)
        pending = {slot: store.counts.pending(slot) for slot in REGISTRY.slots}
        record = {"pace": pace.dump(), "pending": pending, "noted": store.noted, "crawl": store.crawl()}
        return json.dumps(record)

    def _is_able(self) -> bool:
        health = self._crawler.get_extension(Health)
        if health is None or not health.paused:
            self._away_since = None
        elif self._away_since is None:
            self._away_since = time.monotonic()
        return self._away_since is None or time.monotonic() - self._away_since < _AWAY_S
