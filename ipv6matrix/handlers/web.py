"""
web://: the front page of one host at one of its addresses.
"""

from __future__ import annotations

from scrapy import Request
from scrapy.crawler import Crawler

from ipv6matrix import __version__, urls
from ipv6matrix.handlers.probe import ProbeDownloadHandler
from ipv6matrix.items import WebObservation
from ipv6matrix.measurements.web import WebUrl
from ipv6matrix.probes.trust import Trust
from ipv6matrix.probes.web import WebProber


class WebDownloadHandler(ProbeDownloadHandler):
    """Requests front pages, with an agent that includes CONTACT."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        settings = crawler.settings
        self._prober = WebProber(
            agent=agent(settings.get("CONTACT") or ""),
            connect_timeout_s=settings.getfloat("TCP_TIMEOUT"),
            timeout_s=settings.getfloat("WEB_TIMEOUT"),
            trust=Trust(settings.get("TRUSTED_CERTIFICATES") or None),
            local4=settings.get("LOCAL_IPV4") or None,
            local6=settings.get("LOCAL_IPV6") or None,
        )

    async def observe(self, request: Request) -> WebObservation:
        url = urls.of(request)
        assert isinstance(url, WebUrl)
        return await self._prober.get(
            url.subject, url.names[0], scheme=url.scheme, hosts=url.hosts, pace=request.meta["pace"]
        )


def agent(contact: str) -> str:
    """Return the User-Agent of the crawler (RFC 9110 section 10.1.5); CONTACT may contain any text."""
    visible = "".join(character for character in contact if " " <= character <= "~" and character not in "()\\")
    return f"ipv6matrix/{__version__} (+{visible})" if visible else f"ipv6matrix/{__version__}"
