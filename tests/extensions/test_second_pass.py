"""The retry pass."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from dataclasses import replace

import pytest
from scrapy import signals
from scrapy.exceptions import CloseSpider, DontCloseSpider

from ipv6matrix.extensions.second_pass import SecondPass
from ipv6matrix.items import ExclusionItem, Failure, Host, PortObservation, ReverseItem, Status, TcpItem, TcpObservation
from ipv6matrix.measurements import REGISTRY
from ipv6matrix.store.queries import second_pass
from tests import urls
from tests.crawlers import count, opened, store, stored
from tests.samples import AT, domain_item, hosts_item, lookup, ping_item

METRICS = "ping,tcp80,tcp25,tls"


def timed_out(name, rdtype, asked_at=AT):
    return replace(lookup(name, rdtype, status=Failure.TIMEOUT, ttl_s=None), asked_at=asked_at)


def failing(crawler, name, *, asked_at=AT):
    """Store a domain whose NS lookup timed out."""
    item = domain_item(name, ns=timed_out(name, "NS", asked_at), asked_at=asked_at)
    store(crawler).add_request(item.url)
    store(crawler).complete(item)


def again(name):
    return urls.again(urls.domain(name, ("NS",)))


def pending(crawler):
    return [url for slot in REGISTRY.slots for _, url in store(crawler).pending(slot, 0, 1000)]


def idle(crawler):
    """Send spider_idle, and return the exceptions that receivers raise."""
    expected = (DontCloseSpider, CloseSpider)
    results = crawler.signals.send_catch_log(signals.spider_idle, spider=crawler.spider, dont_log=expected)
    return [result.value for _, result in results if result is not None]


async def look(crawler):
    """Let a search for failures complete."""
    task = crawler.get_extension(SecondPass)._look
    await asyncio.wait((task,), timeout=10)
    assert task.done()


async def close(crawler):
    await crawler.signals.send_catch_log_async(signals.spider_closed, reason="finished", spider=crawler.spider)


def kinds(raised):
    return [type(error) for error in raised]


async def test_a_crawl_without_failures_ends(tmp_path):
    """After one search without a result the crawl ends."""
    with opened(tmp_path) as crawler:
        store(crawler).complete(domain_item("a.example", ns=lookup("a.example", "NS", "ns.example")))

        assert [DontCloseSpider] == kinds(idle(crawler))
        await look(crawler)
        assert [] == idle(crawler)
        assert [] == pending(crawler)


async def test_failures_after_a_search_are_retried(tmp_path):
    """If another extension keeps the idle crawl open, its failures are found by a further search."""
    with opened(tmp_path) as crawler:
        assert [DontCloseSpider] == kinds(idle(crawler))
        await look(crawler)
        assert [] == idle(crawler)
        failing(crawler, "a.example")
        stored(crawler, domain_item("a.example"))

        assert [DontCloseSpider] == kinds(idle(crawler))
        await look(crawler)
        assert [again("a.example")] == pending(crawler)


async def test_without_a_retry_pass_nothing_is_retried(tmp_path):
    """With SECOND_PASS=False an idle crawl ends immediately."""
    with opened(tmp_path, SECOND_PASS=False) as crawler:
        failing(crawler, "a.example")

        assert [] == idle(crawler)
        assert [] == pending(crawler)


async def test_each_failure_is_retried_once(tmp_path):
    """Each retry has its own URL and goes to its slot; the crawl ends when all are answered."""
    with opened(tmp_path, METRICS=METRICS) as crawler:
        failing(crawler, "a.example")
        host = Host(name="mx.example", a=timed_out("mx.example", "A"), aaaa=lookup("mx.example", "AAAA", "2600::1"))
        store(crawler).complete(hosts_item(host))
        reverse = ReverseItem(url="dns://", address="192.0.2.1", lookup=timed_out("x", "PTR"))
        store(crawler).complete(reverse)
        port = PortObservation(port=25, open=False, failure=Failure.TIMEOUT, asked_at=AT)
        store(crawler).complete(ping_item("2600::1"))
        tcp = TcpItem(url="tcp://", address="2600::1", tcp=TcpObservation(ports=(port,)))
        store(crawler).complete(tcp)
        assert [DontCloseSpider] == kinds(idle(crawler))
        await look(crawler)

        assert [
            again("a.example"),
            urls.again(urls.host("mx.example", ("A",))),
            urls.again(urls.reverse("192.0.2.1")),
            urls.again(urls.ping("2600::1")),
            urls.again(urls.tcp("2600::1", (25,), starttls=True)),
        ] == pending(crawler)
        assert 5 == count(crawler, "second_pass/asked")

        answers = [
            domain_item("a.example", url=again("a.example"), second=True, ns=timed_out("a.example", "NS")),
            replace(
                hosts_item(Host(name="mx.example", a=lookup("mx.example", "A"))),
                url=urls.again(urls.host("mx.example", ("A",))),
                second=True,
            ),
            replace(reverse, url=urls.again(urls.reverse("192.0.2.1")), second=True),
            replace(ping_item("2600::1", 1.5), url=urls.again(urls.ping("2600::1")), second=True),
            replace(tcp, url=urls.again(urls.tcp("2600::1", (25,), starttls=True)), second=True),
        ]
        for item in answers:
            store(crawler).complete(item)
            stored(crawler, item)

        assert [DontCloseSpider] == kinds(idle(crawler))
        await look(crawler)
        assert [] == idle(crawler)
        assert [] == pending(crawler)
        assert 5 == count(crawler, "second_pass/asked")
        assert 2 == count(crawler, "second_pass/recovered")


async def test_failures_found_by_the_retry_pass_are_retried(tmp_path):
    """The search is repeated until it finds nothing new."""
    with opened(tmp_path) as crawler:
        failing(crawler, "a.example")
        idle(crawler)
        await look(crawler)
        item = domain_item("a.example", url=again("a.example"), second=True, ns=lookup("a.example", "NS", "ns.example"))
        store(crawler).complete(item)
        host = Host(name="ns.example", a=timed_out("ns.example", "A"), aaaa=timed_out("ns.example", "AAAA"))
        store(crawler).complete(hosts_item(host))

        assert [DontCloseSpider] == kinds(idle(crawler))
        await look(crawler)
        assert [urls.again(urls.host("ns.example"))] == pending(crawler)


async def test_a_recent_failure_is_delayed(tmp_path, caplog):
    """A recent failure is retried after SECOND_PASS_AFTER, which is logged; an older one immediately."""
    with opened(tmp_path, SECOND_PASS_AFTER=1) as crawler, caplog.at_level(logging.INFO):
        failing(crawler, "old.example")
        failing(crawler, "fresh.example", asked_at=int(time.time()))
        idle(crawler)
        await look(crawler)
        assert [again("old.example")] == pending(crawler)

        assert [DontCloseSpider] == kinds(idle(crawler))
        await asyncio.sleep(0)
        assert [again("old.example")] == pending(crawler)
        await look(crawler)
        assert any(re.match(r"Retry pass: .* in \d+ s$", message) for message in caplog.messages)

        assert [DontCloseSpider] == kinds(idle(crawler))
        await look(crawler)
        assert [again("old.example"), again("fresh.example")] == pending(crawler)


@pytest.mark.parametrize(
    ("ran_s", "settings", "pause_s"),
    [
        (1, {}, 5),
        (40, {}, 10),
        (3600, {}, 60),
        (1, {"SECOND_PASS_AFTER_MIN": 30}, 30),
        (3600, {"SECOND_PASS_AFTER": 2}, 2),
        (1, {"SECOND_PASS_AFTER": 2}, 2),
    ],
)
async def test_a_short_crawl_waits_less(tmp_path, clock, ran_s, settings, pause_s):
    """The pause is a quarter of the time that the crawl has run, within both settings."""
    with opened(tmp_path, **settings) as crawler:
        failing(crawler, "a.example", asked_at=int(time.time()))
        clock.now += ran_s
        idle_at = clock.now
        idle(crawler)
        await crawler.get_extension(SecondPass)._look
        waited_s = clock.now - idle_at
        idle(crawler)
        await look(crawler)

        assert pause_s == pytest.approx(waited_s, abs=0.1)
        assert [again("a.example")] == pending(crawler)


@pytest.mark.parametrize(("age_s", "retried"), [(13, [again("a.example")]), (8, [])])
async def test_the_age_of_a_failure_counts_from_its_end(tmp_path, age_s, retried):
    """A lookup may have taken QUERY_LIFETIME (5 s) to fail; only then did the resolver begin to remember that."""
    with opened(tmp_path) as crawler:
        failing(crawler, "a.example", asked_at=int(time.time()) - age_s)
        failing(crawler, "fresh.example", asked_at=int(time.time()))
        idle(crawler)
        task = crawler.get_extension(SecondPass)._look
        await asyncio.wait((task,), timeout=0.5)

        assert retried == pending(crawler)
        await close(crawler)


@pytest.mark.parametrize(("after_s", "looks"), [(0, 1), (0.2, 2)])
async def test_a_clock_set_back_does_not_extend_the_delay(tmp_path, after_s, looks):
    """No failure counts as more recent than the moment when the frontier became empty."""
    with opened(tmp_path, SECOND_PASS_AFTER=after_s) as crawler:
        failing(crawler, "a.example", asked_at=int(time.time()) + 86_400)
        for _ in range(looks):
            assert [DontCloseSpider] == kinds(idle(crawler))
            await look(crawler)

        assert [again("a.example")] == pending(crawler)


async def test_a_resumed_crawl_retries_only_once(tmp_path):
    """A retry that is pending, or was excluded, is recognized by its URL."""
    with opened(tmp_path) as crawler:
        failing(crawler, "a.example")
        idle(crawler)
        await look(crawler)
    with opened(tmp_path) as crawler:
        store(crawler).complete(domain_item("a.example", url=again("a.example"), second=True, refusal="opted_out"))

        assert [DontCloseSpider] == kinds(idle(crawler))
        await look(crawler)
        assert [] == idle(crawler)
        assert 0 == count(crawler, "second_pass/asked")


async def test_closing_ends_a_search(tmp_path):
    """A stop of the crawl does not wait for the retry pass."""
    with opened(tmp_path, SECOND_PASS_AFTER=3600) as crawler:
        failing(crawler, "a.example", asked_at=int(time.time()))
        idle(crawler)
        await asyncio.sleep(0)
        await close(crawler)

        assert crawler.get_extension(SecondPass)._look.cancelled()


async def test_a_failed_search_leaves_the_crawl_unfinished(tmp_path, monkeypatch, caplog):
    """The error is logged, and the crawl can be resumed."""

    def broken(_):
        raise OSError("no more")

    monkeypatch.setattr(second_pass, "failed", broken)
    with opened(tmp_path) as crawler:
        idle(crawler)
        await look(crawler)
        (raised,) = idle(crawler)

    assert isinstance(raised, CloseSpider)
    assert "incomplete" == raised.reason
    assert "The retry pass failed" in caplog.text


async def test_an_excluded_address_has_not_recovered(tmp_path):
    """An exclusion does not count as an answer."""
    with opened(tmp_path) as crawler:
        item = ExclusionItem(url=urls.again("ping://192.0.2.1"), second=True, address="192.0.2.1", reason="opted_out")
        stored(crawler, item)

        assert 0 == count(crawler, "second_pass/recovered")


@pytest.mark.parametrize(("status", "recovered"), [(Status.NXDOMAIN, 1), (Failure.REFUSED, 0)])
async def test_absence_is_an_answer(tmp_path, status, recovered):
    """A name that turns out not to exist has recovered; one whose retry is excluded has not."""
    with opened(tmp_path) as crawler:
        for second in (False, True):
            item = domain_item("a.example", second=second, ns=lookup("a.example", "NS", status=status))
            stored(crawler, item)

        assert recovered == count(crawler, "second_pass/recovered")
