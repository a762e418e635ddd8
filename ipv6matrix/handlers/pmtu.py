"""
pmtu://: the MTU of the path to one IPv6 address.
"""

from __future__ import annotations

from scrapy import Request
from scrapy.crawler import Crawler

from ipv6matrix import urls
from ipv6matrix.handlers.probe import ProbeDownloadHandler
from ipv6matrix.items import PmtuObservation
from ipv6matrix.probes.pmtu import PmtuProber


class PmtuDownloadHandler(ProbeDownloadHandler):
    """Sends large Echo Requests."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        settings = crawler.settings
        self._prober = PmtuProber(
            timeout_s=settings.getfloat("PING_TIMEOUT"), local6=settings.get("LOCAL_IPV6") or None
        )

    async def observe(self, request: Request) -> PmtuObservation:
        return await self._prober.probe(urls.of(request).subject, request.meta["pace"])
