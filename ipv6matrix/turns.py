"""
Long work in turns, so that the event loop gets to what else is due in between.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Final, Self, TypeVar

# Seconds of work after which the loop gets a turn: below what would make replies late.
_TURN_S: Final = 0.005
# Work for so few subjects needs no turns: hosts have one to four addresses, and a coroutine has its price.
FEW: Final = 16

T = TypeVar("T")
R = TypeVar("R")


class Turns:
    """
    The long works of one component: one at a time, each interrupted every few milliseconds.

    Many that took their turns at the same time would keep the loop as busy as one that took none.
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
        """Let the loop go round once if the turn has lasted long enough."""
        if time.monotonic() > self._ends_at:
            await asyncio.sleep(0)
            self._ends_at = time.monotonic() + _TURN_S

    def for_each(self, work: Callable[[T], object], subjects: Sequence[T], result: R) -> R | Awaitable[R]:
        """Do some work for each subject, then return a result: at once for a few, else as an awaitable."""
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
