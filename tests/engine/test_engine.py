"""The private parts of Scrapy, in Scrapy's own engine."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
import scrapy
from scrapy import signals
from scrapy.core.engine import ExecutionEngine

from ipv6matrix import engine
from ipv6matrix.handlers.ping import PingDownloadHandler
from tests.crawlers import crawler
from tests.probes.waiting import until

PACKAGE = Path(engine.__file__).parent.parent
HANDLERS = {"ping": "ipv6matrix.handlers.ping.PingDownloadHandler", "http": None, "https": None}
ALONE = {
    "EXTENSIONS": {},
    "DOWNLOAD_HANDLERS": HANDLERS,
    "DOWNLOADER_MIDDLEWARES": {},
    "SPIDER_MIDDLEWARES": {},
    "ITEM_PIPELINES": {},
}


async def closed(_):
    """Do nothing when the engine has closed its spider."""


@pytest.fixture
async def opened(tmp_path):
    """A crawler whose spider is open in an engine of Scrapy, without components but the scheduler."""
    made = crawler(tmp_path, TELNETCONSOLE_ENABLED=False, **ALONE)
    made.engine = ExecutionEngine(made, closed)
    await made.engine.open_spider_async()
    made.engine.running = True
    yield made
    if made.engine.spider is not None:
        await made.engine.close_spider_async(reason="finished")
    await made.signals.send_catch_log_async(signals.engine_stopped)


def test_the_installed_release_was_checked():
    """After an upgrade of Scrapy, `engine` has to be compared with its source again."""
    assert engine.CHECKED == ".".join(scrapy.__version__.split(".")[:2])


@pytest.mark.parametrize("after_s", [0.0, 0.01])
async def test_a_woken_engine_asks_the_scheduler(opened, monkeypatch, after_s):
    """The engine asks for a request immediately or after some time, without any response."""
    calls = []
    monkeypatch.setattr(opened.engine.scheduler, "next_request", lambda: calls.append(True))

    engine.wake(opened, after_s)

    await until(lambda: calls)


async def test_a_closing_spider_is_noticed(opened):
    """A spider that closes for a reason of its own counts as a stop, although the engine still runs."""
    noted = []

    def note():
        noted.append(engine.is_closing(opened))

    opened.signals.connect(note, signal=signals.spider_closed)
    assert not engine.is_closing(opened)

    await opened.engine.close_spider_async(reason="disk_full")

    assert [True] == noted


async def test_an_engine_that_does_not_run_is_closing(opened):
    """The engine stops running before it closes its spider."""
    opened.engine.running = False

    assert engine.is_closing(opened)


async def test_handlers_are_found_by_scheme(opened):
    """A scheme has the handler that DOWNLOAD_HANDLERS names; one without a handler has none."""
    handler = engine.handler(opened, "ping")

    assert isinstance(handler, PingDownloadHandler)
    assert handler is engine.created_handler(opened, "ping")
    assert engine.handler(opened, "gopher") is None
    assert engine.created_handler(opened, "gopher") is None


# --- the only place ---


def private_parts(source: str) -> Iterator[str]:
    """Yield the private attributes of other objects that a module touches."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.startswith("__"):
            is_own = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls", "spider")
            if not is_own:
                yield ast.unparse(node)


def test_no_other_module_touches_private_parts_of_scrapy():
    """Modules that import Scrapy use only its public parts, those in `engine` excepted."""
    texts = {str(path.relative_to(PACKAGE)): path.read_text() for path in PACKAGE.rglob("*.py")}
    parts_by_name = {name: [*private_parts(text)] for name, text in texts.items() if "scrapy" in text}
    touching = {name: parts for name, parts in parts_by_name.items() if parts}

    assert {"engine/__init__.py", "engine/downloader.py"} == set(touching)


def test_a_private_part_is_found():
    """The private attribute of an attribute or a call is found; those of the object itself are not."""
    source = "self._crawler.engine._slot.nextcall\nself._own\nfind()._hidden\nthing.__class__"

    assert ["self._crawler.engine._slot", "find()._hidden"] == sorted(private_parts(source), reverse=True)
