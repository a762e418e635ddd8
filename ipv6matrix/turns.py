"""
Long computations in short turns, so that the event loop can run other tasks in between.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Final, Self, TypeVar

# Seconds of work before the event loop gets a turn: too short to delay replies.
_TURN_S: Final = 0.005
# Up to this many subjects are processed in one go: hosts have one to four addresses, and a coroutine has a cost.
FEW: Final = 16

T = TypeVar("T")
R = TypeVar("R")


class Turns:
    """
    Serializes the long computations of one component and interrupts each of them every few milliseconds.

    Many computations taking turns at the same time would block the event loop as much as a single uninterrupted one.
    """

    def __init__(self) -> None:
        self._one_at_a_time = asyncio.Lock()
        self._ends_at = 0.0

    async def __aenter__(self) -> Self:
        await self._one_at_a_time.acquire()
        self._ends_at = time.monotonic() + _TURN_S
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._one_at_a_time.release()

    async def end_if_due(self) -> None:
        """Yield to the event loop once if the turn has lasted long enough."""
        if time.monotonic() > self._ends_at:
            await asyncio.sleep(0)
            self._ends_at = time.monotonic() + _TURN_S

    def for_each(self, work: Callable[[T], object], subjects: Sequence[T], result: R) -> R | Awaitable[R]:
        """Call `work` for each subject, then return the result: immediately for a few, otherwise as an awaitable."""
        if len(subjects) > FEW:
            return self._for_each(work, subjects, result)
        for subject in subjects:
            work(subject)
        return result

    async def _for_each(self, work: Callable[[T], object], subjects: Sequence[T], result: R) -> R:
        async with self:
            for subject in subjects:
                work(subject)
                await self.end_if_due()
        return result
