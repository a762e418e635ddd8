"""
Waits for a download without blocking the event loop, and without waiting for a silent server when the crawl stops.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Final, TypeVar

from ipv6matrix.exceptions import DownloadStoppedError

_T = TypeVar("_T")
_POLL_INTERVAL_S: Final = 0.1


async def result(work: Callable[[], _T], is_stopped: Callable[[], bool]) -> _T:
    """
    Return the result of blocking work, or raise its exception. Raises DownloadStoppedError once `is_stopped` is true.

    The work runs in a daemon thread, which unlike those of asyncio.to_thread does
    not delay the end of the process.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[_T] = loop.create_future()

    def in_loop(settle: Callable[[], None]) -> None:
        # The loop may have ended, and the caller may have stopped waiting.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(lambda: None if future.done() else settle())

    def run() -> None:
        try:
            value = work()
        except BaseException as error:  # noqa: BLE001 - it is raised where the result is awaited
            failure = error
            in_loop(lambda: future.set_exception(failure))
        else:
            in_loop(lambda: future.set_result(value))

    threading.Thread(target=run, name="download", daemon=True).start()
    while not (await asyncio.wait([future], timeout=_POLL_INTERVAL_S))[0]:
        if is_stopped():
            future.cancel()
            raise DownloadStoppedError
    return future.result()
