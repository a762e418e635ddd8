"""
The retry pass: repeats requests whose failures may have been temporary, at the end of the crawl.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator
from typing import Final, Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider, DontCloseSpider

from ipv6matrix import context, engine, urls
from ipv6matrix.exceptions import StoreError
from ipv6matrix.extensions.run_record import INCOMPLETE
from ipv6matrix.items import Answered
from ipv6matrix.measurements import REGISTRY
from ipv6matrix.measurements.base import Failed
from ipv6matrix.signals import store_replaced
from ipv6matrix.store.queries import second_pass

logger = logging.getLogger(__name__)

# Time between a failure and its retry, as a share of the time that the crawl has run: waiting for the last failures
# must not take long compared with everything else (docs/decisions/0040).
_SHARE: Final = 0.25
# Working time after which the event loop gets a turn, in seconds.
_TURN_S: Final = 0.005


class SecondPass:
    """
    Keeps an idle crawl open until every temporary failure has been retried.

    Whenever no requests are left, it reads the facts, retries failures that are old
    enough, and waits for more recent ones. It keeps no state: a retry has a URL of
    its own, and the outcome of the first request a row in first_answers.
    """

    def __init__(self, crawler: Crawler, *, least_s: float, most_s: float, lifetime_s: float) -> None:
        self._crawler = crawler
        self._context = context.of(crawler)
        self._least_s = least_s
        self._most_s = most_s
        self._lifetime_s = lifetime_s
        self._began_at = time.monotonic()
        self._look: asyncio.Task[bool] | None = None
        # Monotonic; every failure is older.
        self._idle_at: float | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls(
            crawler,
            least_s=crawler.settings.getfloat("SECOND_PASS_AFTER_MIN"),
            most_s=crawler.settings.getfloat("SECOND_PASS_AFTER"),
            lifetime_s=crawler.settings.getfloat("QUERY_LIFETIME"),
        )
        if crawler.settings.getbool("SECOND_PASS"):
            crawler.signals.connect(extension.spider_idle, signal=signals.spider_idle)
        else:
            crawler.signals.connect(extension.settle, signal=signals.spider_idle)
        crawler.signals.connect(extension.store_replaced, signal=store_replaced)
        context.of(crawler).stored.append(extension.stored)
        crawler.signals.connect(extension.spider_closed, signal=signals.spider_closed)
        return extension

    def spider_idle(self) -> None:
        """Let the crawl end only after a search has found nothing to retry and nothing to wait for."""
        if self._look is not None and self._look.done():
            if not self._has_found(self._look):
                if self._context.frontier.settle():
                    return
                self._look = None
                raise DontCloseSpider
            self._look = None
        if self._idle_at is None:
            self._idle_at = time.monotonic()
        if self._look is None:
            self._look = asyncio.get_running_loop().create_task(self._retry_failures())
        raise DontCloseSpider

    def settle(self) -> None:
        """Let the crawl end, unless other machines may still find something for this one."""
        if not self._context.frontier.settle():
            raise DontCloseSpider

    def store_replaced(self) -> None:
        if self._look is not None:
            self._look.cancel()
            self._look = None

    def stored(self, item: Answered) -> None:
        # What was answered after a search may have failed: other extensions add requests to an idle crawl.
        if self._look is not None and self._look.done():
            self._look = None
        assert self._crawler.stats
        if item.second and REGISTRY.is_answered(item):
            self._crawler.stats.inc_value("second_pass/recovered")

    async def spider_closed(self) -> None:
        if self._look is not None:
            self._look.cancel()
            await asyncio.wait((self._look,))

    def _has_found(self, search: asyncio.Task[bool]) -> bool:
        try:
            return search.result()
        except StoreError as error:
            logger.error("The retry pass cannot read the failures: %s", error)  # noqa: TRY400 - the message is complete without a traceback
            raise CloseSpider(INCOMPLETE) from None
        except Exception:
            # Without its retry pass the crawl is not finished: it stays, to be resumed.
            logger.exception("The retry pass failed")
            raise CloseSpider(INCOMPLETE) from None

    async def _retry_failures(self) -> bool:
        """Retry what is due, and wait for the rest; return False if there was neither."""
        retried, wait_s = 0, 0.0
        turn_ends_at = time.monotonic() + _TURN_S
        for chunk in second_pass.failed(self._context.job.store):
            for failure in chunk:
                due_in_s = self._due_in_s(failure)
                if due_in_s <= 0:
                    retried += self._retry(failure)
                elif self._is_new(failure):
                    wait_s = max(wait_s, due_in_s)
            if time.monotonic() > turn_ends_at:
                await asyncio.sleep(0)
                turn_ends_at = time.monotonic() + _TURN_S
        if retried:
            logger.info("Retry pass: retrying %d failed requests", retried)
            self._idle_at = None
        elif wait_s:
            logger.info("Retry pass: retrying the last failures in %.0f s", wait_s)
            await asyncio.sleep(wait_s)
        # Otherwise Scrapy checks whether it is idle only every five seconds.
        engine.wake(self._crawler)
        return bool(retried or wait_s)

    def _due_in_s(self, failed: Failed) -> float:
        assert self._idle_at is not None
        # Stored times are those of the request, in whole seconds, and the clock may have been set back.
        by_clock_s = failed.asked_at + 1 + self._lifetime_s - time.time()
        after_s = min(self._most_s, max(self._least_s, _SHARE * (self._idle_at - self._began_at)))
        return min(by_clock_s, self._idle_at - time.monotonic()) + after_s

    def _retry(self, failed: Failed) -> int:
        assert self._crawler.engine
        assert self._crawler.stats
        new = [url for url in self._urls(failed) if not self._context.frontier.knows(url)]
        for url in new:
            self._crawler.engine.crawl(urls.request(url))
            self._crawler.stats.inc_value("second_pass/asked")
        return len(new)

    def _is_new(self, failed: Failed) -> bool:
        return not all(map(self._context.frontier.knows, self._urls(failed)))

    def _urls(self, failed: Failed) -> Iterator[str]:
        return map(urls.again, REGISTRY.retries(failed, self._context.plan))
