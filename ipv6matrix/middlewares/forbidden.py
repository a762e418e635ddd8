"""
Excludes addresses that must never be probed.
"""

from __future__ import annotations

import time
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler

from ipv6matrix import context, urls
from ipv6matrix.items import Exclusion
from ipv6matrix.measurements import REGISTRY
from ipv6matrix.responses import ObservationResponse


class ForbiddenAddressMiddleware:
    """
    Answers requests whose packets would go to forbidden addresses with an exclusion; nothing is sent.

    The destination of the packets decides, whatever the scheme; for a lookup at a
    server that its URL names, it is that server. The spider does not request forbidden
    addresses. This middleware also covers requests from elsewhere: an older frontier, a
    changed setting.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._policy = context.of(crawler).plan.policy

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_request(self, request: Request) -> ObservationResponse | None:
        if request.meta.get("download_slot") not in REGISTRY.slots:
            return None
        destination = urls.of(request).destination
        if destination is None:
            return None
        assert self._crawler.stats
        reason = self._policy.exclusion(destination)
        if reason is None:
            return None
        self._crawler.stats.inc_value(f"refused/{reason}")
        request.meta["refused_at"] = time.time()
        return ObservationResponse(request, Exclusion(reason=reason))
