"""
Reads a list in turns with the event loop.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Final

from ipv6matrix.targets import lists

# Reading time after which the event loop gets a turn, in seconds.
_TURN_S: Final = 0.005


async def entries(files: Iterable[Path]) -> AsyncIterator[str | lists.Rejected]:
    """Yield the same as `lists.read`, without blocking the event loop during long runs of lines without a domain."""
    turn_ends_at = time.monotonic() + _TURN_S
    for file in files:
        for entry in lists.entries(file):
            if time.monotonic() > turn_ends_at:
                await asyncio.sleep(0)
                turn_ends_at = time.monotonic() + _TURN_S
            if entry is not None:
                yield entry
