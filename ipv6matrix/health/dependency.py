"""
A dependency of the vantage point on an event loop: runs its checks, and holds observations until they are judged.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

from ipv6matrix.health.machine import Machine, State, Verdict

# Seconds without an answer, while requests are in flight, that raise a doubt by
# themselves: shorter than the timeouts of those requests.
_SILENCE_S: Final = 1.0
# Observations released per turn of the event loop: releasing hundreds at once would delay replies.
_PER_TURN: Final = 12

Waiting = tuple[float, float, asyncio.Future[bool]]


class Dependency:
    """
    A service that all requests of one kind need: the resolvers, IPv4 or IPv6.

    `check` returns whether it is available; `changed` is called when it fails, comes
    back or is given up. With `confirms_all`, even answers are confirmed by a check
    after them, because a resolver can lie.
    """

    def __init__(
        self,
        name: str,
        check: Callable[[], Awaitable[bool]],
        changed: Callable[[Dependency], None],
        *,
        max_wait_s: float = math.inf,
        confirms_all: bool = False,
    ) -> None:
        self.name = name
        self.confirms_all = confirms_all
        self.machine = Machine(max_wait_s)
        self.under_way: dict[str, float] = {}
        "Requests in flight: URL and time sent."
        self.away_s = self.last_away_s = 0.0
        self._check = check
        self._changed = changed
        self._heard_at = -math.inf
        self._waiting: deque[Waiting] = deque()
        self._running: asyncio.Task[None] | None = None
        self.is_closed = False
        self._woken = asyncio.Event()
        self._due = math.inf

    @property
    def gone_at(self) -> float | None:
        """The time at which it was found to be unavailable; None while it is available."""
        return self.machine.away_at

    @property
    def is_lost(self) -> bool:
        """Return whether it was unavailable for too long."""
        return self.machine.state is State.LOST

    @property
    def waits(self) -> bool:
        """Return whether the crawl is waiting for it."""
        return self.gone_at is not None and not self.is_lost

    @property
    def held(self) -> int:
        """Number of observations that wait for a check."""
        return len(self._waiting)

    def begin(self, url: str) -> None:
        """Record that a request is sent now."""
        self.under_way[url] = now = time.monotonic()
        self.machine.use(now)
        self._wake()

    def heard(self) -> None:
        """Record an answer: it ends the silence, but proves nothing."""
        self._heard_at = time.monotonic()

    async def stood(self, asked_at: float) -> bool:
        """
        Return whether an observation that ends now counts: True if the dependency was available since `asked_at`.

        Waits for a check that begins after the observation.
        """
        ended_at = time.monotonic()
        verdict = self._judge(asked_at, ended_at)
        if verdict is not Verdict.WAIT:
            return verdict is Verdict.PASS
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked_at, ended_at, future))
        self._doubt(ended_at)
        return await future

    def watch(self) -> None:
        """Doubt the dependency if requests are in flight and no answer arrives."""
        if self.under_way and not self.is_closed and self.gone_at is None:
            now = time.monotonic()
            if now - max(next(iter(self.under_way.values())), self._heard_at) > _SILENCE_S:
                self._doubt(now)

    def close(self) -> None:
        """Stop checking. Waiting observations do not count, so their requests stay pending."""
        self.is_closed = True
        if self.gone_at is not None:
            self.away_s += time.monotonic() - self.gone_at
            self.machine.away_at = None
        if self._running is not None:
            self._running.cancel()
        while self._waiting:
            *_, future = self._waiting.popleft()
            if not future.done():
                future.set_result(False)

    def _judge(self, asked_at: float, ended_at: float) -> Verdict:
        return Verdict.AGAIN if self.is_closed else self.machine.judge(asked_at, ended_at)

    def _doubt(self, now: float) -> None:
        self.machine.doubt(now)
        self._wake()

    def _wake(self) -> None:
        """Schedule the next check no later than the machine requires."""
        if self.is_closed:
            return
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run())
            self._running.add_done_callback(self._ran)
        elif self.machine.next_at() < self._due:
            self._woken.set()

    async def _run(self) -> None:
        while (due := self.machine.next_at()) < math.inf:
            self._due = due
            self._woken.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, due - time.monotonic())):
                    await self._woken.wait()
            now = time.monotonic()
            if self.machine.tick(now):
                self._changed(self)
            elif now >= self.machine.next_at():
                self.machine.check_begins(now)
                well = await self._check()
                if self.machine.check_ends(time.monotonic(), well=well):
                    self._note_change()
            await self._let_go()

    def _note_change(self) -> None:
        if self.machine.state is State.WELL:
            self.last_away_s = self.machine.came_back()
            self.away_s += self.last_away_s
        self._changed(self)

    async def _let_go(self) -> None:
        for number in range(1, len(self._waiting) + 1):
            if not self._waiting:  # closed in the meantime
                return
            asked_at, ended_at, future = self._waiting.popleft()
            verdict = self._judge(asked_at, ended_at)
            if verdict is Verdict.WAIT:
                self._waiting.append((asked_at, ended_at, future))
                self.machine.doubt(ended_at)
            elif not future.done():
                future.set_result(verdict is Verdict.PASS)
            if number % _PER_TURN == 0:
                await asyncio.sleep(0)

    def _ran(self, task: asyncio.Task[None]) -> None:
        """Pass an exception raised by the check to the observations that wait for it."""
        if task.cancelled() or (error := task.exception()) is None:
            return
        while self._waiting:
            *_, future = self._waiting.popleft()
            if not future.done():
                future.set_exception(error)
