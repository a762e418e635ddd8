"""
Discards observations made while the vantage point was not working.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest

from ipv6matrix import context, urls
from ipv6matrix.extensions.health import Health
from ipv6matrix.health.dependency import Dependency
from ipv6matrix.health.machine import MAX_SENDS
from ipv6matrix.items import Observation
from ipv6matrix.measurements import REGISTRY
from ipv6matrix.responses import ObservationResponse
from ipv6matrix.signals import request_returned

Pace = Callable[[str], Awaitable[None]]


class HealthMiddleware:
    """
    Passes an observation if the dependency it needs was available all the time.

    Otherwise nothing is stored, and the request goes back to the frontier. A request whose
    observations were discarded MAX_SENDS times is not sent again: its answers are failures.
    """

    def __init__(self, crawler: Crawler) -> None:
        health = crawler.get_extension(Health)
        assert health is not None
        self._crawler = crawler
        self._context = context.of(crawler)
        self._health = health

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_request(self, request: Request) -> ObservationResponse | None:
        if request.meta.get("download_slot") not in REGISTRY.slots:
            return None
        dependency = self._dependency(request)
        if self._context.frontier.discards(request.url) >= MAX_SENDS:
            assert self._crawler.stats
            self._crawler.stats.inc_value("health/unsent")
            return ObservationResponse(request, _unsent(request))
        if dependency is not None:
            dependency.begin(request.url)
            if pace := request.meta.get("pace"):
                request.meta["pace"] = _beginning(dependency, request.url, pace)
        return None

    def process_response(
        self, request: Request, response: ObservationResponse
    ) -> ObservationResponse | Awaitable[ObservationResponse]:
        dependency = self._dependency(request)
        asked_at = dependency.under_way.pop(request.url, None) if dependency is not None else None
        if dependency is None or asked_at is None:  # answered by a middleware: nothing was sent
            return response
        evidence = REGISTRY.of_observation(response.observation).evidence(response.observation)
        if evidence.answered:
            self._health.heard(dependency)
        is_sure = evidence.complete and not dependency.confirms_all
        return response if is_sure else self._judge(dependency, asked_at, response)

    def process_exception(self, request: Request, exception: Exception) -> None:  # noqa: ARG002 - Scrapy passes it by name
        dependency = self._dependency(request)
        if dependency is not None:
            dependency.under_way.pop(request.url, None)

    async def _judge(
        self, dependency: Dependency, asked_at: float, response: ObservationResponse
    ) -> ObservationResponse:
        if await dependency.stood(asked_at):
            assert response.request is not None
            self._health.learn(urls.of(response.request), response.observation)
            return response
        if not dependency.is_closed:  # a stop is not an outage
            assert self._crawler.stats
            self._crawler.stats.inc_value(f"health/{dependency.name}/again")
            self._context.job.attempt(lambda: self._context.frontier.discard(response.url), otherwise=None)
        self._crawler.signals.send_catch_log(request_returned, request=response.request)
        raise IgnoreRequest(f"{response.url} is asked again")

    def _dependency(self, request: Request) -> Dependency | None:
        if request.meta.get("download_slot") not in REGISTRY.slots:
            return None
        return self._health.part(urls.of(request))


def _unsent(request: Request) -> Observation:
    """Return the observation of a request that is not sent, of those names that would have been asked about."""
    url = urls.of(request)
    opted_out = request.meta.get("opted_out", ())
    names = [name for name in request.meta.get("names", url.names) if name not in opted_out]
    observation: Observation = REGISTRY.of_url(request.url).unsent(url, names, time.time())
    return observation


def _beginning(dependency: Dependency, url: str, pace: Pace) -> Pace:
    """Return a pace that records when the first packet is sent; until then, the request waits for its turn."""
    waits = True

    async def wait(address: str) -> None:
        nonlocal waits
        await pace(address)
        if waits:
            waits = False
            dependency.under_way.pop(url, None)
            dependency.begin(url)

    return wait
