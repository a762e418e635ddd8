"""What the handlers of all schemes share, with an observation that takes forever."""

from __future__ import annotations

import asyncio

import pytest
from scrapy.exceptions import IgnoreRequest

from ipv6matrix import urls
from ipv6matrix.handlers.probe import ProbeDownloadHandler
from ipv6matrix.items import PingObservation
from ipv6matrix.signals import crawl_stopping
from tests import crawlers


class Patient(ProbeDownloadHandler):
    """Observes silence after as many seconds as its request's TTL."""

    def __init__(self, crawler):
        super().__init__(crawler)
        self.ended = 0

    async def observe(self, request):
        try:
            await asyncio.sleep(request.meta.get("after_s", 0))
        finally:
            self.ended += 1
        return PingObservation(sent=1, asked_at=0.0)


@pytest.fixture
def handler(tmp_path):
    return Patient(crawlers.crawler(tmp_path))


def request(after_s):
    made = urls.request("ping://192.0.2.1")
    made.meta["after_s"] = after_s
    return made


async def test_an_observation_becomes_a_response(handler):
    """The response has the URL of the request and carries the observation."""
    response = await handler.download_request(request(0))

    assert ("ping://192.0.2.1", 1) == (response.url, response.observation.sent)


async def test_a_stop_ends_requests_in_progress(handler):
    """When the crawl stops each request in progress is ended and ignored, so that it stays pending."""
    asked = [asyncio.ensure_future(handler.download_request(request(60))) for _ in range(3)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    handler.crawler.signals.send_catch_log(crawl_stopping)
    ends = await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), 1)

    assert [IgnoreRequest] * 3 == [type(end) for end in ends]
    assert 3 == handler.ended


async def test_a_single_request_can_be_cancelled(handler):
    """Cancelling one request is not a stop of the crawl: the request and its probe are cancelled."""
    asked = asyncio.ensure_future(handler.download_request(request(60)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    asked.cancel()

    with pytest.raises(asyncio.CancelledError):
        await asked
    assert 1 == handler.ended
