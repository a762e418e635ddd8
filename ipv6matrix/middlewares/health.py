"""
An observation counts only while the vantage point itself is well.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest

from ipv6matrix import urls
from ipv6matrix.extensions.health import Health
from ipv6matrix.health.dependency import Dependency
from ipv6matrix.health.machine import MAX_SENDS
from ipv6matrix.health.signs import sign_of, unsent
from ipv6matrix.responses import ObservationResponse
from ipv6matrix.signals import request_returned

Pace = Callable[[str], Awaitable[None]]


class HealthMiddleware:
    """
    Lets an observation pass when its part of the vantage point was there all along.

    Else nothing is stored, and the request goes back to the frontier. One that
    was sent MAX_SENDS times in vain is not sent again: its answers are failures.
    """

    def __init__(self, crawler: Crawler) -> None:
        health = crawler.get_extension(Health)
        assert health is not None
        self._crawler = crawler
        self._health = health

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_request(self, request: Request) -> ObservationResponse | None:
        if request.meta.get("download_slot") not in urls.SLOTS:
            return None
        part = self._part(request)
        if self._frontier.discards(request.url) >= MAX_SENDS:
            assert self._crawler.stats
            self._crawler.stats.inc_value("health/unsent")
            question = urls.of(request)
            return ObservationResponse(request, unsent(question, request.meta.get("names", question.names)))
        if part is not None:
            part.begin(request.url)
            if pace := request.meta.get("pace"):
                request.meta["pace"] = _beginning(part, request.url, pace)
        return None

    def process_response(
        self, request: Request, response: ObservationResponse
    ) -> ObservationResponse | Awaitable[ObservationResponse]:
        part = self._part(request)
        asked_at = part.under_way.pop(request.url, None) if part is not None else None
        if part is None or asked_at is None:  # answered by a middleware: nothing was sent
            return response
        sign = sign_of(response.observation)
        if sign.answered:
            self._health.heard(part)
        return response if sign.whole and not part.confirms_all else self._judge(part, asked_at, response)

    def process_exception(self, request: Request, exception: Exception) -> None:  # noqa: ARG002 - Scrapy gives it by name
        part = self._part(request)
        if part is not None:
            part.under_way.pop(request.url, None)

    async def _judge(self, part: Dependency, asked_at: float, response: ObservationResponse) -> ObservationResponse:
        if await part.stood(asked_at):
            assert response.request is not None
            self._health.learn(urls.of(response.request), response.observation)
            return response
        if not part.is_closed:  # a stop is none of the vantage point's faults
            assert self._crawler.stats
            self._crawler.stats.inc_value(f"health/{part.name}/again")
            self._frontier.discard(response.url)
        self._crawler.signals.send_catch_log(request_returned, request=response.request)
        raise IgnoreRequest(f"{response.url} is asked again")

    def _part(self, request: Request) -> Dependency | None:
        if request.meta.get("download_slot") not in urls.SLOTS:
            return None
        return self._health.part(urls.of(request))

    @property
    def _frontier(self) -> Any:
        assert self._crawler.engine
        return self._crawler.engine.scheduler


def _beginning(part: Dependency, url: str, pace: Pace) -> Pace:
    """Return a pace that notes when the first packet leaves: until then a request only waits for its turn."""
    waits = True

    async def wait(address: str) -> None:
        nonlocal waits
        await pace(address)
        if waits:
            waits = False
            part.under_way.pop(url, None)
            part.begin(url)

    return wait
