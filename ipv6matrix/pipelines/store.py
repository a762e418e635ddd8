"""
The last pipeline: stores items in the database.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

from itemadapter import ItemAdapter
from scrapy.crawler import Crawler

from ipv6matrix.items import (
    Answered,
    Failure,
    LookupObservation,
    PingItem,
    TcpItem,
    TraceItem,
)


class StorePipeline:
    """
    Passes each item to the frontier, which writes it, its follow-up requests and
    the mark that its own request is done in one transaction.
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
    """Return the failures of an item, one per request."""
    if isinstance(item, PingItem):
        return [item.ping.failure] if item.ping.failure else []
    if isinstance(item, TraceItem):
        return [item.trace.failure] if item.trace.failure else []
    if isinstance(item, TcpItem):
        failures = [port.failure for port in item.tcp.ports] + [item.tcp.smtp.failure if item.tcp.smtp else None]
        return [failure for failure in failures if failure]
    return [lookup.status for lookup in _lookups(item) if isinstance(lookup.status, Failure)]


def _lookups(item: Answered) -> Iterator[LookupObservation]:
    """Yield the lookups of any item: in fields of its own, or in its hosts."""
    fields = ItemAdapter(item)
    yield from (value for value in fields.values() if isinstance(value, LookupObservation))
    for host in fields.get("hosts", ()):
        yield from (lookup for lookup in (host.a, host.aaaa) if lookup)
