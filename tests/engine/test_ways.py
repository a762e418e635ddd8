"""The ways of requests and answers through the engine, compared with Scrapy's own."""

from __future__ import annotations

import asyncio
import logging

import pytest
from scrapy import signals
from scrapy.core.engine import ExecutionEngine
from scrapy.exceptions import DropItem, IgnoreRequest

from ipv6matrix import context, urls
from ipv6matrix.handlers.probe import ProbeDownloadHandler
from ipv6matrix.items import PingObservation
from ipv6matrix.responses import ObservationResponse
from tests.crawlers import crawler
from tests.probes.waiting import until

SCRAPY = "scrapy.core.downloader.Downloader"
OURS = "ipv6matrix.engine.downloader.ProbeDownloader"
CORE_STATS = {SCRAPY: "scrapy.extensions.corestats.CoreStats", OURS: "ipv6matrix.engine.stats.CoreStats"}
COUNTS = ("response_received_count", "item_scraped_count", "item_dropped_count")
SIGNALS = (
    "request_scheduled",
    "request_reached_downloader",
    "response_downloaded",
    "request_left_downloader",
    "response_received",
    "spider_error",
    "item_scraped",
    "item_dropped",
    "item_error",
)
KINDS = (
    "stored",
    "stored-late",
    "dropped",
    "pipeline-bug",
    "spider-bug",
    "ignored",
    "handler-bug",
    "recovered",
    "answered-early",
    "changed",
    "bad-scheme",
)


def observation(kind=""):
    return object() if kind == "spider-bug" else PingObservation(sent=1, asked_at=0.0)


class Component:
    """A component that does what the kind of the only request says."""

    kind = ""


class Handler(Component, ProbeDownloadHandler):
    """Answers, fails or ignores."""

    async def observe(self, request):
        await asyncio.sleep(0)
        match self.kind:
            case "ignored":
                raise IgnoreRequest
            case "handler-bug" | "recovered":
                raise ZeroDivisionError
        return observation(self.kind)


class Middleware(Component):
    """Answers before the handler, changes answers, and recovers from exceptions."""

    def process_request(self, request):
        return ObservationResponse(request, observation()) if self.kind == "answered-early" else None

    async def process_response(self, request, response):
        if self.kind != "changed":
            return response
        return ObservationResponse(request, PingObservation(sent=2, asked_at=0.0))

    def process_exception(self, request, exception):
        return ObservationResponse(request, observation()) if self.kind == "recovered" else None


class Pipeline(Component):
    """Drops, fails or waits."""

    def process_item(self, item):
        match self.kind:
            case "dropped":
                raise DropItem("dropped")
            case "pipeline-bug":
                raise ZeroDivisionError
            case "stored-late":
                return self.later(item)
        return item

    async def later(self, item):
        await asyncio.sleep(0.01)
        return item


async def closed(_):
    """Do nothing when the engine has closed its spider."""


async def way(folder, downloader, kind, monkeypatch):
    """Return the signals that a request causes until the crawler is idle, what they say of its answer, and stats."""
    monkeypatch.setattr(Component, "kind", kind)
    made = crawler(
        folder,
        DOWNLOADER=downloader,
        EXTENSIONS={CORE_STATS[downloader]: 0},
        DOWNLOAD_HANDLERS={"ping": Handler, "http": None, "https": None},
        DOWNLOADER_MIDDLEWARES={Middleware: 1},
        SPIDER_MIDDLEWARES={},
        ITEM_PIPELINES={Pipeline: 1},
    )
    made.engine = ExecutionEngine(made, closed)
    await made.engine.open_spider_async(close_if_idle=False)
    seen = []

    def listener(name):
        def note(**named):
            response, item = named.get("response"), named.get("item")
            seen.append((name, getattr(response, "url", None), item and item.ping.sent))

        return note

    listeners = {name: listener(name) for name in SIGNALS}
    for name, note in listeners.items():
        made.signals.connect(note, signal=getattr(signals, name))
    made.engine.running = True
    made.engine.crawl(urls.request("trace://192.0.2.1" if kind == "bad-scheme" else "ping://192.0.2.1"))
    frontier = context.of(made).frontier
    await until(lambda: len(seen) > 1 and not made.engine._slot.inprogress)
    assert downloader == SCRAPY or [0] == [*{number for number, _ in frontier.in_flight.values()}]
    await made.engine.close_spider_async(reason="finished")
    await made.signals.send_catch_log_async(signals.engine_stopped)
    return seen, {name: made.stats.get_value(name) for name in COUNTS}


@pytest.mark.parametrize("kind", KINDS)
async def test_the_same_signals_are_sent(tmp_path, monkeypatch, caplog, kind):
    """Whatever happens to a request, its signals, stats and log are those of Scrapy's own way."""
    caplog.set_level(logging.WARNING)
    theirs = *await way(tmp_path / "theirs", SCRAPY, kind, monkeypatch), [*levels(caplog)]
    caplog.clear()
    ours = *await way(tmp_path / "ours", OURS, kind, monkeypatch), [*levels(caplog)]

    assert theirs == ours
    assert len(ours[0]) > 2


def levels(caplog):
    """Yield the level of each message, and the type of its exception."""
    return ((record.levelname, record.exc_info and record.exc_info[0]) for record in caplog.records)


async def test_listeners_may_be_coroutines(tmp_path, monkeypatch):
    """A coroutine that listens to items is awaited before the request counts as done."""
    heard = []

    async def note(item):
        await asyncio.sleep(0)
        heard.append(item.ping.sent)

    real = ExecutionEngine.open_spider_async

    async def opened(engine, **named):
        engine.signals.connect(note, signal=signals.item_scraped)
        await real(engine, **named)

    monkeypatch.setattr(ExecutionEngine, "open_spider_async", opened)
    await way(tmp_path, OURS, "changed", monkeypatch)

    assert [2] == heard
