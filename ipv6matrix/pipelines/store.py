"""
Last pipeline: into the database.
"""

from __future__ import annotations

from typing import Any, Self

from scrapy.crawler import Crawler

from ipv6matrix.items import Answered, PingItem, TcpItem, TraceItem


class StorePipeline:
    """
    Hands each item to the frontier, which writes it, the requests it led to and
    the mark that its own request is done, all in one.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_item(self, item: Answered) -> Answered:
        assert self._crawler.engine
        assert self._crawler.stats
        scheduler: Any = self._crawler.engine.scheduler
        scheduler.store(item)
        self._crawler.stats.inc_value(f"stored/{type(item).__name__}")
        for failure in _failures(item):
            self._crawler.stats.inc_value(f"failures/{failure}")
        return item


def _failures(item: Answered) -> list[str]:
    if isinstance(item, PingItem):
        return [item.ping.failure] if item.ping.failure else []
    if isinstance(item, TraceItem):
        return [item.trace.failure] if item.trace.failure else []
    if isinstance(item, TcpItem):
        return [port.failure for port in item.tcp.ports if port.failure]
    return []
