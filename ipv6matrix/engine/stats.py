"""
The stats of a crawl.
"""

from __future__ import annotations

from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.extensions import corestats
from scrapy.statscollectors import MemoryStatsCollector


class Stats(MemoryStatsCollector):
    """
    Scrapy's stats, with ordinary attributes.

    Scrapy's own look up each attribute twice, to accept an argument that is deprecated; a request
    causes some ten increments.
    """

    __getattribute__ = object.__getattribute__


class CoreStats(corestats.CoreStats):
    """Scrapy's, without listeners to each response and each item: `engine.answers` counts them."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        assert crawler.stats
        extension = cls(crawler.stats)
        crawler.signals.connect(extension.spider_opened, signal=signals.spider_opened)
        crawler.signals.connect(extension.spider_closed, signal=signals.spider_closed)
        crawler.signals.connect(extension.item_dropped, signal=signals.item_dropped)
        return extension
