"""
trace://: the path to one address.
"""

from __future__ import annotations

from scrapy import Request, signals
from scrapy.crawler import Crawler

from ipv6matrix import urls
from ipv6matrix.handlers.probe import ProbeDownloadHandler
from ipv6matrix.items import TraceObservation
from ipv6matrix.probes.trace import Tracer


class TraceDownloadHandler(ProbeDownloadHandler):
    """Traces paths hop by hop; all traces share a few mtr-packet processes."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        settings = crawler.settings
        self._tracer = Tracer(
            max_ttl=settings.getint("TRACE_MAX_TTL"),
            timeout_s=settings.getfloat("TRACE_TIMEOUT"),
            gap_limit=settings.getint("TRACE_GAP_LIMIT"),
            processes=settings.getint("TRACE_PROCESSES"),
            local4=settings.get("LOCAL_IPV4") or None,
            local6=settings.get("LOCAL_IPV6") or None,
        )
        crawler.signals.connect(self._open, signal=signals.spider_opened)

    async def observe(self, request: Request) -> TraceObservation:
        return await self._tracer.trace(urls.of(request).subject, request.meta["pace"])

    async def _open(self) -> None:
        await self._tracer.open()

    async def close(self) -> None:
        await self._tracer.close()
