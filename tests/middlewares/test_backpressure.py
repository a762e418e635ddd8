"""The speed at which the list is read."""

from __future__ import annotations

import asyncio
import time

from ipv6matrix import urls
from ipv6matrix.exceptions import ListError
from ipv6matrix.middlewares import backpressure as module
from ipv6matrix.middlewares.backpressure import BackpressureMiddleware
from tests.crawlers import count, frontier, opened, scheduler
from tests.samples import domain_item, domain_url


class List:
    """A list of domains that knows how far it has been read."""

    def __init__(self, number):
        self.number = number
        self.read = 0

    async def __aiter__(self):
        for n in range(self.number):
            self.read += 1
            yield urls.request(domain_url(f"d{n}.example"))


async def crawl(crawler, domains):
    """Add everything that backpressure lets through to the frontier, as the engine does."""
    async for request in BackpressureMiddleware.from_crawler(crawler).process_start(aiter(domains)):
        scheduler(crawler).enqueue_request(request)


async def turns(number=20):
    for _ in range(number):
        await asyncio.sleep(0)


async def test_the_list_is_read_on_demand(tmp_path):
    """A domain passes when the frontier needs requests, so that neither rows nor requests pile up."""
    with opened(tmp_path, DNS_CONCURRENCY=4) as crawler:
        domains = List(40)
        feeding = asyncio.create_task(crawl(crawler, domains))
        taken = []
        while not feeding.done() or scheduler(crawler).has_pending_requests():
            await turns()
            assert domains.read <= len(taken) + 2
            if request := scheduler(crawler).next_request():
                taken.append(request.url)
                scheduler(crawler).left(request)
        await feeding

    assert [domain_url(f"d{n}.example") for n in range(40)] == taken
    assert 40 == count(crawler, "list/domains")
    assert 0 == count(crawler, "list/known")
    assert True is count(crawler, "list/ended")


async def test_a_full_slot_pauses_the_list(tmp_path):
    """While all places of the resolver slot are taken, the list is not read."""
    with opened(tmp_path, DNS_CONCURRENCY=1) as crawler:
        domains = List(1000)
        feeding = asyncio.create_task(crawl(crawler, domains))
        await turns()
        scheduler(crawler).next_request()
        await turns(200)

        assert domains.read <= 2
        feeding.cancel()
        await asyncio.gather(feeding, return_exceptions=True)


async def test_known_domains_are_skipped(tmp_path):
    """Domains that the frontier knows are counted and not requested, whether it needs requests or not."""
    with opened(tmp_path, DNS_CONCURRENCY=1) as crawler:
        for n in range(50):
            frontier(crawler).complete(domain_item(f"d{n}.example"))
            scheduler(crawler).enqueue_request(urls.request(domain_url(f"d{n}.example")))
        await asyncio.wait_for(crawl(crawler, List(50)), 5)

    assert (50, 50) == (count(crawler, "list/domains"), count(crawler, "list/known"))


async def test_a_long_known_list_does_not_block_the_loop(tmp_path, monkeypatch):
    """Skipping a long list yields to other tasks again and again."""
    monkeypatch.setattr(module, "_TURN_S", 0.0)
    with opened(tmp_path) as crawler:
        for n in range(300):
            scheduler(crawler).enqueue_request(urls.request(domain_url(f"d{n}.example")))
        feeding = asyncio.create_task(crawl(crawler, List(300)))
        rounds = 0
        give_up_at = time.monotonic() + 5
        while not feeding.done() and time.monotonic() < give_up_at:
            await asyncio.sleep(0)
            rounds += 1
        await feeding

    assert rounds >= 300


async def test_a_list_with_an_error_has_not_ended(tmp_path, caplog):
    """Rows before the error are used; the error is logged, and list/ended stays unset."""

    async def broken():
        yield urls.request(domain_url("a.example"))
        raise ListError("the list 'x' cannot be read (bad checksum)")

    with opened(tmp_path) as crawler:
        await crawl(crawler, broken())

        assert frontier(crawler).knows(domain_url("a.example"))
        assert 0 == count(crawler, "list/ended")
        assert "bad checksum" in caplog.text
