"""
Measures the lag of the event loop.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections import deque
from typing import Final, Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.statscollectors import StatsCollector

_INTERVAL_S: Final = 0.02
# Number of samples stored: the last half hour.
_KEPT: Final = 90_000
# Upper bounds of the histogram's buckets, in milliseconds; the last bucket has none.
BOUNDS_MS: Final = (1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 2500.0)


class LoopLag:
    """
    Sleeps for short times and measures how much later than requested it wakes up.

    Round-trip times do not depend on the loop, because the kernel takes the
    timestamps, but a loop that lags by a timeout loses replies. Stats, in
    milliseconds: loop_lag/median_ms, loop_lag/p99_ms, loop_lag/worst_ms.
    """

    def __init__(self, stats: StatsCollector) -> None:
        self._stats = stats
        self._samples_ms: deque[float] = deque(maxlen=_KEPT)
        self._last_ms = self._worst_ms = 0.0
        self.classes = [0] * (len(BOUNDS_MS) + 1)
        "Samples per bucket, since the start."
        self.total_ms = 0.0
        self._due_at = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        assert crawler.stats
        extension = cls(crawler.stats)
        crawler.signals.connect(extension.engine_started, signal=signals.engine_started)
        crawler.signals.connect(extension.spider_closed, signal=signals.spider_closed)
        return extension

    @property
    def now_ms(self) -> float:
        """Current lag of the loop: the last sample, or the delay of the next one if that is longer."""
        overdue_ms = (asyncio.get_running_loop().time() - self._due_at) * 1000 if self._timer else 0.0
        return max(self._last_ms, overdue_ms)

    def engine_started(self) -> None:
        loop = asyncio.get_running_loop()
        self._due_at = loop.time() + _INTERVAL_S
        self._timer = loop.call_at(self._due_at, self._sample)

    def _sample(self) -> None:
        lag_ms = (asyncio.get_running_loop().time() - self._due_at) * 1000
        self._last_ms = lag_ms
        self._samples_ms.append(lag_ms)
        self._worst_ms = max(self._worst_ms, lag_ms)
        self.classes[bisect_left(BOUNDS_MS, lag_ms)] += 1
        self.total_ms += lag_ms
        self.engine_started()

    def spider_closed(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._samples_ms:
            ordered = sorted(self._samples_ms)
            self._stats.set_value("loop_lag/median_ms", round(ordered[len(ordered) // 2], 3))
            self._stats.set_value("loop_lag/p99_ms", round(ordered[len(ordered) * 99 // 100], 3))
            self._stats.set_value("loop_lag/worst_ms", round(self._worst_ms, 3))
