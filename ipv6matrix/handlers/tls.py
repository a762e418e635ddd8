"""
tls://: a TLS handshake for one host at one of its addresses.
"""

from __future__ import annotations

from scrapy import Request
from scrapy.crawler import Crawler

from ipv6matrix import urls
from ipv6matrix.handlers.probe import ProbeDownloadHandler
from ipv6matrix.items import TlsObservation
from ipv6matrix.measurements.tls import TlsUrl
from ipv6matrix.probes.tls import TlsProber
from ipv6matrix.probes.trust import Trust


class TlsDownloadHandler(ProbeDownloadHandler):
    """Performs TLS handshakes."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        settings = crawler.settings
        self._prober = TlsProber(
            connect_timeout_s=settings.getfloat("TCP_TIMEOUT"),
            timeout_s=settings.getfloat("WEB_TIMEOUT"),
            trust=Trust(settings.get("TRUSTED_CERTIFICATES") or None),
            local4=settings.get("LOCAL_IPV4") or None,
            local6=settings.get("LOCAL_IPV6") or None,
        )

    async def observe(self, request: Request) -> TlsObservation:
        url = urls.of(request)
        assert isinstance(url, TlsUrl)
        return await self._prober.probe(url.subject, url.names[0], url.port, request.meta["pace"])
