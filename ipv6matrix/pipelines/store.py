"""
The last pipeline: stores items in the database.
"""

from __future__ import annotations

from typing import Self

from scrapy.crawler import Crawler

from ipv6matrix import context
from ipv6matrix.items import Answered, Failure
from ipv6matrix.measurements import REGISTRY


class StorePipeline:
    """
    Passes each item to the frontier, which writes it, its follow-up requests and
    the mark that its own request is done in one transaction.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._context = context.of(crawler)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_item(self, item: Answered) -> Answered:
        assert self._crawler.stats
        self._context.job.attempt(lambda: self._context.frontier.complete(item), otherwise=None)
        self._crawler.stats.inc_value(f"stored/{type(item).__name__}")
        for _, outcome in REGISTRY.outcomes(item):
            if isinstance(outcome, Failure):
                self._crawler.stats.inc_value(f"failures/{outcome}")
        for hear in self._context.stored:
            hear(item)
        return item
