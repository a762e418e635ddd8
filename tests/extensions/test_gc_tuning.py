"""Keeping Python's garbage collector from blocking the event loop."""

from __future__ import annotations

import gc

import pytest
from scrapy import signals

from tests.crawlers import crawler


@pytest.fixture(autouse=True)
def untuned():
    """Other tests may have left what a crawl sets."""
    gc.unfreeze()
    gc.set_threshold(700, 10, 10)


async def test_loaded_objects_are_frozen_during_a_crawl(tmp_path):
    """From start to stop old objects are frozen and collections are rare; afterwards the previous state is restored."""
    before = gc.get_threshold()
    made = crawler(tmp_path)
    await made.signals.send_catch_log_async(signals.engine_started)
    frozen, during = gc.get_freeze_count(), gc.get_threshold()
    await made.signals.send_catch_log_async(signals.engine_stopped)

    assert frozen > 10_000
    assert during > before
    assert (0, before) == (gc.get_freeze_count(), gc.get_threshold())
