"""
How far the crawl is.
"""

from __future__ import annotations

import logging
import sys
import time
from typing import Final, Self

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.utils.asyncio import AsyncioLoopingCall

from ipv6matrix.extensions.job import Job
from ipv6matrix.store.queries import progress

logger = logging.getLogger(__name__)

_LOG_EVERY_S: Final = 60.0
_DRAW_EVERY_S: Final = 0.5


class Progress:
    """Draws a bar on a terminal, and writes a line a minute into a log."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._calls: list[AsyncioLoopingCall] = []
        self._bar: Bar | None = None
        self._started_at = time.monotonic()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls(crawler)
        crawler.signals.connect(extension.engine_started, signal=signals.engine_started)
        crawler.signals.connect(extension.spider_closed, signal=signals.spider_closed)
        return extension

    def engine_started(self) -> None:
        self._started_at = time.monotonic()
        if sys.stderr.isatty() and not self._crawler.settings.get("LOG_FILE"):
            self._bar = _bar()
            self._bar.add_task("", total=None)
            self._bar.start()
            self._call(self._draw, _DRAW_EVERY_S)
        self._call(self._log, _LOG_EVERY_S)

    def spider_closed(self) -> None:
        for call in self._calls:
            call.stop()
        self._calls = []
        if self._bar is not None:
            self._draw()
            self._bar.stop()

    def _call(self, function: object, every_s: float) -> None:
        call = AsyncioLoopingCall(function)  # type: ignore[arg-type]
        call.start(every_s, now=False)
        self._calls.append(call)

    def _draw(self) -> None:
        assert self._bar is not None
        done, pending = self._requests()
        self._bar.update(
            self._bar.task_ids[0], completed=done, total=done + pending, description=self._line(done, pending)
        )

    def _log(self) -> None:
        done, pending = self._requests()
        logger.info("%s", self._line(done, pending))

    def _line(self, done: int, pending: int) -> str:
        assert self._crawler.stats
        domains = self._crawler.stats.get_value("stored/DomainItem", 0)
        seconds = max(time.monotonic() - self._started_at, 0.001)
        return f"{domains} domains ({domains / seconds:.1f}/s), {done} questions answered, {pending} to ask"

    def _requests(self) -> tuple[int, int]:
        job = self._crawler.get_extension(Job)
        assert job is not None
        return progress.requests(job.store)


def _bar() -> Bar:
    return Bar(BarColumn(30), TextColumn("{task.description}"), TimeElapsedColumn(), console=Console(stderr=True))
