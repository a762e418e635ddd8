"""
The spider: decides what to request next.

A domain leads to its hosts, a host to its addresses, an address to its probes. Each
answer becomes one item, which carries the requests that follow from it and marks its own
request as answered.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Iterator
from typing import Any, Final, Self

import scrapy
from scrapy.crawler import Crawler
from scrapy.http import Response

from ipv6matrix import context, urls
from ipv6matrix.items import Answered, Exclusion
from ipv6matrix.measurements import REGISTRY
from ipv6matrix.measurements.base import Asked, Crawl
from ipv6matrix.responses import ObservationResponse
from ipv6matrix.targets import feeding, lists
from ipv6matrix.turns import Turns

# Number of invalid rows of the list that are logged; all are counted.
_EXAMPLES: Final = 10


class MatrixSpider(scrapy.Spider):
    """
    Crawls a list of domains.

    Arguments (-a): `domains` is a file, a folder of files or a Majestic CSV, or
    `majestic` or `tranco`, which preflight replaces with the file that it downloaded.
    `supplemental` is an additional file. `tag` is the name of a list of one's own, whose summary has only readiness.
    """

    name = "matrix"

    def __init__(self, domains: str = "", supplemental: str = "", tag: str = "", **arguments: Any) -> None:
        super().__init__(**arguments)
        self._lists = lists.Locations(domains, supplemental, tag)

    @classmethod
    def from_crawler(cls, crawler: Crawler, *arguments: Any, **keywords: Any) -> Self:
        spider = super().from_crawler(crawler, *arguments, **keywords)
        shared = context.of(crawler)
        shared.lists, shared.start = spider._lists, spider.start
        spider._crawl = Crawl(shared.plan, Turns(), REGISTRY.urls)
        return spider

    _crawl: Crawl

    async def start(self) -> AsyncIterator[scrapy.Request]:
        """Request the records of each domain of the list. BackpressureMiddleware decides how fast the list is read."""
        rows = rejected = 0
        async for entry in feeding.entries(self._lists.files()):
            rows += 1
            if isinstance(entry, lists.Rejected):
                rejected += 1
                self._reject(entry, is_example=rejected <= _EXAMPLES)
            else:
                yield urls.request(REGISTRY.start(entry, self._crawl.plan))
        level = logging.WARNING if rejected else logging.INFO
        self.logger.log(
            level, "The list has %s rows: %s are domains, %s are not", *_texts(rows, rows - rejected, rejected)
        )

    def parse(self, response: Response, **_: Any) -> Answered | Awaitable[Answered]:
        """Return the item of an answer, with the requests that follow from it."""
        assert isinstance(response, ObservationResponse)
        request, observation = response.request, response.observation
        assert request is not None
        asked = Asked(response.url, urls.of(request), request.meta.get("opted_out", ()))
        if isinstance(observation, Exclusion):
            return REGISTRY.of_url(response.url).exclude(asked, observation.reason, request.meta["refused_at"])
        return REGISTRY.of_observation(observation).answer(asked, observation, self._crawl)

    def _reject(self, entry: lists.Rejected, *, is_example: bool) -> None:
        assert self.crawler.stats
        self.crawler.stats.inc_value(f"list/refused/{entry.reason}")
        if is_example:
            self.logger.warning("Not a domain (%s): %r [LIST_ROW_INVALID]", entry.reason, entry.text[:100])


def _texts(*numbers: int) -> Iterator[str]:
    return (f"{number:,}" for number in numbers)
