"""
ping://: Echo Requests to one address.
"""

from __future__ import annotations

from scrapy import Request, signals
from scrapy.crawler import Crawler

from ipv6matrix import urls
from ipv6matrix.handlers.probe import ProbeDownloadHandler
from ipv6matrix.items import PingObservation
from ipv6matrix.probes.icmp import Pinger


class PingDownloadHandler(ProbeDownloadHandler):
    """Sends series of Echo Requests; all series share one socket per family."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        settings = crawler.settings
        self._pinger = Pinger(
            count=settings.getint("PING_COUNT"),
            interval_s=settings.getfloat("PING_INTERVAL"),
            timeout_s=settings.getfloat("PING_TIMEOUT"),
            local4=settings.get("LOCAL_IPV4") or None,
            local6=settings.get("LOCAL_IPV6") or None,
        )
        crawler.signals.connect(self._open, signal=signals.spider_opened)

    async def observe(self, request: Request) -> PingObservation:
        return await self._pinger.ping(urls.of(request).subject, request.meta["pace"])

    def _open(self) -> None:
        self._pinger.open()

    async def close(self) -> None:
        self._pinger.close()
