"""
How the answer of a probe reaches the spider, and its item the pipelines.
"""

from __future__ import annotations

import logging
from typing import Any

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem
from scrapy.http import Response
from scrapy.utils.log import logformatter_adapter
from twisted.python.failure import Failure

from ipv6matrix.engine import is_heard, methods, settled

logger = logging.getLogger(__name__)


class Answers:
    """
    Passes the answers of probes to the spider, and their items through the pipelines.

    The spider makes one item of each answer. Scrapy's scraper expects any number of items and
    requests: it starts three tasks and a queue for each response, and one task more for each
    listener to its item.
    """

    def __init__(self, crawler: Crawler) -> None:
        assert crawler.spider
        assert crawler.stats
        self._crawler = crawler
        self._stats = crawler.stats
        self._signals = crawler.signals
        self._spider = crawler.spider
        self._formatter = crawler.logformatter
        self._scraper = crawler.engine.scraper
        self._pipelines = methods(self._scraper.itemproc, "process_item")

    async def process(self, response: Response, request: Request) -> None:
        """Make an item of the response to a request, and store it."""
        if response.request is None:
            response.request = request
        self._stats.inc_value("response_received_count")
        self._log(self._formatter.crawled(request, response, self._spider))
        await self._send(signals.response_received, response=response, request=request)
        try:
            item = await settled(self._spider.parse(response))
        except Exception:  # noqa: BLE001 - Scrapy logs it and sends a signal
            self._scraper.handle_spider_error(Failure(), request, response)  # type: ignore[no-untyped-call]
        else:
            await self._store(item, response)

    async def _store(self, item: Any, response: Response) -> None:
        processed = item
        try:
            for process in self._pipelines:
                # Most pipelines return the item itself.
                if (result := process(processed)) is not processed:
                    processed = await settled(result)
        except DropItem as error:
            self._log(self._formatter.dropped(item, error, response, self._spider))
            await self._send(signals.item_dropped, item=item, response=response, exception=error)
        except Exception as error:  # noqa: BLE001 - as above
            self._log(self._formatter.item_error(item, error, response, self._spider), exc_info=True)
            failure = Failure()  # type: ignore[no-untyped-call]
            await self._send(signals.item_error, item=item, response=response, failure=failure)
        else:
            self._stats.inc_value("item_scraped_count")
            self._log(self._formatter.scraped(processed, response, self._spider))
            await self._send(signals.item_scraped, item=processed, response=response)

    def _log(self, message: Any, **keywords: Any) -> None:
        if message is not None:
            logger.log(*logformatter_adapter(message), extra={"spider": self._spider}, **keywords)

    async def _send(self, signal: object, **keywords: Any) -> None:
        if is_heard(self._crawler, signal):
            for _, result in self._signals.send_catch_log(signal, spider=self._spider, **keywords):
                await settled(result)
