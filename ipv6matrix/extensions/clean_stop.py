"""
Stops a crawl without waiting for requests in flight.
"""

from __future__ import annotations

from typing import Final, Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.utils.asyncio import AsyncioLoopingCall

from ipv6matrix import engine
from ipv6matrix.signals import crawl_stopping

_POLL_INTERVAL_S: Final = 0.1


class CleanStop:
    """Notifies the handlers when the engine begins to stop; Scrapy itself notifies them only after it has stopped."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._polling = AsyncioLoopingCall(self._poll)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls(crawler)
        crawler.signals.connect(extension.engine_started, signal=signals.engine_started)
        crawler.signals.connect(extension.spider_closed, signal=signals.spider_closed)
        return extension

    def engine_started(self) -> None:
        self._polling.start(_POLL_INTERVAL_S, now=False)

    def spider_closed(self) -> None:
        if self._polling.running:
            self._polling.stop()

    def _poll(self) -> None:
        if engine.is_closing(self._crawler):
            self._polling.stop()
            self._crawler.signals.send_catch_log(crawl_stopping)
