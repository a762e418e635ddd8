"""A clock for tests of waiting: they are exact, take no time, and do not depend on the load of the machine."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest


class Clock:
    """Time passes only while all tasks are waiting, and then instantly; between two readings, by a nanosecond."""

    def __init__(self) -> None:
        self.now = 1000.0

    def look(self) -> float:
        self.now += 1e-9
        return self.now


@pytest.fixture
async def clock(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Clock]:
    """The clock behind `time.monotonic` and the event loop; real files and sockets are still waited for."""
    clock = Clock()
    selector = asyncio.get_running_loop()._selector  # type: ignore[attr-defined]
    select = selector.select

    def skip(timeout: float | None = None) -> list[object]:
        if timeout is None:
            return select()
        ready = select(0)
        if not ready:
            clock.now += max(timeout, 0)
        return ready

    with monkeypatch.context() as patched:
        patched.setattr(time, "monotonic", clock.look)
        patched.setattr(selector, "select", skip)
        yield clock
