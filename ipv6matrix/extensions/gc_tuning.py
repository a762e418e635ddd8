"""
Python's garbage collector, kept from stopping the event loop.
"""

from __future__ import annotations

import gc
from typing import Final, Self

from scrapy import signals
from scrapy.crawler import Crawler

# New objects after which the youngest are looked through; and how many of those
# looks until the next generation is, twice. Python's defaults are 700, 10, 10.
_THRESHOLDS: Final = (5_000, 800, 10)


class Garbage:
    """
    Sets what was loaded at the start aside, and looks for cycles less often.

    A full collection looks through every object: with those of Scrapy and
    Twisted it took 150 ms, once a second, and all replies waited for it.
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
