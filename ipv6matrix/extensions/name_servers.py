"""
Requests the queries to name servers, once the zones and the addresses of their servers are known.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider, DontCloseSpider

from ipv6matrix import context, engine
from ipv6matrix.exceptions import StoreError
from ipv6matrix.extensions.run_record import INCOMPLETE
from ipv6matrix.measurements import name_servers
from ipv6matrix.store.queries.name_servers import Pair, pairs

logger = logging.getLogger(__name__)


class NameServers:
    """
    Keeps an idle crawl open until each zone has been asked for at each address of its name servers.

    A zone and an address come from different answers, and only the facts have both. It keeps no
    state: whenever no requests are left, it reads all pairs and requests those that are new. An
    address is asked for at most `most_zones` zones, those that were found first, and over TCP for one.
    """

    def __init__(self, crawler: Crawler, most_zones: int) -> None:
        self._crawler = crawler
        self._context = context.of(crawler)
        self._most_zones = most_zones
        self._look: asyncio.Task[int] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls(crawler, crawler.settings.getint("NS_ZONES_PER_ADDRESS"))
        crawler.signals.connect(extension.spider_idle, signal=signals.spider_idle)
        crawler.signals.connect(extension.spider_closed, signal=signals.spider_closed)
        return extension

    def spider_idle(self) -> None:
        """Let the crawl end only after a search has found no new pair."""
        if "nameservers" not in self._context.plan.metrics:
            return
        if self._look is not None and self._look.done():
            search, self._look = self._look, None
            if not self._found(search):
                return
        if self._look is None:
            self._look = asyncio.get_running_loop().create_task(self._request())
        raise DontCloseSpider

    async def spider_closed(self) -> None:
        if self._look is not None:
            self._look.cancel()
            await asyncio.wait((self._look,))

    def _found(self, search: asyncio.Task[int]) -> int:
        try:
            return search.result()
        except StoreError as error:
            logger.error("The name servers cannot be read: %s", error)  # noqa: TRY400 - the message is complete without a traceback
            raise CloseSpider(INCOMPLETE) from None

    async def _request(self) -> int:
        """Add the requests of all pairs; return how many were new."""
        new, zones = 0, Counter[str]()
        for chunk in pairs(self._context.job.store):
            new += sum(self._add(pair, zones) for pair in chunk)
            await asyncio.sleep(0)
        if new:
            logger.info("Name servers: %d queries about %d addresses", new, len(zones))
        engine.wake(self._crawler)
        return new

    def _add(self, pair: Pair, zones: Counter[str]) -> int:
        zones[pair.address] += 1
        if zones[pair.address] > self._most_zones:
            return 0
        urls = [name_servers.url(*pair, tcp=False)]
        if zones[pair.address] == 1:
            urls.append(name_servers.url(*pair, tcp=True))
        return sum(map(self._context.frontier.add, urls))
