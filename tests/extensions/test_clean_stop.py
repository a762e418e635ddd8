"""A crawl stops immediately on request."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from scrapy import signals

from ipv6matrix.signals import crawl_stopping
from tests.crawlers import crawler
from tests.probes.waiting import until


@pytest.fixture
async def watched(tmp_path):
    """A crawler whose engine only reports whether it runs, and the times at which a stop was announced."""
    made = crawler(tmp_path)
    made.engine = SimpleNamespace(running=True, _slot=SimpleNamespace(closing=None))
    announcements = []

    def note():
        announcements.append(True)

    made.signals.connect(note, signal=crawl_stopping)
    keeps = note  # receivers are held weakly
    await made.signals.send_catch_log_async(signals.engine_started)
    yield made, announcements, keeps
    await made.signals.send_catch_log_async(signals.spider_closed, reason="start_refused", spider=made.spider)
    await made.signals.send_catch_log_async(signals.engine_stopped)


async def test_a_running_crawl_is_left_alone(watched):
    """No stop is announced while the engine runs."""
    _, announcements, _ = watched

    await asyncio.sleep(0.25)

    assert [] == announcements


async def test_a_stop_of_the_engine_is_announced_once(watched):
    """Handlers learn within a moment, and only once, that the engine no longer runs."""
    made, announcements, _ = watched

    made.engine.running = False
    await until(lambda: announcements)
    await asyncio.sleep(0.25)

    assert [True] == announcements


async def test_a_closing_spider_is_announced(watched):
    """A close without a signal, for example because of a full disk, is announced in the same way."""
    made, announcements, _ = watched

    made.engine._slot.closing = object()
    await until(lambda: announcements)

    assert [True] == announcements
