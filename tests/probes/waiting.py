"""Waiting and counting for tests of probes."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path

NEAR_MS = 20.0
"Twice the delay of the first link, and of the whole path to the region `near`."
BLOCKED_S = 1.0
"Duration for which a busy loop is blocked."
SOON_MS = 900.0
"More than a loaded machine adds to the delay, less than the loop is blocked for."


async def until(condition: Callable[[], object], within_s: float = 5.0) -> None:
    """Wait for a condition, with a deadline."""
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - what is polled for is no event of this loop's
            await asyncio.sleep(0.001)


async def received(server: socket.socket) -> tuple[bytes, tuple[str, int]]:
    """Wait for the next datagram, and return it with its source address."""
    return await asyncio.get_running_loop().sock_recvfrom(server, 4096)


def open_files() -> int:
    """Return the number of file descriptors that this process holds."""
    return len(list(Path("/proc/self/fd").iterdir()))
