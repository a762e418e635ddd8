"""
Requests the queries to name servers, once the zones and the addresses of their servers are known.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from itertools import chain
from typing import Final, Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider, DontCloseSpider

from ipv6matrix import context, engine
from ipv6matrix.exceptions import StoreError
from ipv6matrix.extensions.run_record import INCOMPLETE
from ipv6matrix.measurements import name_servers
from ipv6matrix.store.queries.name_servers import Pair, is_asked, pairs

logger = logging.getLogger(__name__)

# Requests added in one turn of the event loop.
_PER_TURN: Final = 1_000
# Zones of one request: enough that its cost per zone is small, and few enough to be repeated after a kill.
_ZONES_PER_REQUEST: Final = 16
# Zones that wait for others of their address: some 10 MB. Beyond that, requests have fewer zones.
_MOST_WAITING: Final = 50_000

# Zones, and the address that is asked for them.
Group = tuple[list[str], str]


class NameServers:
    """
    Keeps an idle crawl open until each zone has been asked for at each address of its name servers.

    A zone and an address come from different answers, and only the facts have both. It keeps no
    state: whenever no requests are left, it reads all pairs and requests those without an answer.
    Pairs that never have one, as those that opted out, lead to the same requests again, which the
    frontier knows. An address is asked for at most `most_zones` zones, the first by their position,
    and over TCP for the one of them that sorts first: neither depends on the order of answers.
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
            if not self._result(search):
                return
        if self._look is None:
            self._look = asyncio.get_running_loop().create_task(self._request())
        raise DontCloseSpider

    async def spider_closed(self) -> None:
        if self._look is not None:
            self._look.cancel()
            await asyncio.wait((self._look,))

    def _result(self, search: asyncio.Task[int]) -> int:
        try:
            return search.result()
        except StoreError as error:
            logger.error("The name servers cannot be read: %s", error)  # noqa: TRY400 - the message is complete without a traceback
            raise CloseSpider(INCOMPLETE) from None

    async def _pairs(self) -> AsyncIterator[list[Pair]]:
        """Yield the pairs that this machine asks, in turns of the event loop."""
        if self._context.worker is not None:
            async for chunk in self._context.worker.pairs(self._most_zones):
                yield chunk
            return
        for chunk in pairs(self._context.job.store):
            yield chunk
            await asyncio.sleep(0)

    async def _request(self) -> int:
        """Add the requests of all pairs; return how many were new."""
        new, zones, waiting = 0, Counter[str](), _Waiting()
        over_tcp: dict[str, str] = {}
        async for chunk in self._pairs():
            for pair in chunk:
                zones[pair.address] += 1
                if zones[pair.address] > self._most_zones:
                    continue
                over_tcp[pair.address] = min(pair.zone, over_tcp.get(pair.address, pair.zone))
                if not is_asked(self._context.job.store, pair) and (group := waiting.add(pair)):
                    new += self._add(name_servers.url(*group, tcp=False))
        rest = (name_servers.url(*group, tcp=False) for group in waiting.rest())
        tests = (name_servers.url([zone], address, tcp=True) for address, zone in over_tcp.items())
        for number, url in enumerate(chain(rest, tests), start=1):
            new += self._add(url)
            if number % _PER_TURN == 0:
                await asyncio.sleep(0)
        if new:
            logger.info("Name servers: %d requests to %d addresses", new, len(zones))
        engine.wake(self._crawler)
        return new

    def _add(self, url: str) -> bool:
        # What is for another machine by now, that machine adds, possibly with other zones in one request.
        return not self._context.frontier.knows(url) and self._context.frontier.add(url)


class _Waiting:
    """Zones that wait for others of their address, to be asked for in one request."""

    def __init__(self) -> None:
        self._zones: dict[str, list[str]] = {}
        self._number = 0

    def add(self, pair: Pair) -> Group | None:
        """Add a zone; return zones that wait no longer, if there are enough of an address, or too many in total."""
        zones = self._zones.setdefault(pair.address, [])
        zones.append(pair.zone)
        self._number += 1
        if len(zones) == _ZONES_PER_REQUEST:
            return self._take(pair.address)
        return self._take(next(iter(self._zones))) if self._number > _MOST_WAITING else None

    def rest(self) -> Iterator[Group]:
        """Return all zones that still wait, by address."""
        return ((zones, address) for address, zones in self._zones.items())

    def _take(self, address: str) -> Group:
        zones = self._zones.pop(address)
        self._number -= len(zones)
        return zones, address
