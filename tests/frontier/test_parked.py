"""Requests that wait for the rate of their network."""

from __future__ import annotations

import asyncio

import pytest

from ipv6matrix.extensions.health import Health
from ipv6matrix.frontier import backpressure, slots
from ipv6matrix.middlewares.rate import RateMiddleware
from tests.crawlers import frontier, opened, scheduler
from tests.frontier.taking import ask, comings_back, found_urls, leave, take

CROWDED = [f"ping://[2001:db8:1::{number:x}]" for number in range(1, 51)]


async def test_requests_that_wait_for_a_rate_do_not_affect_hunger(tmp_path):
    """The list is read however many requests a network without budget has, up to a limit."""
    with opened(tmp_path, PING_CONCURRENCY=4, PROBE_RATE_PER_NETWORK=5) as crawler:
        ask(crawler, *CROWDED)
        assert not frontier(crawler).hungry, (
            "the requests were not read yet, so it is unknown that they are of one network"
        )
        assert CROWDED[:1] == found_urls(take(crawler))

        assert frontier(crawler).hungry
        assert scheduler(crawler).has_pending_requests()


async def test_the_number_of_parked_requests_is_bounded(tmp_path, monkeypatch):
    """A list of hostile domains is not read without end."""
    monkeypatch.setattr(backpressure, "_MOST_PARKED", 40)
    with opened(tmp_path) as crawler:
        ask(crawler, *CROWDED)
        (first, *_) = take(crawler)
        assert not frontier(crawler).hungry
        for _ in range(5):
            leave(crawler, first)
            (first, *_) = take(crawler)

        assert frontier(crawler).hungry


async def test_parked_requests_survive_a_resume(tmp_path):
    """Requests that are parked at the end of a crawl are handed out when it is resumed."""
    with opened(tmp_path) as crawler:
        ask(crawler, *CROWDED)
        assert len(CROWDED) > len(take(crawler))

    with opened(tmp_path) as crawler:
        taken = take(crawler)
        for request in taken:
            leave(crawler, request)
            await asyncio.sleep(0)
            taken += take(crawler)

        assert CROWDED == found_urls(taken)
        assert not scheduler(crawler).has_pending_requests()


async def test_skipping_many_requests_takes_several_iterations(tmp_path, monkeypatch):
    """A sequence of a hundred thousand does not block the loop: the engine is scheduled for the rest."""
    monkeypatch.setattr(slots, "_CHUNK", 10)
    with opened(tmp_path) as crawler:
        ask(crawler, *CROWDED, "ping://192.0.2.1")
        noted = comings_back(crawler)
        assert CROWDED[:5] == found_urls(take(crawler))
        assert [0] == noted
        taken = [request for _ in range(4) for request in take(crawler)]

        assert ["ping://192.0.2.1"] == found_urls(taken)
        assert len(noted) <= 5, "nothing is left to be passed over"


async def test_a_pause_while_skipping_is_idle(tmp_path, monkeypatch):
    """The engine is not called again and again for a paused slot."""
    monkeypatch.setattr(slots, "_CHUNK", 10)
    with opened(tmp_path) as crawler:
        ask(crawler, *CROWDED)
        take(crawler)
        noted = comings_back(crawler)
        crawler.get_extension(Health).paused = frozenset({"ping"})

        assert [] == take(crawler)
        assert [] == noted


@pytest.mark.usefixtures("clock")
async def test_the_first_packet_of_a_request_releases_the_next_one(tmp_path):
    """The rate middleware signals the packet; the engine is scheduled immediately."""
    with opened(tmp_path, PROBE_RATE_PER_NETWORK=5) as crawler:
        rate = RateMiddleware.from_crawler(crawler)
        crawler.engine.downloader.middleware.middlewares = (rate,)
        scheduler(crawler)._spider_opened()
        ask(crawler, *CROWDED)
        (first,) = take(crawler)
        noted = comings_back(crawler)
        rate.process_request(first)
        await first.meta["pace"]("2001:db8:1::1")
        assert [0] == noted
        (second,) = take(crawler)
        await first.meta["pace"]("2001:db8:1::1")

        assert CROWDED[1] == second.url
        assert [0] == noted, "a second packet makes no way"
        assert [] == take(crawler)
        # 48 requests are pending, with an estimate of two packets each, at five packets per second.
        assert 48 * 2 / 5 == frontier(crawler).parked_s
