"""
ping://: Echo Requests to one address.
"""

from __future__ import annotations

from scrapy import Request, signals
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.crawler import Crawler

from ipv6matrix import questions
from ipv6matrix.probes.icmp import Pinger
from ipv6matrix.responses import ObservationResponse


class PingDownloadHandler(BaseDownloadHandler):
    """Sends a series of Echo Requests; all series share one socket per family."""

    lazy = False

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

    async def download_request(self, request: Request) -> ObservationResponse:
        observation = await self._pinger.ping(questions.of(request).subject, request.meta["pace"])
        return ObservationResponse(request, observation)

    def _open(self) -> None:
        self._pinger.open()

    async def close(self) -> None:
        self._pinger.close()
