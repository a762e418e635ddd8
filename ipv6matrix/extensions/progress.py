"""
Shows the progress of a crawl.
"""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from typing import Any, Final, Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.utils.asyncio import AsyncioLoopingCall

from ipv6matrix import context
from ipv6matrix.exceptions import StoreError
from ipv6matrix.extensions.health import Health
from ipv6matrix.progress import texts
from ipv6matrix.progress.display import Display, is_wanted
from ipv6matrix.progress.figures import Figures, Listing, figures
from ipv6matrix.progress.pace import Pace, Window
from ipv6matrix.store.counts import Counts
from ipv6matrix.targets import lists

logger = logging.getLogger(__name__)

_LOG_EVERY_S: Final = 60.0
_DRAW_EVERY_S: Final = 0.5
# Seconds between measurements of the speed; each is also recorded in the database.
_NOTE_EVERY_S: Final = 5.0


class Progress:
    """
    Draws a page on a terminal or logs a line per minute, and records the same figures in the database.

    All figures come from counters that are updated as answers are stored; there are
    no queries. Other processes read the record: `scrapy status`.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._context = context.of(crawler)
        self._job = self._context.job
        self._calls: list[AsyncioLoopingCall] = []
        self._display: Display | None = None
        self._window = Window()
        self._lines: int | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls(crawler)
        crawler.signals.connect(extension.engine_started, signal=signals.engine_started)
        crawler.signals.connect(extension.spider_closed, signal=signals.spider_closed)
        return extension

    def engine_started(self) -> None:
        self._lines = lists.lines(self._context.lists.files())
        self._note()
        self._call(self._note, _NOTE_EVERY_S)
        if is_wanted(self._crawler.settings):
            self._display = Display()
            self._display.start()
            self._call(self._draw, _DRAW_EVERY_S)
        else:
            self._call(self._log, _LOG_EVERY_S)

    def spider_closed(self) -> None:
        if not self._calls:
            return
        for call in self._calls:
            call.stop()
        self._calls = []
        self._note()
        if self._display is not None:
            self._draw()
            self._display.stop()

    @property
    def figures(self) -> Figures:
        """Return the current progress; of a shared crawl, that of all machines."""
        second_pass = self._crawler.settings.getbool("SECOND_PASS")
        return figures(self._counts, self._listing, self._pace, second_pass=second_pass)

    @property
    def waits_for(self) -> tuple[str, ...]:
        """Return the dependencies of the vantage point that are down."""
        health = self._crawler.get_extension(Health)
        return tuple(name for name, part in health.parts.items() if part.waits) if health else ()

    @property
    def _counts(self) -> Counts:
        worker = self._context.worker
        return worker.whole if worker else self._job.store.counts

    @property
    def _pace(self) -> Pace:
        return replace(self._window.pace(), parked_s=self._context.frontier.parked_s)

    @property
    def _listing(self) -> Listing:
        if self._context.worker:
            return Listing(lines=self._lines, ended=self._context.worker.is_listed)
        assert self._crawler.stats
        count = self._crawler.stats.get_value
        refused = sum(count(f"list/refused/{reason}", 0) for reason in ("invalid_name", "name_too_long"))
        return Listing(lines=self._lines, read=count("list/domains", 0) + refused, ended=count("list/ended", False))

    def _call(self, function: Any, every_s: float) -> None:
        call = AsyncioLoopingCall(function)
        call.start(every_s, now=False)
        self._calls.append(call)

    def _draw(self) -> None:
        assert self._display is not None
        self._display.draw(texts.page(self.figures, self.waits_for))

    def _log(self) -> None:
        logger.info("%s", texts.line(self.figures, self.waits_for))

    def _note(self) -> None:
        """Measure the speed; restart the measurement after an outage."""
        if self.waits_for:
            self._window.forget()
        self._window.note(time.monotonic(), self._counts)
        if self._job.failed:
            return
        try:
            self._job.store.note(
                at=int(time.time()),
                listing=self._listing.dump(),
                pace=self._pace.dump(),
                waits_for=self.waits_for,
                second_pass=self._crawler.settings.getbool("SECOND_PASS"),
            )
        except StoreError as error:
            self._job.fail(error)
