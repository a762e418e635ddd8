"""
Excludes domains and networks that opted out.
"""

from __future__ import annotations

import time
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler

from ipv6matrix import context, urls
from ipv6matrix.items import Exclusion
from ipv6matrix.measurements import REGISTRY
from ipv6matrix.measurements.grammar import RequestUrl
from ipv6matrix.responses import ObservationResponse
from ipv6matrix.targets.optouts import OptedOutError, OptOuts
from ipv6matrix.targets.policy import OPTED_OUT


class OptOutMiddleware:
    """Answers requests for names and addresses that opted out with an exclusion; nothing is sent."""

    def __init__(self, crawler: Crawler, opt_outs: OptOuts | None) -> None:
        self._crawler = crawler
        self._opt_outs = opt_outs

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler, context.of(crawler).plan.opt_outs)

    def process_request(self, request: Request) -> ObservationResponse | None:
        if self._opt_outs is None or request.meta.get("download_slot") not in REGISTRY.slots:
            return None
        self._opt_outs.look()
        url = urls.of(request)
        if self._is_opted_out(url):
            return self._exclusion(request)
        # A guessed host may be opted out although its domain is not; the spider records that.
        request.meta["opted_out"] = tuple(filter(self._opt_outs.contains_name, url.names))
        return None

    def _is_opted_out(self, url: RequestUrl) -> bool:
        """Return whether the subject of a request opted out, whatever kind it is, or the destination of its packets."""
        assert self._opt_outs is not None
        if url.name is not None and self._opt_outs.contains_name(url.name):
            return True
        return any(map(self._opt_outs.contains_address, filter(None, {url.address, url.destination})))

    def process_exception(self, request: Request, exception: Exception) -> ObservationResponse | None:
        """Exclude a request whose target opted out while it was in flight."""
        return self._exclusion(request) if isinstance(exception, OptedOutError) else None

    def _exclusion(self, request: Request) -> ObservationResponse:
        assert self._crawler.stats
        self._crawler.stats.inc_value("refused/opted_out")
        request.meta["refused_at"] = time.time()
        return ObservationResponse(request, Exclusion(reason=OPTED_OUT))
