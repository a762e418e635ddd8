"""Silence is a measurement only while the vantage point itself is well."""

from __future__ import annotations

import asyncio

import pytest
from scrapy.exceptions import IgnoreRequest

from ipv6matrix import questions
from ipv6matrix.extensions.health import Health
from ipv6matrix.items import (
    DomainObservation,
    Failure,
    Hop,
    HostObservation,
    HostsObservation,
    PingObservation,
    PortObservation,
    Refusal,
    ReverseObservation,
    SmtpObservation,
    Status,
    Stop,
    TcpObservation,
    TraceObservation,
)
from ipv6matrix.middlewares.health import HealthMiddleware, Sign, sign_of
from ipv6matrix.responses import ObservationResponse
from ipv6matrix.signals import question_returned
from tests.crawlers import count, crawler
from tests.samples import AT, domain_url, lookup

TOO_LONG = Failure.NAME_TOO_LONG
NOTHING, PART, ALL = Sign(False, False), Sign(True, False), Sign(True, True)


def ping(sent, replies, failure=None):
    return PingObservation(sent=sent, rtts_ms=(20.0,) * replies, failure=failure, asked_at=AT)


def tcp(*outcomes, smtp=None):
    """Make ports that are open (None) or failed."""
    ports = tuple(
        PortObservation(port=80 + n, open=outcome is None, failure=outcome, asked_at=AT)
        for n, outcome in enumerate(outcomes)
    )
    return TcpObservation(ports=ports, smtp=SmtpObservation(failure=smtp, asked_at=AT))


def trace(stop, *hops, failure=None):
    return TraceObservation(
        hops=tuple(Hop(ttl=n, address=hop) for n, hop in enumerate(hops, 1)), stop=stop, failure=failure, asked_at=AT
    )


def named(*statuses):
    lookups = [lookup("a.example", "NS", status=status) for status in statuses]
    return DomainObservation(**dict(zip(("ns", "mx", "soa"), lookups, strict=False)))


@pytest.mark.parametrize(
    ("observation", "sign"),
    [
        (ping(5, 5), ALL),
        (ping(5, 3), PART),
        (ping(5, 0), NOTHING),
        (ping(0, 0, Failure.NETWORK_UNREACHABLE), NOTHING),
        (tcp(None, Failure.CONNECTION_REFUSED, Failure.CONNECTION_RESET), ALL),
        (tcp(None, Failure.TIMEOUT), PART),
        (tcp(Failure.TIMEOUT, Failure.HOST_UNREACHABLE), NOTHING),
        (tcp(None, smtp=Failure.TIMEOUT), PART),
        (tcp(None, smtp=Failure.NOT_SMTP), ALL),
        (trace(Stop.REACHED, "198.18.0.1", "198.18.16.1"), ALL),
        (trace(Stop.REACHED, None, "198.18.16.1"), PART),
        (trace(Stop.UNREACHABLE, "198.18.0.1"), NOTHING),
        (trace(Stop.GAP_LIMIT, "198.18.0.1", None, None), NOTHING),
        (trace(None, failure=Failure.NETWORK_UNREACHABLE), NOTHING),
        (named(Status.OK, Status.NODATA), ALL),
        (named(Status.OK, Failure.SERVFAIL), PART),
        (named(Failure.TIMEOUT, Failure.SERVFAIL, Failure.REFUSED), NOTHING),
        (named(Failure.CNAME_LOOP), ALL),
        (ReverseObservation(lookup=lookup("1.in-addr.arpa", "PTR", status=Status.NXDOMAIN)), ALL),
        (HostsObservation(hosts=(HostObservation(name="a", a=lookup("a", "A", status=TOO_LONG)),)), Sign(False, True)),
    ],
)
def test_what_an_observation_says_of_the_vantage_point(observation, sign):
    """
    Only an answer of whom was asked is one, and whatever is missing may have been lost near by.
    """
    assert sign == sign_of(observation)


class Middleware:
    """The middleware with a control question whose answer a test sets."""

    def __init__(self, folder):
        self.crawler = crawler(folder)
        self.crawler.engine = None
        self.health = self.crawler.get_extension(Health)
        self.alive = True
        self.asked = []
        self.returned = []
        for part in self.health.parts.values():
            part._control = self.control
            part._changed = lambda part: None
            part._known.set()
        self.middleware = HealthMiddleware.from_crawler(self.crawler)
        self.crawler.signals.connect(self.take_back, signal=question_returned)

    async def control(self, targets):
        self.asked.append(targets)
        return self.alive

    def take_back(self, request):
        self.returned.append(request.url)

    def ask(self, url):
        request = questions.request(url)
        self.middleware.process_request(request)
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
async def middleware(tmp_path):
    made = Middleware(tmp_path)
    yield made
    for part in made.health.parts.values():
        part.close()


async def test_an_answer_passes_without_a_control_question(middleware):
    """
    What has its answer is no doubt.
    """
    assert ping(5, 5) == await middleware.end(middleware.ask("ping://192.0.2.1"), ping(5, 5))
    assert [] == middleware.asked


async def test_silence_passes_when_the_control_question_is_answered(middleware):
    """
    Its part of the vantage point is alive, so the silence is that of the address.
    """
    assert ping(5, 0) == await middleware.end(middleware.ask("ping://192.0.2.1"), ping(5, 0))
    assert 1 == len(middleware.asked)
    assert [] == middleware.returned


async def test_silence_of_a_vantage_point_is_asked_again(middleware):
    """
    Without an answer to the control question nothing is stored: the question goes back, and is counted.
    """
    middleware.alive = False

    assert await middleware.end(middleware.ask("ping://[2001:db8::1]"), ping(5, 3)) is None
    assert ["ping://[2001:db8::1]"] == middleware.returned
    assert 1 == count(middleware.crawler, "health/ipv6/again")
    assert middleware.health.parts["ipv4"].gone_at is None


async def test_an_answer_of_another_vouches(middleware):
    """
    An answer to what was asked after the silence settles the doubt without a control question.
    """
    silent = middleware.ask("ping://192.0.2.1")
    response = middleware.middleware.process_response(silent, ObservationResponse(silent, ping(5, 0)))
    waiting = asyncio.ensure_future(response)
    await asyncio.sleep(0)
    refused = tcp(Failure.CONNECTION_REFUSED)

    await middleware.end(middleware.ask("tcp://192.0.2.2?port=80"), refused)

    assert ping(5, 0) == (await waiting).observation
    assert [] == middleware.asked


async def test_an_answer_to_what_was_asked_before_does_not_vouch(middleware):
    """
    It may have come in just before everything went away.
    """
    earlier = middleware.ask("tcp://192.0.2.2?port=80")
    silent = middleware.ask("ping://192.0.2.1")
    waiting = asyncio.ensure_future(
        middleware.middleware.process_response(silent, ObservationResponse(silent, ping(5, 0)))
    )
    await asyncio.sleep(0)

    await middleware.end(earlier, tcp(None, Failure.CONNECTION_REFUSED))
    await waiting

    assert 1 == len(middleware.asked)


async def test_who_answered_is_asked_for_control(middleware):
    """
    Control questions go to addresses that reply to Echo Requests, and below domains that have records.

    A reply is enough: at the start of a crawl an outage may cut every series short.
    """
    await middleware.end(middleware.ask("ping://192.0.2.1"), ping(5, 5))
    await middleware.end(middleware.ask("trace://192.0.2.2"), trace(Stop.REACHED, "192.0.2.2"))
    await middleware.end(middleware.ask("ping://192.0.2.4"), ping(5, 4))
    await middleware.end(middleware.ask("ping://192.0.2.5"), ping(5, 0))
    await middleware.end(middleware.ask("tcp://192.0.2.3?port=80"), tcp(None))
    await middleware.end(middleware.ask(domain_url("a.example")), named(Status.OK))
    await middleware.end(middleware.ask(domain_url("b.example")), named(Status.NXDOMAIN))

    parts = middleware.health.parts
    assert ["192.0.2.1", "192.0.2.2", "192.0.2.4"] == list(parts["ipv4"].targets)
    assert ["a.example"] == list(parts["dns"].targets)


async def test_what_was_not_sent_is_left_alone(middleware):
    """
    A refusal, the answer of a server that a URL names, and a question that failed say nothing of the vantage point.
    """
    middleware.alive = False
    refused = questions.request("ping://10.0.0.1")
    named_server = middleware.ask("dns://192.0.2.53/a.example?type=NS")
    failed = middleware.ask("ping://192.0.2.1")
    middleware.middleware.process_exception(failed, ValueError())

    assert Refusal(reason="private") == await middleware.end(refused, Refusal(reason="private"))
    assert named(Failure.TIMEOUT) == await middleware.end(named_server, named(Failure.TIMEOUT))
    assert [] == middleware.asked
    assert {} == middleware.health.parts["ipv4"].under_way
