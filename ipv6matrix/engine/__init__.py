"""
The private parts of Scrapy's engine that the project needs, all in one place.

Scrapy has no public way to do these things. tests/engine/ runs each with Scrapy's
own engine, and fails when a release of Scrapy is installed that was not checked.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar, cast

from pydispatch import dispatcher  # type: ignore[import-untyped]
from scrapy.core.downloader.handlers import DownloadHandlerProtocol
from scrapy.crawler import Crawler
from scrapy.middleware import MiddlewareManager
from scrapy.utils.defer import ensure_awaitable

# The release of Scrapy whose source was read.
CHECKED: Final = "2.19"

_Value = TypeVar("_Value")


async def settled(value: _Value | Awaitable[_Value]) -> _Value:
    """Return a value, or the result of an awaitable: methods of components may be coroutines."""
    # Quicker than inspect.isawaitable(), and nearly no value is.
    return cast("_Value", await ensure_awaitable(value) if hasattr(value, "__await__") else value)


def methods(manager: MiddlewareManager, name: str) -> list[Callable[..., Any]]:
    """Return a method of all middlewares or pipelines that have it, in the order in which they are called."""
    return [method for method in manager.methods[name] if method is not None]


def is_heard(crawler: Crawler, signal: object) -> bool:
    """Return whether a crawler's signal has listeners; sending one costs 4 us also without any."""
    return bool(dispatcher.connections.get(id(crawler), {}).get(signal))


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
