"""An observation counts only while the vantage point itself is healthy."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from scrapy.exceptions import IgnoreRequest

from ipv6matrix import context, urls
from ipv6matrix.extensions.health import Health
from ipv6matrix.health.machine import MAX_SENDS
from ipv6matrix.items import Exclusion, Failure, PingObservation, Status
from ipv6matrix.middlewares.health import HealthMiddleware
from ipv6matrix.responses import ObservationResponse
from ipv6matrix.signals import request_returned
from tests.crawlers import count, crawler
from tests.measurements.test_evidence import named, ping, tcp
from tests.samples import domain_url


class Middleware:
    """The middleware with checks whose outcome the test decides."""

    def __init__(self, folder):
        self.crawler = crawler(folder)
        self.discards = {}
        context.of(self.crawler).frontier = SimpleNamespace(
            discards=lambda url: self.discards.get(url, 0), discard=self.discard
        )
        self.health = self.crawler.get_extension(Health)
        self.learned, self.returned = [], []
        self.health.resolver = SimpleNamespace(learn=self.learned.append)
        self.health.references = {name: SimpleNamespace(witnesses=SimpleNamespace()) for name in ("ipv4", "ipv6")}
        self.well = True
        self.checks = 0
        for part in self.health.parts.values():
            part._check = self.check
            part._changed = lambda part: None
        self.middleware = HealthMiddleware.from_crawler(self.crawler)
        self.crawler.signals.connect(self.take_back, signal=request_returned)

    async def check(self):
        self.checks += 1
        return self.well

    def discard(self, url):
        self.discards[url] = self.discards.get(url, 0) + 1

    def take_back(self, request):
        self.returned.append(request.url)

    def ask(self, url):
        request = urls.request(url)
        assert self.middleware.process_request(request) is None
        return request

    async def end(self, request, observation):
        """Return the outcome of an observation: itself, or None if the request is repeated."""
        response = self.middleware.process_response(request, ObservationResponse(request, observation))
        try:
            response = response if isinstance(response, ObservationResponse) else await response
        except IgnoreRequest:
            return None
        return response.observation


@pytest.fixture
async def middleware(tmp_path, clock):
    made = Middleware(tmp_path)
    yield made
    for part in made.health.parts.values():
        part.close()


async def test_an_answer_from_an_address_passes_immediately(middleware):
    """An answer raises no doubt."""
    request = middleware.ask("ping://192.0.2.1")
    response = ObservationResponse(request, ping(5, 5))

    assert response is middleware.middleware.process_response(request, response)


async def test_an_answer_from_the_resolver_waits_for_a_check(middleware):
    """It may be false."""
    request = middleware.ask(domain_url("a.example"))
    middleware.well = False

    assert await middleware.end(request, named(Status.OK)) is None
    assert [request.url] == middleware.returned
    assert [] == middleware.learned


async def test_names_are_remembered_from_accepted_answers(middleware):
    """Later checks query the resolver for them."""
    assert named(Status.OK) == await middleware.end(middleware.ask(domain_url("a.example")), named(Status.OK))

    assert ["a.example"] == middleware.learned


async def test_silence_passes_after_a_successful_check(middleware):
    """The vantage point works, so the silence is that of the address."""
    assert ping(5, 0) == await middleware.end(middleware.ask("ping://192.0.2.1"), ping(5, 0))
    assert [] == middleware.returned


async def test_silence_after_a_failed_check_is_retried(middleware):
    """If the check fails nothing is stored: the request goes back, and is counted."""
    middleware.well = False

    assert await middleware.end(middleware.ask("ping://[2001:db8::1]"), ping(5, 3)) is None
    assert ["ping://[2001:db8::1]"] == middleware.returned
    assert 1 == count(middleware.crawler, "health/ipv6/again")
    assert middleware.health.parts["ipv4"].gone_at is None


async def test_answers_of_targets_prove_nothing(middleware):
    """A nearby address may answer although the uplink is down."""
    silent = middleware.ask("ping://192.0.2.1")
    response = middleware.middleware.process_response(silent, ObservationResponse(silent, ping(5, 0)))
    waiting = asyncio.ensure_future(response)
    await asyncio.sleep(0)
    middleware.well = False

    assert await middleware.end(middleware.ask("tcp://192.0.2.2?port=80"), tcp(Failure.CONNECTION_REFUSED))

    with pytest.raises(IgnoreRequest):
        await waiting


async def test_requests_that_sent_nothing_pass(middleware):
    """An exclusion and a failed request say nothing about the vantage point."""
    middleware.well = False
    refused = urls.request("ping://10.0.0.1")
    failed = middleware.ask("ping://192.0.2.1")
    middleware.middleware.process_exception(failed, ValueError())

    assert Exclusion(reason="private") == await middleware.end(refused, Exclusion(reason="private"))
    assert {} == middleware.health.parts["ipv4"].under_way


async def test_silence_of_a_server_depends_on_the_family_of_its_address(middleware):
    """A lookup at a server that its URL names needs that server's family, not the resolvers."""
    middleware.well = False

    assert await middleware.end(middleware.ask("dns://192.0.2.53/a.example?type=NS"), named(Failure.TIMEOUT)) is None
    assert 1 == count(middleware.crawler, "health/ipv4/again")
    assert 0 == count(middleware.crawler, "health/dns/again")


async def test_names_at_a_server_are_not_those_of_the_resolver(middleware):
    """A domain that only a server named in a URL knows is not used to check the resolvers."""
    request = middleware.ask("dns://192.0.2.53/a.example?type=NS")

    assert named(Status.OK) == await middleware.end(request, named(Status.OK))
    assert [] == middleware.learned


async def test_a_probe_begins_with_its_first_packet(middleware):
    """A request that waits for its turn has not been sent: earlier outages do not concern it."""
    turn = asyncio.Event()
    request = urls.request("ping://192.0.2.1")

    async def pace(address):
        await turn.wait()

    request.meta["pace"] = pace
    middleware.middleware.process_request(request)
    under_way = middleware.health.parts["ipv4"].under_way
    before = under_way[request.url]
    packet = asyncio.ensure_future(request.meta["pace"]("192.0.2.1"))
    await asyncio.sleep(10)

    turn.set()
    await packet
    first = under_way[request.url]
    await asyncio.sleep(1)
    await request.meta["pace"]("192.0.2.1")

    assert before + 10 <= first == under_way[request.url]


async def test_discarded_observations_are_counted(middleware):
    """A stop, which discards them as well, is not counted."""
    request = middleware.ask("ping://192.0.2.1")
    middleware.well = False
    assert await middleware.end(request, ping(5, 0)) is None
    other = middleware.ask("ping://[2001:db8::1]")
    middleware.health.stop()
    assert await middleware.end(other, ping(5, 0)) is None

    assert {request.url: 1} == middleware.discards
    assert [request.url, other.url] == middleware.returned


@pytest.mark.parametrize("url", ["ping://192.0.2.1", domain_url("a.example"), "dns://192.0.2.53/a.example?type=NS"])
async def test_nothing_is_sent_a_fourth_time(middleware, url):
    """The third outcome is stored as a failure, not as an absence."""
    request = urls.request(url)
    middleware.discards[url] = MAX_SENDS

    response = middleware.middleware.process_request(request)

    assert Failure.PROBE_FAILED in repr(response.observation).replace("Failure.PROBE_FAILED", "probe_failed")
    assert response is middleware.middleware.process_response(request, response)
    assert MAX_SENDS == middleware.discards[url]
    assert 1 == count(middleware.crawler, "health/unsent")
    if url.startswith("ping"):
        assert isinstance(response.observation, PingObservation)


async def test_zones_that_opted_out_have_no_answer(middleware):
    """What would not have been asked is not a failure of a request that is not sent."""
    request = urls.request("dns://192.0.2.53/a.example,b.example?type=SOA&rd=0")
    request.meta["opted_out"] = ("b.example",)
    middleware.discards[request.url] = MAX_SENDS

    observation = middleware.middleware.process_request(request).observation

    assert [("a.example", "untestable")] == [(zone.zone, zone.answer) for zone in observation.zones]
