"""
Base class of the download handlers.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from typing import Any

from scrapy import Request
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest

from ipv6matrix.items import Observation
from ipv6matrix.responses import ObservationResponse
from ipv6matrix.signals import crawl_stopping


class ProbeDownloadHandler(BaseDownloadHandler):
    """
    Turns an observation into a response, and cancels running probes when the crawl stops.

    Scrapy waits for downloads to finish, and a mail server may take ten seconds to
    greet. A cancelled probe has no response, so its request stays pending and is sent
    again.
    """

    lazy = False

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._under_way: set[asyncio.Task[Any]] = set()
        self._stops = False
        crawler.signals.connect(self._stop, signal=crawl_stopping)

    @abstractmethod
    async def observe(self, request: Request) -> Observation:
        """Run the probe for a request."""

    async def download_request(self, request: Request) -> ObservationResponse:
        task = asyncio.current_task()
        assert task
        self._under_way.add(task)
        try:
            return ObservationResponse(request, await self.observe(request))
        except asyncio.CancelledError:
            if not self._stops:
                raise
            task.uncancel()
            raise IgnoreRequest("the crawl stops") from None
        finally:
            self._under_way.discard(task)

    def _stop(self) -> None:
        self._stops = True
        for task in self._under_way:
            task.cancel()
