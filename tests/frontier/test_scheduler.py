"""The scheduler of pending requests."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from scrapy import signals
from scrapy.exceptions import CloseSpider

from ipv6matrix.extensions.health import Health
from ipv6matrix.extensions.loop_lag import LoopLag
from ipv6matrix.frontier import scheduler as module
from ipv6matrix.frontier import slots
from ipv6matrix.frontier.scheduler import Scheduler
from ipv6matrix.items import ExclusionItem
from ipv6matrix.refusals import StartRefusedError
from ipv6matrix.signals import request_returned
from tests import urls
from tests.crawlers import crawler as built
from tests.crawlers import frontier, opened, scheduler, store
from tests.frontier.taking import ask, comings_back, domains, found_urls, leave, take
from tests.samples import domain_item, domain_url, hosts_item, ping_item
from tests.samples import host as a_host


async def test_requests_come_in_the_order_of_discovery(tmp_path, monkeypatch):
    """First in, first out, over more requests than are read at a time."""
    monkeypatch.setattr(slots, "_CHUNK", 3)
    with opened(tmp_path) as crawler:
        ask(crawler, *domains(10))

        assert domains(10) == found_urls(take(crawler))


async def test_later_requests_come_later(tmp_path, monkeypatch):
    """Requests that are added while others are handed out line up behind them."""
    monkeypatch.setattr(slots, "_CHUNK", 3)
    with opened(tmp_path) as crawler:
        ask(crawler, *domains(4))
        first = take(crawler, 2)
        ask(crawler, "dns://resolver/late.example?type=NS")

        assert [*domains(4), "dns://resolver/late.example?type=NS"] == found_urls(first + take(crawler))


async def test_a_known_request_is_rejected(tmp_path):
    """A request that is pending, in flight or done is not added again."""
    with opened(tmp_path) as crawler:
        assert [True, False] == ask(crawler, domain_url("a.example"), domain_url("a.example"))
        assert 1 == len(take(crawler))
        assert [False] == ask(crawler, domain_url("a.example"))
        frontier(crawler).complete(domain_item("a.example"))
        assert [False] == ask(crawler, domain_url("a.example"))
        assert frontier(crawler).knows(domain_url("a.example"))
        assert not frontier(crawler).knows(domain_url("b.example"))
        assert [] == take(crawler)


async def test_a_slot_hands_out_no_more_than_its_room(tmp_path):
    """The third of three requests waits until one of two has left the downloader."""
    with opened(tmp_path, DNS_CONCURRENCY=2) as crawler:
        ask(crawler, *domains(3))
        first = take(crawler)
        assert domains(2) == found_urls(first)
        assert scheduler(crawler).has_pending_requests()

        leave(crawler, first[0])

        assert domains(3)[2:] == found_urls(take(crawler))
        assert not scheduler(crawler).has_pending_requests()


@pytest.mark.parametrize("full", ["ping", "trace"])
async def test_a_full_slot_does_not_delay_others(tmp_path, full):
    """With a slot full, requests of the other slots go on."""
    with opened(tmp_path, **{f"{full.upper()}_CONCURRENCY": 1}) as crawler:
        many = [f"{full}://192.0.2.{n}" for n in range(1, 10)]
        ask(crawler, *many, domain_url("a.example"), "tcp://192.0.2.1?port=80")

        assert sorted([many[0], domain_url("a.example"), "tcp://192.0.2.1?port=80"]) == sorted(
            found_urls(take(crawler))
        )


async def test_a_request_survives_storage(tmp_path):
    """A request from the database equals the one that was added, slot included."""
    with opened(tmp_path) as crawler:
        ask(crawler, "ping://[2001:db8::1]")
        (request,) = take(crawler)

        assert ("ping://[2001:db8::1]", "ping") == (request.url, request.meta["download_slot"])
        assert "2001:db8::1" == urls.of(request).subject
        assert request.callback is None


async def test_follow_ups_come_with_the_item_of_their_answer(tmp_path):
    """Storing an item adds the requests that follow from it."""
    with opened(tmp_path) as crawler:
        ask(crawler, domain_url("a.example"))
        take(crawler)
        assert not scheduler(crawler).has_pending_requests()

        frontier(crawler).complete(domain_item("a.example", follow_ups=("ping://192.0.2.1",)))

        assert ["ping://192.0.2.1"] == found_urls(take(crawler))


async def test_a_known_follow_up_is_requested_once(tmp_path):
    """Two answers with the same follow-up lead to one request."""
    with opened(tmp_path) as crawler:
        for name in ("a.example", "b.example"):
            frontier(crawler).complete(domain_item(name, follow_ups=(urls.host("ns.example"),)))

        assert [urls.host("ns.example")] == found_urls(take(crawler))


async def test_leaving_twice_frees_one_place(tmp_path):
    """A request that leaves when it is answered, and again when it is stored, counts once."""
    with opened(tmp_path, PING_CONCURRENCY=1) as crawler:
        ask(crawler, *(f"ping://192.0.2.{n}" for n in range(1, 5)))
        (request,) = take(crawler)
        leave(crawler, request)
        leave(crawler, request)

        assert ["ping://192.0.2.2"] == found_urls(take(crawler))


async def test_requests_of_other_slots_are_ignored(tmp_path):
    """A request of Scrapy's own that leaves the downloader changes nothing."""
    with opened(tmp_path) as crawler:
        request = urls.request("ping://192.0.2.1")
        request.meta["download_slot"] = "example.com"

        leave(crawler, request)

        assert [] == take(crawler)


async def test_a_resume_returns_pending_requests(tmp_path):
    """
    After a close, requests without an answer are handed out again, each slot in its order; completed ones are not.
    """
    with opened(tmp_path) as crawler:
        ask(crawler, *domains(4))
        take(crawler, 3)
        frontier(crawler).complete(domain_item("d1.example", follow_ups=("ping://192.0.2.1",)))

    with opened(tmp_path) as crawler:
        assert [domains(4)[0], "ping://192.0.2.1", *domains(4)[2:]] == found_urls(take(crawler))


async def test_numbers_continue_after_a_resume(tmp_path):
    """Requests found after a resume come after those found before it."""
    with opened(tmp_path) as crawler:
        ask(crawler, *domains(2))
    with opened(tmp_path) as crawler:
        ask(crawler, "dns://resolver/late.example?type=NS")

        assert [*domains(2), "dns://resolver/late.example?type=NS"] == found_urls(take(crawler))


async def test_an_item_that_cannot_be_stored_stays_pending(tmp_path):
    """If writing fails nothing of the item is stored, and its request comes again after a resume."""
    with opened(tmp_path) as crawler:
        ask(crawler, domain_url("a.example"))
        take(crawler)
        hosts = (a_host("ns.a.example"), a_host("\udc80.example"))
        with pytest.raises(UnicodeError):
            frontier(crawler).complete(domain_item("a.example", hosts=hosts, follow_ups=("ping://192.0.2.1",)))
        assert [] == store(crawler).query("SELECT name FROM domains UNION ALL SELECT name FROM hosts")

    with opened(tmp_path) as crawler:
        assert [domain_url("a.example")] == found_urls(take(crawler))


async def test_one_iteration_of_the_loop_hands_out_a_few(tmp_path):
    """Many requests start over several iterations of the event loop, in order, and the engine is scheduled again."""
    with opened(tmp_path) as crawler:
        ask(crawler, *domains(40))
        noted = comings_back(crawler)
        taken = take(crawler)
        assert module._PER_TURN == len(taken) < 40
        assert [0] == noted
        for _ in range(5):
            await asyncio.sleep(0)
            taken += take(crawler)

        assert domains(40) == found_urls(taken)


async def test_a_late_loop_starts_no_requests(tmp_path):
    """
    While the event loop is late nothing is handed out; the engine is scheduled again, and continues once it is in time.
    """
    with opened(tmp_path) as crawler:
        ask(crawler, domain_url("a.example"))
        noted = comings_back(crawler)
        crawler.get_extension(LoopLag)._last_ms = module._LATE_MS + 1
        assert [] == take(crawler)
        assert [module._PAUSE_S] == noted
        assert scheduler(crawler).has_pending_requests()

        crawler.get_extension(LoopLag)._last_ms = 0.0

        assert [domain_url("a.example")] == found_urls(take(crawler))


async def test_a_rejected_job_is_reported_when_the_spider_opens(tmp_path):
    """The error is raised when Scrapy can close the crawl properly."""
    (tmp_path / "current").write_text("a file")
    crawler = built(tmp_path)
    refused = Scheduler.from_crawler(crawler)
    assert refused.open(crawler.spider) is None
    results = await crawler.signals.send_catch_log_async(
        signals.spider_opened, spider=crawler.spider, dont_log=CloseSpider
    )

    assert any(isinstance(result, StartRefusedError) for _, result in results)


async def test_room_comes_from_the_settings(tmp_path):
    """Each slot has the room of its setting."""
    with opened(tmp_path, DNS_CONCURRENCY=1, PING_CONCURRENCY=2, TCP_CONCURRENCY=3, TRACE_CONCURRENCY=4) as crawler:
        for n in range(9):
            ask(
                crawler,
                domain_url(f"{n}.example"),
                f"ping://192.0.2.{n}",
                f"tcp://192.0.2.{n}?port=80",
                f"trace://192.0.2.{n}",
            )
        taken = [request.meta["download_slot"] for request in take(crawler)]

        assert {"dns": 1, "ping": 2, "tcp": 3, "trace": 4} == Counter(taken)


async def test_memory_contains_only_a_chunk(tmp_path):
    """Of ten thousand pending requests few are in memory."""
    with opened(tmp_path, DNS_CONCURRENCY=10) as crawler:
        ask(crawler, *domains(10_000))
        take(crawler)

        assert len(frontier(crawler)._slots["dns"]._ready) <= slots._CHUNK


async def test_an_excluded_request_is_done(tmp_path):
    """The item of an exclusion marks its request as answered."""
    with opened(tmp_path) as crawler:
        frontier(crawler).complete(hosts_item(a_host("a.example", "192.0.2.1")))
        ask(crawler, "ping://192.0.2.1", "ping://192.0.2.2")
        frontier(crawler).complete(ExclusionItem(url="ping://192.0.2.1", address="192.0.2.1", reason="opted_out"))
        frontier(crawler).complete(ping_item("192.0.2.2"))

        assert [] == take(crawler)
        assert not store(crawler).any_pending()


async def test_a_returned_request_comes_next(tmp_path):
    """It takes the first place in the queue, and its place in flight is free."""
    with opened(tmp_path, DNS_CONCURRENCY=1) as crawler:
        ask(crawler, *domains(3))
        (first,) = take(crawler)
        leave(crawler, first)

        crawler.signals.send_catch_log(request_returned, request=first)

        (again,) = take(crawler)
        assert first.url == again.url
        leave(crawler, again)
        assert domains(3)[1:2] == found_urls(take(crawler))


async def test_a_paused_slot_hands_out_nothing(tmp_path):
    """Other slots continue, and the crawl has not ended: when the pause is over, the slot continues."""
    with opened(tmp_path) as crawler:
        health = crawler.get_extension(Health)
        ask(crawler, domain_url("a.example"), "ping://192.0.2.1")
        health.paused = frozenset({"dns"})

        assert ["ping://192.0.2.1"] == found_urls(take(crawler))
        assert scheduler(crawler).has_pending_requests()
        health.paused = frozenset()
        assert [domain_url("a.example")] == found_urls(take(crawler))


async def test_the_emptiest_slot_comes_first(tmp_path):
    """Each slot is filled to the same share of its room, so that none falls behind."""
    with opened(tmp_path, DNS_CONCURRENCY=4, PING_CONCURRENCY=4) as crawler:
        ask(crawler, *domains(4), *(f"ping://192.0.2.{number}" for number in range(4)))

        schemes = [url.partition(":")[0] for url in found_urls(take(crawler, 4))]

    assert {"dns": 2, "ping": 2} == {scheme: schemes.count(scheme) for scheme in ("dns", "ping")}


async def test_in_flight_is_counted_by_slot(tmp_path):
    """A request is in flight from its handing out until it has left; the result also has the room."""
    with opened(tmp_path, PING_CONCURRENCY=3) as crawler:
        ask(crawler, "ping://192.0.2.1", "ping://192.0.2.2")
        first, _ = take(crawler)
        before = frontier(crawler).in_flight["ping"]
        leave(crawler, first)

        assert (2, 3) == before
        assert (1, 3) == frontier(crawler).in_flight["ping"]


async def test_lookups_below_one_name_leave_room_for_others(tmp_path):
    """A domain with very many hosts does not fill the slot of the resolver, and does not delay the list."""
    with opened(tmp_path, DNS_CONCURRENCY=16) as crawler:
        hosts = [urls.host(f"h{number}.flood.example") for number in range(50)]
        ask(crawler, *hosts)

        assert hosts[:2] == found_urls(take(crawler))
        assert frontier(crawler).hungry
        ask(crawler, domain_url("a.example"), urls.reverse("192.0.2.1"))
        assert [domain_url("a.example"), urls.reverse("192.0.2.1")] == found_urls(take(crawler))


async def test_discards_are_counted_over_all_starts(tmp_path):
    """A retry includes the discards of its first request."""
    first, other = "ping://192.0.2.1", domain_url("a.example")
    with opened(tmp_path) as crawler:
        ask(crawler, first, other)
        frontier(crawler).discard(first)
        frontier(crawler).discard(first)
    with opened(tmp_path) as crawler:
        ask(crawler, urls.again(first))
        frontier(crawler).discard(urls.again(first))

        assert 2 == frontier(crawler).discards(first)
        assert 3 == frontier(crawler).discards(urls.again(first))
        assert 0 == frontier(crawler).discards(other)
