"""A clock for tests of what waits: they are exact, cost no time, and a busy machine does not change them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest


class Clock:
    """Seconds that pass while nobody has anything to do, and then at once; between two looks, a nanosecond."""

    def __init__(self) -> None:
        self.now = 1000.0

    def look(self) -> float:
        self.now += 1e-9
        return self.now


@pytest.fixture
async def clock(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Clock]:
    """What `time.monotonic` and the event loop tell and wait by; files and sockets are still waited for."""
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
