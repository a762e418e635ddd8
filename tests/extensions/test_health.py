"""Health checks of the resolvers, IPv4 and IPv6 during a crawl."""

from __future__ import annotations

import asyncio
import logging
import time
from types import SimpleNamespace

import pytest
from scrapy import signals

from ipv6matrix import context, urls
from ipv6matrix.extensions import health as module
from ipv6matrix.extensions.health import Health
from ipv6matrix.health import machine
from ipv6matrix.items import DomainObservation, Status
from ipv6matrix.measurements import REGISTRY
from ipv6matrix.middlewares.rate import RateMiddleware
from ipv6matrix.signals import crawl_stopping
from simnet.packets import ICMP, ICMPV6
from simnet.topology import references
from tests.crawlers import count, crawler
from tests.probes.waiting import until
from tests.samples import domain_url, lookup


async def test_a_stopping_crawl_waits_for_no_check(tmp_path):
    """Pending checks end immediately, and their requests stay pending."""
    made = crawler(tmp_path)
    ipv4 = made.get_extension(Health).parts["ipv4"]
    doubt = asyncio.ensure_future(ipv4.stood(time.monotonic()))
    await asyncio.sleep(0)

    made.signals.send_catch_log(crawl_stopping)

    assert not await doubt


# --- with real checks ---


class Built:
    """The extension as in a crawl of the simulated Internet; `reasons` has the reasons for closing the crawl."""

    def __init__(self, internet, folder, **settings):
        self.crawler = crawler(folder, **(internet.settings() | settings))
        self.woken, self.reasons = [], []
        self.rate = RateMiddleware.from_crawler(self.crawler)
        self.crawler.engine = SimpleNamespace(
            _slot=SimpleNamespace(nextcall=SimpleNamespace(schedule=lambda _: self.woken.append(1))),
            downloader=SimpleNamespace(middleware=SimpleNamespace(middlewares=[self.rate])),
            close_spider_async=self.close,
        )
        self.extension = self.crawler.get_extension(Health)
        self.extension.engine_started()

    async def close(self, reason):
        self.reasons.append(reason)

    def part(self, name):
        return self.extension.parts[name]

    async def stood(self, name):
        return await self.part(name).stood(time.monotonic())


@pytest.fixture
async def build(internet, tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "BACK_OFF_S", (0.2,))
    made = []

    def build(**settings):
        made.append(Built(internet, tmp_path, **settings))
        return made[-1]

    yield build
    internet.resolver_mode("normal")
    internet.drop()
    for built in made:
        await built.crawler.signals.send_catch_log_async(
            signals.spider_closed, reason="finished", spider=built.crawler.spider
        )


@pytest.fixture
async def health(build):
    return build()


@pytest.mark.parametrize("mode", ["silent", "servfail", "refused", "denying", "portal"])
async def test_a_resolver_without_valid_answers_is_down(internet, health, caplog, mode):
    """A silent, failing or lying resolver is detected within seconds; when it recovers, the crawl continues."""
    assert await health.stood("dns")
    internet.resolver_mode(mode)
    began_at = time.monotonic()

    assert not await health.stood("dns")

    assert time.monotonic() - began_at < 5
    assert {"dns"} == health.extension.paused
    levels = [record.levelno for record in caplog.records if record.name == module.__name__]
    assert [logging.ERROR, logging.WARNING] == levels
    internet.resolver_mode("normal")
    await until(lambda: not health.extension.paused)
    assert health.woken
    assert "DEPENDENCY_AWAY" in caplog.text


@pytest.mark.parametrize("family", [4, 6])
async def test_a_family_without_references_is_down(internet, health, family):
    """If no reference replies, all probes wait, and lookups do not."""
    name = f"ipv{family}"
    assert await health.stood(name)
    internet.drop(family)

    assert not await health.stood(name)

    assert {*REGISTRY.slots} - {"dns"} == health.extension.paused
    assert "ns" in health.extension.paused
    assert 1 == count(health.crawler, f"health/{name}/gone")
    internet.drop()
    await until(lambda: not health.extension.paused)


async def test_a_crawl_stops_after_the_longest_wait(internet, build, caplog):
    """The close reason is a word of its own, and the log names the fix."""
    health = build(HEALTH_MAX_WAIT=1)
    assert await health.stood("ipv6")
    internet.drop(6)

    assert not await health.stood("ipv6")
    await until(lambda: health.reasons)

    assert ["vantage_lost"] == health.reasons
    assert health.crawler.stats.get_value("health/ipv6/lost")
    assert "IPv6 was away for HEALTH_MAX_WAIT (1 s)" in caplog.text
    assert "VANTAGE_LOST" in caplog.text


async def test_a_family_may_be_skipped_after_the_longest_wait(internet, build):
    """The crawl goes on with the other family, and the plan records what is skipped."""
    health = build(HEALTH_MAX_WAIT=1, HEALTH_AFTER_WAIT="skip")
    assert await health.stood("ipv6")
    internet.drop(6)

    assert not await health.stood("ipv6")
    await until(lambda: health.part("ipv6").is_lost)

    assert not health.extension.paused
    assert [] == health.reasons
    plan = context.of(health.crawler).plan
    assert ["ipv6"] == list(plan.skipped)
    assert "no_ipv6" == plan.policy.exclusion(internet.address("open", 6))
    assert await health.stood("ipv4")


async def test_the_resolver_cannot_be_skipped(internet, build):
    """A crawl cannot go on without it."""
    health = build(HEALTH_MAX_WAIT=1, HEALTH_AFTER_WAIT="skip")
    internet.resolver_mode("servfail")

    assert not await health.stood("dns")
    await until(lambda: health.reasons)

    assert ["vantage_lost"] == health.reasons


async def test_control_echoes_are_distinguishable(internet, health):
    """They are shorter than those of a ping."""
    began_at = time.time()
    for family in (4, 6):
        await health.stood(f"ipv{family}")

    echoes = [packet for packet in internet.packets(since=began_at) if packet.protocol in (ICMP, ICMPV6)]
    assert {(4, 56), (6, 76)} == {(packet.family, packet.length_bytes) for packet in echoes}


async def test_control_packets_count_towards_the_rates(health):
    """Health checks and probes together do not exceed the rates."""
    assert await health.stood("ipv4")

    assert health.rate.packets.waits["network"].turns >= 1


async def test_opted_out_addresses_receive_no_checks(internet, build, tmp_path):
    """No check is sent to a reference or first router that opted out."""
    optouts = tmp_path / "optout.txt"
    optouts.write_text("198.18.0.0/24\n")
    health = build(OPTOUT_FILE=str(optouts))
    began_at = time.time()

    await health.stood("ipv4")

    assert [] == internet.packets(since=began_at)


async def test_forbidden_references_are_not_used(build):
    """An address that must not be probed is not used as a reference either."""
    health = build(HEALTH_TARGETS="10.0.0.1,198.18.0.14,fe80::1")

    assert ("198.18.0.14",) == health.extension.allowed(4)
    assert () == health.extension.allowed(6)


async def test_references_come_from_the_settings(build):
    """Each family has its own setting."""
    health = build()

    assert references(4) == health.extension.allowed(4)
    assert references(6) == health.extension.allowed(6)


async def test_the_time_of_an_outage_is_a_stat(internet, health):
    """An outage that lasts until the end of the crawl counts as well."""
    internet.resolver_mode("servfail")
    await health.stood("dns")

    await health.extension.spider_closed()

    assert health.crawler.stats.get_value("health/dns/away_s") >= 0
    assert 1 == count(health.crawler, "health/dns/gone")


async def test_existing_domains_are_remembered(health):
    """Domains with name servers in an accepted answer are remembered."""
    question = urls.parse(domain_url("a.example"))
    for status in Status:
        health.extension.learn(question, DomainObservation(ns=lookup("a.example", "NS", status=status)))

    assert ["a.example"] == list(health.extension.resolver._domains)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("dns://resolver/a.example?type=NS", "dns"),
        ("dns://192.0.2.53/a.example?type=NS", "ipv4"),
        ("ping://192.0.2.1", "ipv4"),
        ("trace://[2001:db8::1]", "ipv6"),
    ],
)
def test_dependencies_of_requests(tmp_path, url, name):
    """A lookup depends on the resolvers, a probe on its family."""
    extension = crawler(tmp_path).get_extension(Health)

    assert extension.parts.get(name) is extension.part(urls.parse(url))
