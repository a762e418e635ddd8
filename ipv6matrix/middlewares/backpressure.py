"""
Limits how fast the list is read.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from typing import Any, Final, Self

from scrapy.crawler import Crawler

from ipv6matrix import context
from ipv6matrix.exceptions import ListError
from ipv6matrix.signals import frontier_hungry

logger = logging.getLogger(__name__)

# Seconds of reading before the event loop gets a turn.
_TURN_S: Final = 0.005


class BackpressureMiddleware:
    """
    Lets a domain of the list through when the frontier has no other work for the resolver.

    This keeps the list and its requests out of memory. Domains that the frontier
    already contains, from an earlier start or from higher up in the list, are skipped.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._context = context.of(crawler)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_start(self, start: AsyncIterator[Any]) -> AsyncIterator[Any]:
        """Yield the requests that the frontier has room for; of a shared crawl none, because Sharing reads its list."""
        if self._context.worker is None:
            async for request in self.read(start):
                yield request

    async def read(self, start: AsyncIterator[Any]) -> AsyncIterator[Any]:
        """
        Yield the requests that the frontier has room for.

        The stat list/ended is set only when the list was read to its end; a crawl without it never counts as finished.
        """
        assert self._crawler.stats
        try:
            async for request in self._fed(start):
                yield request
        except ListError as error:
            logger.error("Cannot read the list to its end, so the crawl will be incomplete: %s", error)  # noqa: TRY400
        else:
            self._crawler.stats.set_value("list/ended", True)

    async def _fed(self, start: AsyncIterator[Any]) -> AsyncIterator[Any]:
        assert self._crawler.stats
        frontier = self._context.frontier
        turn_ends_at = time.monotonic() + _TURN_S
        async for request in start:
            if time.monotonic() > turn_ends_at:
                await asyncio.sleep(0)
                turn_ends_at = time.monotonic() + _TURN_S
            if not frontier.wants(request.url):
                continue
            self._crawler.stats.inc_value("list/domains")
            if self._is_known(request.url):
                self._crawler.stats.inc_value("list/known")
                continue
            if not frontier.hungry:
                # Scrapy processes one start request per turn of the event loop. To keep up
                # on a busy loop, all requests but this one are passed to the engine directly.
                yield request
                while not frontier.hungry:
                    await self._crawler.signals.wait_for(frontier_hungry)
            else:
                self._crawler.engine.crawl(request)

    def _is_known(self, url: str) -> bool:
        return self._context.job.attempt(lambda: self._context.frontier.knows(url), otherwise=True)
