"""How far the crawl is."""

from __future__ import annotations

import asyncio
import io
import logging
import sys
import time

from scrapy import signals

from ipv6matrix.extensions import progress as module
from tests.crawlers import opened, store
from tests.samples import domain_item, domain_url, ping_item

LOGGER = "ipv6matrix.extensions.progress"


class Terminal(io.StringIO):
    def isatty(self):
        return True


async def told(caplog, number=1):
    """Wait for a number of lines in the log, at most five seconds."""
    give_up_at = time.monotonic() + 5
    while len(caplog.records) < number and time.monotonic() < give_up_at:  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0.005)
    return caplog.messages


def work(crawler):
    """Answer two of five questions, one of them about a domain."""
    for name in ("a.example", "b.example"):
        store(crawler).ask(domain_url(name), "dns")
    for n in range(3):
        store(crawler).ask(f"ping://192.0.2.{n}", "ping")
    store(crawler).answer(domain_item("a.example"))
    store(crawler).answer(ping_item("192.0.2.0"))
    crawler.stats.inc_value("stored/DomainItem")


async def test_a_log_gets_a_line_now_and_then(tmp_path, monkeypatch, caplog):
    """
    Without a terminal a line tells domains, questions answered and questions to ask.
    """
    monkeypatch.setattr(module, "_LOG_EVERY_S", 0.02)
    with opened(tmp_path) as crawler, caplog.at_level(logging.INFO, LOGGER):
        caplog.clear()
        work(crawler)
        await crawler.signals.send_catch_log_async(signals.engine_started)
        line = (await told(caplog))[0]
        await crawler.signals.send_catch_log_async(signals.spider_closed, reason="finished", spider=crawler.spider)

    assert line.startswith("1 domains (")
    assert line.endswith("/s), 2 questions answered, 3 to ask")


async def test_after_the_end_nothing_is_told(tmp_path, monkeypatch, caplog):
    """
    A closed spider has no progress: the database may be closed too.
    """
    monkeypatch.setattr(module, "_LOG_EVERY_S", 0.005)
    with opened(tmp_path) as crawler, caplog.at_level(logging.INFO, LOGGER):
        await crawler.signals.send_catch_log_async(signals.engine_started)
        await told(caplog)
        await crawler.signals.send_catch_log_async(signals.spider_closed, reason="finished", spider=crawler.spider)
        caplog.clear()
    await asyncio.sleep(0.03)

    assert [] == caplog.messages


async def test_a_terminal_gets_a_bar(tmp_path, monkeypatch):
    """
    On a terminal the bar shows the same figures, last at the end.
    """
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "200")
    with opened(tmp_path) as crawler:
        await crawler.signals.send_catch_log_async(signals.engine_started)
        work(crawler)
        await crawler.signals.send_catch_log_async(signals.spider_closed, reason="finished", spider=crawler.spider)

    assert "2 questions answered, 3 to ask" in terminal.getvalue()


async def test_a_log_file_keeps_the_bar_away(tmp_path, monkeypatch):
    """
    With LOG_FILE nothing is drawn on the terminal.
    """
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with opened(tmp_path, LOG_FILE=str(tmp_path / "log")) as crawler:
        await crawler.signals.send_catch_log_async(signals.engine_started)
        await crawler.signals.send_catch_log_async(signals.spider_closed, reason="finished", spider=crawler.spider)

    assert "" == terminal.getvalue()
