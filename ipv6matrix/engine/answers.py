"""
How the answer of a probe reaches the spider, and its item the pipelines.
"""

from __future__ import annotations

import logging
from typing import Any

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem
from scrapy.http import Response
from scrapy.utils.log import logformatter_adapter
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from ipv6matrix.engine import methods, settled
from ipv6matrix.responses import ObservationResponse

logger = logging.getLogger(__name__)


def take_over(crawler: Crawler) -> None:
    """Let an engine whose spider is open pass results to `Answers`."""
    scraper = crawler.engine.scraper
    scraper.enqueue_scrape = Answers(crawler).enqueue_scrape  # type: ignore[method-assign]


class Answers:
    """
    Passes the answers of probes to the spider, and their items through the pipelines.

    The spider makes one item of each answer. Scrapy's scraper expects any number of items and
    requests: it starts three tasks and a queue for each response, and one task more for each
    listener to its item. Failures and responses of other schemes take Scrapy's way.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._scraper = crawler.engine.scraper
        self._pipelines = methods(self._scraper.itemproc, "process_item")
        self._otherwise = self._scraper.enqueue_scrape

    def enqueue_scrape(self, result: Response | Failure, request: Request) -> Deferred[None]:
        """Process a result, in place of the method of Scrapy's scraper."""
        if isinstance(result, ObservationResponse):
            return Deferred.fromCoroutine(self._process(result, request))
        return self._otherwise(result, request)

    async def _process(self, response: ObservationResponse, request: Request) -> None:
        spider, slot = self._crawler.spider, self._scraper.slot
        assert spider
        assert slot
        slot.active.add(request)
        try:
            item = await settled(spider.parse(response))
        except Exception:  # noqa: BLE001 - Scrapy logs it and sends a signal
            self._scraper.handle_spider_error(Failure(), request, response)  # type: ignore[no-untyped-call]
        else:
            await self._store(item, response, spider)
        finally:
            slot.active.remove(request)
            self._scraper._check_if_closing()

    async def _store(self, item: Any, response: Response, spider: Spider) -> None:
        formatter, processed = self._crawler.logformatter, item
        try:
            for process in self._pipelines:
                processed = await settled(process(processed))
        except DropItem as error:
            self._log(formatter.dropped(item, error, response, spider))
            await self._send(signals.item_dropped, item=item, response=response, exception=error)
        except Exception as error:  # noqa: BLE001 - as above
            self._log(formatter.item_error(item, error, response, spider), exc_info=True)
            await self._send(signals.item_error, item=item, response=response, failure=Failure())  # type: ignore[no-untyped-call]
        else:
            await self._send(signals.item_scraped, item=processed, response=response)

    def _log(self, message: Any, **named: Any) -> None:
        logger.log(*logformatter_adapter(message), extra={"spider": self._crawler.spider}, **named)

    async def _send(self, signal: object, **named: Any) -> None:
        for _, result in self._crawler.signals.send_catch_log(signal, spider=self._crawler.spider, **named):
            await settled(result)
