"""
The private parts of Scrapy's engine that the project needs, all in one place.

Scrapy has no public way to do these things. tests/test_engine.py runs each with Scrapy's
own engine, and fails when a release of Scrapy is installed that was not checked.
"""

from __future__ import annotations

from typing import Final

from scrapy.core.downloader.handlers import DownloadHandlerProtocol
from scrapy.crawler import Crawler

# The release of Scrapy whose source was read.
CHECKED: Final = "2.19"


def wake(crawler: Crawler, after_s: float = 0.0) -> None:
    """
    Let the engine ask the scheduler for requests.

    By itself it does so only when a response arrives, and every five seconds.
    """
    slot = crawler.engine._slot if crawler.engine else None
    if slot is not None:
        slot.nextcall.schedule(after_s)


def is_closing(crawler: Crawler) -> bool:
    """Return whether the engine has begun to stop, also for stops that do not begin with a signal."""
    engine = crawler.engine
    assert engine
    return not engine.running or (engine._slot is not None and engine._slot.closing is not None)


def handler(crawler: Crawler, scheme: str) -> DownloadHandlerProtocol | None:
    """Return the handler of a scheme; None if it could not be created, which Scrapy only logs."""
    assert crawler.engine
    return crawler.engine.downloader.handlers._get_handler(scheme)


def created_handler(crawler: Crawler, scheme: str) -> DownloadHandlerProtocol | None:
    """Return the handler of a scheme if it has been created; may be called in any thread."""
    return crawler.engine.downloader.handlers._handlers.get(scheme) if crawler.engine else None
