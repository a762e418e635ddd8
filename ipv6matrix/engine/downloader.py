"""
How a request of a probe reaches its handler, and its answer the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from scrapy import Request, Spider, signals
from scrapy.core.downloader import Downloader
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.internet.defer import Deferred

from ipv6matrix.engine import answers, methods, settled
from ipv6matrix.measurements import REGISTRY


class ProbeDownloader(Downloader):
    """
    Passes probes through the downloader middlewares to their handlers.

    Scrapy's downloader also puts each request into the queue of a slot, with two tasks and a
    future. The frontier hands out no more requests than a slot has room for, so these queues would
    always be empty. Requests of other schemes, such as downloads of lists, take Scrapy's way.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._of_requests = methods(self.middleware, "process_request")
        self._of_responses = methods(self.middleware, "process_response")
        self._of_exceptions = methods(self.middleware, "process_exception")
        # The engine has no scraper yet.
        crawler.signals.connect(self._spider_opened, signal=signals.spider_opened)

    def _spider_opened(self) -> None:
        answers.take_over(self.crawler)

    def fetch(self, request: Request, spider: Spider | None = None) -> Deferred[Response | Request]:
        if request.meta.get("download_slot") in REGISTRY.slots:
            return Deferred.fromCoroutine(self._fetch(request))
        return super().fetch(request, spider)

    async def _fetch(self, request: Request) -> Response | Request:
        self.active.add(request)
        try:
            try:
                response = await _first(self._of_requests, request=request) or await self._probe(request)
            except Exception as error:
                recovered = await _first(self._of_exceptions, request=request, exception=error)
                if recovered is None:
                    raise
                response = recovered
            for process in self._of_responses:
                if isinstance(response, Request):
                    break
                response = await settled(process(request=request, response=response))
            return response
        finally:
            self.active.remove(request)

    async def _probe(self, request: Request) -> Response:
        self._announce(signals.request_reached_downloader, request=request)
        try:
            response: Response = await settled(self.handlers.download_request_async(request))
            self._announce(signals.response_downloaded, request=request, response=response)
            return response
        finally:
            self._announce(signals.request_left_downloader, request=request)

    def _announce(self, signal: object, **named: Any) -> None:
        self.signals.send_catch_log(signal=signal, spider=self.crawler.spider, **named)


async def _first(methods: Iterable[Callable[..., Any]], **named: Any) -> Response | Request | None:
    """Call methods of middlewares in turn, and return the first result."""
    for method in methods:
        result: Response | Request | None = await settled(method(**named))
        if result is not None:
            return result
    return None
