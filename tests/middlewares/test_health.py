"""An observation counts only while the vantage point itself is well."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from scrapy.exceptions import IgnoreRequest

from ipv6matrix import urls
from ipv6matrix.extensions.health import Health
from ipv6matrix.health.machine import MAX_SENDS
from ipv6matrix.items import Exclusion, Failure, PingObservation, Status
from ipv6matrix.middlewares.health import HealthMiddleware
from ipv6matrix.responses import ObservationResponse
from ipv6matrix.signals import request_returned
from tests.crawlers import count, crawler
from tests.health.test_signs import named, ping, tcp
from tests.samples import domain_url


class Middleware:
    """The middleware with checks whose end a test sets."""

    def __init__(self, folder):
        self.crawler = crawler(folder)
        self.discards = {}
        self.crawler.engine = SimpleNamespace(
            scheduler=SimpleNamespace(discards=lambda url: self.discards.get(url, 0), discard=self.discard)
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
        """Give what becomes of an observation: itself, or None when it is asked again."""
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


async def test_an_answer_of_an_address_passes_at_once(middleware):
    """
    What has its answer is no doubt.
    """
    request = middleware.ask("ping://192.0.2.1")
    response = ObservationResponse(request, ping(5, 5))

    assert response is middleware.middleware.process_response(request, response)


async def test_an_answer_of_the_resolver_waits_for_a_check(middleware):
    """
    It may be a lie.
    """
    request = middleware.ask(domain_url("a.example"))
    middleware.well = False

    assert await middleware.end(request, named(Status.OK)) is None
    assert [request.url] == middleware.returned
    assert [] == middleware.learned


async def test_names_are_learned_from_answers_that_count(middleware):
    """
    The resolver will be asked for them again.
    """
    assert named(Status.OK) == await middleware.end(middleware.ask(domain_url("a.example")), named(Status.OK))

    assert ["a.example"] == middleware.learned


async def test_silence_passes_when_the_check_is_good(middleware):
    """
    Its part of the vantage point is there, so the silence is that of the address.
    """
    assert ping(5, 0) == await middleware.end(middleware.ask("ping://192.0.2.1"), ping(5, 0))
    assert [] == middleware.returned


async def test_silence_of_a_vantage_point_is_asked_again(middleware):
    """
    When the check fails nothing is stored: the request goes back, and is counted.
    """
    middleware.well = False

    assert await middleware.end(middleware.ask("ping://[2001:db8::1]"), ping(5, 3)) is None
    assert ["ping://[2001:db8::1]"] == middleware.returned
    assert 1 == count(middleware.crawler, "health/ipv6/again")
    assert middleware.health.parts["ipv4"].gone_at is None


async def test_answers_of_targets_do_not_vouch(middleware):
    """
    An address nearby may answer although the way out is dead.
    """
    silent = middleware.ask("ping://192.0.2.1")
    response = middleware.middleware.process_response(silent, ObservationResponse(silent, ping(5, 0)))
    waiting = asyncio.ensure_future(response)
    await asyncio.sleep(0)
    middleware.well = False

    assert await middleware.end(middleware.ask("tcp://192.0.2.2?port=80"), tcp(Failure.CONNECTION_REFUSED))

    with pytest.raises(IgnoreRequest):
        await waiting


async def test_what_was_not_sent_is_left_alone(middleware):
    """
    A refusal, the answer of a server that a URL names, and a request that failed say nothing of the vantage point.
    """
    middleware.well = False
    refused = urls.request("ping://10.0.0.1")
    named_server = middleware.ask("dns://192.0.2.53/a.example?type=NS")
    failed = middleware.ask("ping://192.0.2.1")
    middleware.middleware.process_exception(failed, ValueError())

    assert Exclusion(reason="private") == await middleware.end(refused, Exclusion(reason="private"))
    assert named(Failure.TIMEOUT) == await middleware.end(named_server, named(Failure.TIMEOUT))
    assert {} == middleware.health.parts["ipv4"].under_way


async def test_a_probe_begins_with_its_first_packet(middleware):
    """
    One that waits for its turn has not been sent: what happens before that does not concern it.
    """
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


async def test_what_is_spoilt_is_counted(middleware):
    """
    A stop, which spoils it as well, is not.
    """
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
    """
    Its answers are failures, which is no absence.
    """
    request = urls.request(url)
    middleware.discards[url] = MAX_SENDS

    response = middleware.middleware.process_request(request)

    assert Failure.PROBE_FAILED in repr(response.observation).replace("Failure.PROBE_FAILED", "probe_failed")
    assert response is middleware.middleware.process_response(request, response)
    assert MAX_SENDS == middleware.discards[url]
    assert 1 == count(middleware.crawler, "health/unsent")
    if url.startswith("ping"):
        assert isinstance(response.observation, PingObservation)
