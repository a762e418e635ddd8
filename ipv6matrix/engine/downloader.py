"""
How a request of the frontier becomes a response, and its response an item.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, cast

from scrapy import Request, signals
from scrapy.core.downloader import Downloader
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.utils.defer import maybe_deferred_to_future
from twisted.python.failure import Failure

from ipv6matrix import engine
from ipv6matrix.engine import methods, settled
from ipv6matrix.engine.answers import Answers

if TYPE_CHECKING:
    from ipv6matrix.frontier.scheduler import Scheduler

logger = logging.getLogger(__name__)


class ProbeDownloader(Downloader):
    """
    Takes each request of the frontier through the downloader middlewares to its handler, and its response to `Answers`.

    One task does all of it. Scrapy's engine starts seven tasks and chains as many Deferreds for a
    request, which waits in the queue of a slot in between; the frontier hands out no more requests than
    a slot has room for, so these queues would always be empty. Requests that do not come from the
    frontier (`engine.download_async()`) take Scrapy's way.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._of_requests = methods(self.middleware, "process_request")
        self._of_responses = methods(self.middleware, "process_response")
        self._of_exceptions = methods(self.middleware, "process_exception")
        self._tasks: set[asyncio.Task[None]] = set()
        self._answers: Answers
        crawler.signals.connect(self._spider_opened, signal=signals.spider_opened)

    def _spider_opened(self) -> None:
        self._answers = Answers(self.crawler)
        self.crawler.engine._start_scheduled_request = self.start_next  # type: ignore[method-assign]

    def start_next(self) -> bool:
        """Start the next request; return False if the scheduler has none."""
        slot = self.crawler.engine._slot
        assert slot
        request = slot.scheduler.next_request()
        if request is None:
            self._announce(signals.scheduler_empty)
            return False
        slot.add_request(request)
        self.active.add(request)
        task = asyncio.get_running_loop().create_task(self._run(request))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def _run(self, request: Request) -> None:
        slot = self.crawler.engine._slot
        assert slot
        try:
            await self._answer(request)
        except Exception:
            logger.exception("Error while processing %s", request)
        finally:
            self._left(request)
            self.active.remove(request)
            slot.remove_request(request)
            slot.nextcall.schedule()

    async def _answer(self, request: Request) -> None:
        try:
            response = await self._fetch(request)
        except Exception:  # noqa: BLE001 - Scrapy logs it, or ignores it if it is an IgnoreRequest
            failure = Failure()  # type: ignore[no-untyped-call]
            await maybe_deferred_to_future(self.crawler.engine.scraper.enqueue_scrape(failure, request))
            return
        if isinstance(response, Request):
            self.crawler.engine.crawl(response)
        else:
            await self._answers.process(response, request)

    async def _fetch(self, request: Request) -> Response | Request:
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
            # Most middlewares return the response itself.
            if (result := process(request=request, response=response)) is not response:
                response = await settled(result)
        return response

    async def _probe(self, request: Request) -> Response:
        self._announce(signals.request_reached_downloader, request=request)
        # Scrapy would parse the URL for the scheme.
        handler = engine.handler(self.crawler, request.url.partition(":")[0])
        download = handler.download_request if handler else self.handlers.download_request_async
        try:
            response: Response = await download(request)
            self._announce(signals.response_downloaded, request=request, response=response)
            return response
        finally:
            self._left(request)
            self._announce(signals.request_left_downloader, request=request)

    def _left(self, request: Request) -> None:
        """Free the place of a request: of one with an answer before it is stored, of any other at the end."""
        cast("Scheduler", self.crawler.engine.scheduler).left(request)

    def _announce(self, signal: object, **keywords: Any) -> None:
        if engine.is_heard(self.crawler, signal):
            self.signals.send_catch_log(signal=signal, spider=self.crawler.spider, **keywords)


async def _first(methods: Iterable[Callable[..., Any]], **keywords: Any) -> Response | Request | None:
    """Call methods of middlewares in turn, and return the first result."""
    for method in methods:
        if (result := method(**keywords)) is not None:
            response: Response | Request | None = await settled(result)
            if response is not None:
                return response
    return None
