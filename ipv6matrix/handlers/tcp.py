"""
tcp://: the ports of one address, with SMTP and STARTTLS on 25.
"""

from __future__ import annotations

from typing import Final

from scrapy import Request
from scrapy.crawler import Crawler

from ipv6matrix import urls
from ipv6matrix.handlers.probe import ProbeDownloadHandler
from ipv6matrix.items import TcpObservation
from ipv6matrix.measurements.ports import PortsUrl
from ipv6matrix.probes.tcp import TcpProber
from ipv6matrix.targets import names

# The name sent in EHLO if no contact is set. It can never be registered (RFC 2606 section 2).
_DEFAULT_NAME: Final = "crawler.invalid"


class TcpDownloadHandler(ProbeDownloadHandler):
    """Connects to all ports of an address at once."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        settings = crawler.settings
        self._prober = TcpProber(
            timeout_s=settings.getfloat("TCP_TIMEOUT"),
            smtp_timeout_s=settings.getfloat("SMTP_TIMEOUT"),
            contact_name=hello_name(settings.get("CONTACT") or ""),
            local4=settings.get("LOCAL_IPV4") or None,
            local6=settings.get("LOCAL_IPV6") or None,
        )

    async def observe(self, request: Request) -> TcpObservation:
        url = urls.of(request)
        assert isinstance(url, PortsUrl)
        return await self._prober.probe(url.subject, url.ports, starttls=url.starttls, pace=request.meta["pace"])


def hello_name(contact: str) -> str:
    """Return the domain of a mail address or URL, for EHLO (RFC 5321 section 4.1.1.1)."""
    return names.contact_domain(contact) or _DEFAULT_NAME
