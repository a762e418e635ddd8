"""
The last pipeline: stores items in the database.
"""

from __future__ import annotations

from typing import Any, Self

from scrapy.crawler import Crawler

from ipv6matrix.items import (
    Answered,
    DomainItem,
    Failure,
    HostsItem,
    LookupObservation,
    PingItem,
    ReverseItem,
    TcpItem,
    TraceItem,
)


class StorePipeline:
    """
    Hands each item to the frontier, which writes it, its follow-up requests and
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
    """Return the failures of an item, one word per request."""
    if isinstance(item, PingItem):
        return [item.ping.failure] if item.ping.failure else []
    if isinstance(item, TraceItem):
        return [item.trace.failure] if item.trace.failure else []
    if isinstance(item, TcpItem):
        failures = [port.failure for port in item.tcp.ports] + [item.tcp.smtp.failure if item.tcp.smtp else None]
        return [failure for failure in failures if failure]
    return [lookup.status for lookup in _lookups(item) if isinstance(lookup.status, Failure)]


def _lookups(item: Answered) -> list[LookupObservation]:
    if isinstance(item, DomainItem):
        return [lookup for lookup in (item.ns, item.mx, item.soa) if lookup]
    if isinstance(item, HostsItem):
        return [lookup for host in item.hosts for lookup in (host.a, host.aaaa) if lookup]
    return [item.lookup] if isinstance(item, ReverseItem) else []
