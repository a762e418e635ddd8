"""
Keeps Python's garbage collector from blocking the event loop.
"""

from __future__ import annotations

import gc
from typing import Final, Self

from scrapy import signals
from scrapy.crawler import Crawler

# Allocations between collections of the youngest generation, and collections of
# each generation before one of the next. Python's defaults are 700, 10, 10.
_THRESHOLDS: Final = (5_000, 800, 10)


class GcTuning:
    """
    Freezes objects loaded at the start, and collects less often.

    A full collection visits every object: with those of Scrapy and Twisted it
    took 150 ms, once a second, and delayed all replies.
    """

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls()
        crawler.signals.connect(extension.engine_started, signal=signals.engine_started)
        crawler.signals.connect(extension.engine_stopped, signal=signals.engine_stopped)
        return extension

    def __init__(self) -> None:
        self._thresholds = gc.get_threshold()

    def engine_started(self) -> None:
        gc.collect()
        gc.freeze()
        gc.set_threshold(*_THRESHOLDS)

    def engine_stopped(self) -> None:
        gc.unfreeze()
        gc.set_threshold(*self._thresholds)
