"""Tests that apply to the handler of every scheme, against the same servers."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar

import pytest
from scrapy import signals
from scrapy.core.downloader.handlers.base import BaseDownloadHandler

from ipv6matrix import urls
from ipv6matrix.items import Observation
from ipv6matrix.middlewares.rate import RateMiddleware
from ipv6matrix.responses import ObservationResponse
from simnet.internet import Internet
from tests import crawlers
from tests.probes.waiting import open_files, until

# Short, so that silence does not delay the tests.
PATIENCE = {
    "QUERY_TIMEOUT": 1.0,
    "QUERY_LIFETIME": 2.0,
    "PING_COUNT": 2,
    "PING_INTERVAL": 0.05,
    "PING_TIMEOUT": 1.0,
    "TCP_TIMEOUT": 1.0,
    "SMTP_TIMEOUT": 2.0,
    "TRACE_TIMEOUT": 1.0,
    "TRACE_GAP_LIMIT": 2,
}
MANY = 50


class HandlerSuite(ABC):
    """The base of one test class per scheme, which defines the requests and how to read the answers."""

    handler: ClassVar[type[BaseDownloadHandler]]
    openers: ClassVar[int] = 4
    "How many requests surely open all sockets that requests share."

    @abstractmethod
    def url(self, internet: Internet, behaviour: str, n: int = 0) -> str:
        """Return a request to a server with this behaviour: open, silent, refusing or unreachable."""

    @abstractmethod
    def word(self, observation: Observation) -> str:
        """Summarize an observation in one word of the suite: answered, silent, refused, unreachable."""

    @pytest.fixture
    async def ready(self, internet, tmp_path):
        """A handler, created and opened as by Scrapy."""
        made = await self.open(internet, tmp_path)
        yield made
        await made.close()

    async def open(self, internet: Internet, folder: Path) -> BaseDownloadHandler:
        crawler = crawlers.crawler(folder, **internet.settings(), **PATIENCE, EXTENSIONS={})
        made = self.handler.from_crawler(crawler)
        await crawler.signals.send_catch_log_async(signals.spider_opened, spider=crawler.spider)
        return made

    async def ask(self, handler: BaseDownloadHandler, url: str) -> ObservationResponse:
        request = urls.request(url)
        RateMiddleware.from_crawler(handler.crawler).process_request(request)
        return await handler.download_request(request)

    @pytest.mark.parametrize("behaviour", ["open", "silent", "refusing", "unreachable"])
    async def test_every_outcome_is_a_response_with_an_observation(self, internet, ready, behaviour):
        """
        Answers, silence, refusal and unreachability are all responses with status 200; the observation distinguishes
        them.
        """
        response = await self.ask(ready, self.url(internet, behaviour))

        assert 200 == response.status
        assert self.words[behaviour] == self.word(response.observation)

    words: ClassVar[dict[str, str]] = {
        "open": "answered",
        "silent": "silent",
        "refusing": "refused",
        "unreachable": "unreachable",
    }

    async def test_the_response_belongs_to_its_request(self, internet, ready):
        """A response has the URL of its request, so that the frontier can mark it as done."""
        url = self.url(internet, "open")

        assert url == (await self.ask(ready, url)).url

    async def test_answers_are_not_mixed_up(self, internet, ready):
        """Concurrent requests each get the answer of their own server."""
        kinds = ["open", "silent"] * (MANY // 2)

        responses = await asyncio.gather(
            *(self.ask(ready, self.url(internet, kind, number)) for number, kind in enumerate(kinds))
        )

        assert [self.words[kind] for kind in kinds] == [self.word(response.observation) for response in responses]

    async def test_a_cancelled_request_leaves_nothing_open(self, internet, ready):
        """Cancelling requests in progress closes what they opened."""
        # Sockets that all requests share, one per resolver, are opened by the first of them.
        await asyncio.gather(*(self.ask(ready, self.url(internet, "open")) for _ in range(self.openers)))
        before = open_files()
        asked = [asyncio.ensure_future(self.ask(ready, self.url(internet, "silent", n))) for n in range(MANY)]
        await asyncio.sleep(0)

        for task in asked:
            task.cancel()
        await asyncio.gather(*asked, return_exceptions=True)

        await until(lambda: open_files() <= before)

    async def test_close_leaves_nothing_open(self, internet, tmp_path):
        """A closed handler has no open socket and no process."""
        before = open_files()
        handler = await self.open(internet, tmp_path)
        await asyncio.gather(*(self.ask(handler, self.url(internet, "open", n)) for n in range(5)))

        await handler.close()

        await until(lambda: open_files() <= before)


def failure_word(failure: Any) -> str:
    """Return the suite's word for a failure."""
    words = {"timeout": "silent", "refused": "refused", "connection_refused": "refused"}
    return words.get(failure, "unreachable" if "unreachable" in str(failure) else str(failure))
