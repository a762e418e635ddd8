"""
The stats of a crawl.
"""

from __future__ import annotations

from scrapy.statscollectors import MemoryStatsCollector


class Stats(MemoryStatsCollector):
    """
    Scrapy's stats, with ordinary attributes.

    Scrapy's own look up each attribute twice, to accept an argument that is deprecated; a request
    causes some ten increments.
    """

    __getattribute__ = object.__getattribute__
