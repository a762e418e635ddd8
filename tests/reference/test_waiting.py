"""Waiting for a download without blocking the event loop."""

from __future__ import annotations

import asyncio
import threading

import pytest

from ipv6matrix.exceptions import DownloadError, DownloadStoppedError
from ipv6matrix.reference import waiting


def going_on():
    return False


async def test_the_result_comes_from_a_thread():
    """The result is returned, and the work did not run in the loop."""
    assert threading.current_thread() is not await waiting.result(threading.current_thread, going_on)


async def test_an_error_is_raised_where_it_is_awaited():
    """The work's own error is raised."""

    def work():
        raise DownloadError("not there", 404)

    with pytest.raises(DownloadError, match="not there"):
        await waiting.result(work, going_on)


async def test_the_loop_runs_during_the_work():
    """Work that waits for the loop completes."""
    is_set = threading.Event()
    asyncio.get_running_loop().call_later(0.01, is_set.set)

    assert await waiting.result(lambda: is_set.wait(10), going_on)


async def test_a_stop_does_not_wait_for_the_work():
    """Work that never ends is abandoned; its late result is ignored."""
    is_set, has_ended = threading.Event(), threading.Event()

    def work():
        is_set.wait(10)
        has_ended.set()
        raise DownloadError("too late")

    with pytest.raises(DownloadStoppedError, match="DOWNLOAD_STOPPED"):
        await waiting.result(work, lambda: True)
    assert not has_ended.is_set()
    is_set.set()
    assert await asyncio.get_running_loop().run_in_executor(None, has_ended.wait, 10)
