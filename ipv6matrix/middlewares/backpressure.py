"""
How fast the list is read.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from typing import Any, Final, Self

from scrapy.crawler import Crawler

from ipv6matrix.exceptions import ListError
from ipv6matrix.signals import frontier_hungry

logger = logging.getLogger(__name__)

# Seconds of reading after which the event loop gets a turn.
_TURN_S: Final = 0.005


class BackpressureMiddleware:
    """
    Lets a domain of the list through when the frontier has nothing else to ask the resolver.

    So neither the list nor its requests gather in memory. Domains that the
    frontier knows, from an earlier start or higher up in the list, are passed over.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_start(self, start: AsyncIterator[Any]) -> AsyncIterator[Any]:
        """Let domains through; without the stat list/ended, which only a whole list sets, no crawl is finished."""
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
        turn_ends_at = time.monotonic() + _TURN_S
        async for request in start:
            if time.monotonic() > turn_ends_at:
                await asyncio.sleep(0)
                turn_ends_at = time.monotonic() + _TURN_S
            self._crawler.stats.inc_value("list/domains")
            if self._frontier.knows(request.url):
                self._crawler.stats.inc_value("list/known")
                continue
            if not self._frontier.hungry:
                # Scrapy hands on one start request a turn of the loop; so that a
                # busy loop feeds no slower, all but this one go in directly.
                yield request
                while not self._frontier.hungry:
                    await self._crawler.signals.wait_for(frontier_hungry)
            else:
                self._crawler.engine.crawl(request)

    @property
    def _frontier(self) -> Any:
        assert self._crawler.engine
        return self._crawler.engine.scheduler
