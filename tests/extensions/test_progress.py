"""Progress of a crawl."""

from __future__ import annotations

import asyncio
import io
import logging
import sys
import time
from types import SimpleNamespace

from scrapy import signals

from ipv6matrix import context, urls
from ipv6matrix.cluster import tally
from ipv6matrix.exceptions import StoreError
from ipv6matrix.extensions import progress as module
from ipv6matrix.extensions.health import Health
from ipv6matrix.extensions.progress import Progress
from ipv6matrix.store.database import Store
from tests.crawlers import job, opened, scheduler, store
from tests.samples import domain_item, domain_url, ping_item

LOGGER = "ipv6matrix.extensions.progress"
FIGURES = "0 hosts, 1 addresses; to ask: dns 1, ping 2; failures: none; ETA estimating"


class Terminal(io.StringIO):
    def isatty(self):
        return True


def on_a_terminal(monkeypatch):
    """Make standard error a terminal; not in a fixture, because pytest replaces it afterwards."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    return terminal


async def told(caplog, number=1):
    """Wait for a number of log lines, at most five seconds."""
    give_up_at = time.monotonic() + 5
    while len(caplog.records) < number and time.monotonic() < give_up_at:  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0.005)
    return caplog.messages


async def test_a_busy_network_affects_the_remaining_time(tmp_path):
    """The per-network rates in the frontier are part of the figures, and of the database."""
    with opened(tmp_path, PROBE_RATE_PER_NETWORK=1) as crawler:
        progress = crawler.get_extension(Progress)
        crawler.stats.set_value("list/ended", True)
        scheduler(crawler).enqueue_request(urls.request("ping://192.0.2.1"))
        store(crawler).complete(ping_item("192.0.2.1"))
        assert 0.0 == progress.figures.seconds_left
        context.of(crawler).frontier = SimpleNamespace(parked_s=70.0)

        progress._note()
        assert 70.0 == progress.figures.seconds_left == store(crawler).noted["pace"]["parked_s"]


def work(crawler):
    """Answer two of five requests, one of them about a domain."""
    for name in ("a.example", "b.example"):
        store(crawler).add_request(domain_url(name))
    for n in range(3):
        store(crawler).add_request(f"ping://192.0.2.{n}")
    store(crawler).complete(domain_item("a.example"))
    store(crawler).complete(ping_item("192.0.2.0"))


async def start(crawler):
    await crawler.signals.send_catch_log_async(signals.engine_started)


async def close(crawler):
    await crawler.signals.send_catch_log_async(signals.spider_closed, reason="finished", spider=crawler.spider)


async def test_a_log_line_is_written_at_intervals(tmp_path, monkeypatch, caplog):
    """Without a terminal a line has domains, hosts, addresses, pending requests, failures and the remaining time."""
    monkeypatch.setattr(module, "_LOG_EVERY_S", 0.02)
    with opened(tmp_path) as crawler, caplog.at_level(logging.INFO, LOGGER):
        caplog.clear()
        work(crawler)
        await start(crawler)
        line = (await told(caplog))[0]
        await close(crawler)

    assert f"1 domains, 1 left, {FIGURES} to the retry pass" == line


async def test_progress_ends_with_the_spider(tmp_path, monkeypatch, caplog):
    """After the spider is closed nothing is reported: the database may be closed too."""
    monkeypatch.setattr(module, "_LOG_EVERY_S", 0.005)
    with opened(tmp_path) as crawler, caplog.at_level(logging.INFO, LOGGER):
        await start(crawler)
        await told(caplog)
        await close(crawler)
        caplog.clear()
    await asyncio.sleep(0.03)

    assert [] == caplog.messages


async def test_a_terminal_shows_a_page(tmp_path, monkeypatch, caplog):
    """On a terminal a page shows the same figures, for the last time at the end, and the log has no line of them."""
    terminal = on_a_terminal(monkeypatch)
    monkeypatch.setattr(module, "_LOG_EVERY_S", 0.001)
    monkeypatch.setattr(module, "_DRAW_EVERY_S", 0.001)
    with opened(tmp_path) as crawler, caplog.at_level(logging.INFO, LOGGER):
        await start(crawler)
        work(crawler)
        await asyncio.sleep(0.01)
        await close(crawler)

    last = terminal.getvalue().rpartition("to ask now")[2].splitlines()
    assert ["addresses", "1", "2", "2"] == next(line for line in last if line.startswith("addresses")).split()
    assert [] == [record.getMessage() for record in caplog.records if record.name == LOGGER]


async def test_a_log_file_disables_the_page(tmp_path, monkeypatch):
    """With LOG_FILE nothing is drawn on the terminal."""
    terminal = on_a_terminal(monkeypatch)
    with opened(tmp_path, LOG_FILE=str(tmp_path / "log")) as crawler:
        await start(crawler)
        await close(crawler)

    assert "" == terminal.getvalue()


async def test_a_crawl_that_did_not_start_has_no_progress(tmp_path, monkeypatch):
    """A rejected start reports nothing."""
    terminal = on_a_terminal(monkeypatch)
    with opened(tmp_path) as crawler:
        await close(crawler)
        noted = store(crawler).noted

    assert "" == terminal.getvalue()
    assert {} == noted


async def test_other_processes_can_read_the_progress(tmp_path, monkeypatch):
    """List, speed and the absence of outages are in the database from the start on."""
    names = tmp_path / "names.txt"
    names.write_text("a.example\nb.example\n")
    with opened(tmp_path, domains=str(names)) as crawler:
        await start(crawler)
        store(crawler).commit()
        reader = Store.read(store(crawler).path)
        await close(crawler)
        reader.close()

    assert {"lines": 2, "read": 0, "ended": False} == reader.noted["listing"]
    assert {"per_second": {}, "per_domain": {}, "parked_s": 0.0} == reader.noted["pace"]
    assert [] == reader.noted["waits_for"]


async def test_an_outage_is_recorded(tmp_path, monkeypatch):
    """While a dependency is down there is no rate, and its name is stored."""
    monkeypatch.setattr(module, "_NOTE_EVERY_S", 0.005)
    with opened(tmp_path) as crawler:
        await start(crawler)
        crawler.get_extension(Health).parts["ipv6"].machine.away_at = time.monotonic()
        give_up_at = time.monotonic() + 5
        while not store(crawler).noted["waits_for"] and time.monotonic() < give_up_at:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.005)
        noted = store(crawler).noted
        await close(crawler)

    assert ("ipv6",) == noted["waits_for"]
    assert {} == noted["pace"]["per_second"]


async def test_a_database_that_cannot_be_written_stops_the_crawl(tmp_path, monkeypatch):
    """Progress that cannot be stored ends the crawl, as an answer does."""

    def full(**_):
        raise StoreError("no room")

    with opened(tmp_path) as crawler:
        stopped = []
        crawler.engine.close_spider_async = lambda **named: asyncio.sleep(0, stopped.append(named["reason"]))
        monkeypatch.setattr(store(crawler), "note", full)
        await start(crawler)
        await asyncio.sleep(0)
        await close(crawler)

        assert ["store_failed"] == stopped
        assert job(crawler).failed


async def test_nothing_is_queried(tmp_path):
    """Figures come from counts, however large the tables are."""
    with opened(tmp_path) as crawler:
        await start(crawler)
        work(crawler)
        statements = []
        store(crawler)._connection.set_trace_callback(statements.append)
        figures = crawler.get_extension(Progress).figures
        store(crawler)._connection.set_trace_callback(None)
        await close(crawler)

    assert [] == statements
    assert (1, 3) == (figures.domains.done, sum(slot.pending for slot in figures.slots.values()))


async def test_progress_of_a_shared_crawl_is_that_of_all_machines(tmp_path):
    """What one machine has in its own database is a part of it."""
    with opened(tmp_path) as crawler:
        whole = tally.gained([f"ping://192.0.2.{n}" for n in range(9)], [ping_item("192.0.2.1")])
        context.of(crawler).worker = SimpleNamespace(whole=whole, is_listed=True)
        figures = crawler.get_extension(Progress).figures

    assert (1, 8, 8) == (figures.slots["ping"].done, figures.slots["ping"].pending, figures.slots["ping"].left)
