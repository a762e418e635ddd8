"""
Addresses that are never probed.
"""

from __future__ import annotations

import time
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler

from ipv6matrix import questions
from ipv6matrix.items import Refusal
from ipv6matrix.responses import ObservationResponse


class ForbiddenAddressMiddleware:
    """
    Answers probes of addresses that may not be probed with a refusal; nothing is sent.

    The spider does not ask about such addresses. This is the guard behind it,
    for requests that come from elsewhere: an older frontier, a changed setting.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_request(self, request: Request) -> ObservationResponse | None:
        if request.meta.get("download_slot") not in ("ping", "tcp", "trace"):
            return None
        assert self._crawler.spider
        assert self._crawler.stats
        reason = self._crawler.spider.plan.policy.refusal(questions.of(request).subject)  # type: ignore[attr-defined]
        if reason is None:
            return None
        self._crawler.stats.inc_value(f"refused/{reason}")
        request.meta["refused_at"] = time.time()
        return ObservationResponse(request, Refusal(reason=reason))
