"""
ntp://: the time server at one address.
"""

from __future__ import annotations

from scrapy import Request
from scrapy.crawler import Crawler

from ipv6matrix import urls
from ipv6matrix.handlers.probe import ProbeDownloadHandler
from ipv6matrix.items import NtpObservation
from ipv6matrix.probes.ntp import NtpProber


class NtpDownloadHandler(ProbeDownloadHandler):
    """Asks time servers."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        settings = crawler.settings
        self._prober = NtpProber(
            timeout_s=settings.getfloat("NTP_TIMEOUT"),
            local4=settings.get("LOCAL_IPV4") or None,
            local6=settings.get("LOCAL_IPV6") or None,
        )

    async def observe(self, request: Request) -> NtpObservation:
        return await self._prober.probe(urls.of(request).subject, request.meta["pace"])
