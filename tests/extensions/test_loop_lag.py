"""The lag of the event loop."""

from __future__ import annotations

import asyncio
import time

from scrapy import signals

from ipv6matrix.extensions import loop_lag as module
from ipv6matrix.extensions.loop_lag import LoopLag
from tests.crawlers import crawler

STATS = ("loop_lag/median_ms", "loop_lag/p99_ms", "loop_lag/worst_ms")


async def samples(extension, number):
    """Wait until there are as many samples, at most five seconds."""
    give_up_at = time.monotonic() + 5
    while len(extension._samples_ms) < number and time.monotonic() < give_up_at:  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0.002)
    assert len(extension._samples_ms) >= number


async def lag(made):
    await made.signals.send_catch_log_async(signals.spider_closed, reason="finished", spider=made.spider)
    return [made.stats.get_value(stat) for stat in STATS]


async def test_a_block_of_the_loop_is_recorded(tmp_path, monkeypatch):
    """A single block of the loop is the maximum lag, and not the median."""
    monkeypatch.setattr(module, "_INTERVAL_S", 0.005)
    made = crawler(tmp_path)
    extension = made.get_extension(LoopLag)
    await made.signals.send_catch_log_async(signals.engine_started)
    await samples(extension, 10)
    before = len(extension._samples_ms)
    time.sleep(0.2)  # noqa: ASYNC251 - the block that is to be seen
    await samples(extension, before + 10)
    median_ms, p99_ms, worst_ms = await lag(made)

    assert 150 <= worst_ms
    assert median_ms < 100
    assert median_ms <= p99_ms <= worst_ms


async def test_sampling_ends_with_the_spider(tmp_path, monkeypatch):
    """No samples are taken after the spider is closed."""
    monkeypatch.setattr(module, "_INTERVAL_S", 0.001)
    made = crawler(tmp_path)
    extension = made.get_extension(LoopLag)
    extension.engine_started()
    await samples(extension, 1)
    await lag(made)
    number = len(extension._samples_ms)
    await asyncio.sleep(0.01)

    assert number == len(extension._samples_ms)


async def test_a_crawl_that_did_not_start_has_no_lag(tmp_path):
    """Without samples there are no stats."""
    assert [None, None, None] == await lag(crawler(tmp_path))


async def test_samples_are_counted_by_class(tmp_path, monkeypatch):
    """A block of the loop is in a high class, and is part of the sum of all samples."""
    monkeypatch.setattr(module, "_INTERVAL_S", 0.005)
    made = crawler(tmp_path)
    extension = made.get_extension(LoopLag)
    extension.engine_started()
    await samples(extension, 1)
    time.sleep(0.15)  # noqa: ASYNC251 - the block that is to be seen
    await samples(extension, len(extension._samples_ms) + 2)
    await lag(made)

    assert len(extension._samples_ms) == sum(extension.classes)
    assert 1 <= sum(extension.classes[module.BOUNDS_MS.index(100.0) + 1 :])
    assert extension.total_ms >= 140
