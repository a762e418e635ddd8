"""
Pacers: how many packets are sent per second.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Final

from ipv6matrix.targets import policy

# Seconds of lateness that may be made up for at once; anything beyond is lost, e.g. after the process was stopped.
_CATCH_UP_S: Final = 0.1
# Size of the table of networks above which idle ones are dropped.
_MANY_NETWORKS: Final = 10_000


@dataclass(slots=True)
class Waits:
    """The number of calls of `wait`, and the total time they waited in seconds."""

    turns: int = 0
    seconds: float = 0.0


class Pacer:
    """
    Spaces events evenly: at most `rate` per second, without bursts; 0 means no limit.

    Each slot is computed from the previous one, not from the time a waiter woke up, so
    a late event loop does not lower the rate. After a longer standstill, missed slots
    are not made up for. Among waiters, the lowest rank goes first; within a rank, the
    one that came first.
    """

    def __init__(self, rate: float, waits: Waits | None = None) -> None:
        self._spacing_s = 1 / rate if rate else 0.0
        self._waiting: list[tuple[int, int, float, asyncio.Future[None]]] = []
        self.waits = waits or Waits()
        self.free_at = 0.0

    async def wait(self, rank: int = 0) -> None:
        """Wait until the next event may happen."""
        self.waits.turns += 1
        if not self._spacing_s:
            return
        came_at = time.monotonic()
        if not self._waiting and self.free_at <= came_at:
            self.free_at = came_at + self._spacing_s
            return
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_at(self.free_at, self._let_pass, loop)
        turn = loop.create_future()
        heappush(self._waiting, (rank, self.waits.turns, came_at, turn))
        await turn

    def is_free(self) -> bool:
        """Return whether an event may happen immediately."""
        return not self._waiting and self.free_at <= time.monotonic()

    def _let_pass(self, loop: asyncio.AbstractEventLoop) -> None:
        now = time.monotonic()
        self.free_at = max(self.free_at, now - _CATCH_UP_S)
        while self._waiting and self.free_at <= now:
            *_, came_at, turn = heappop(self._waiting)
            # A cancelled waiter uses up no slot.
            if not turn.done():
                turn.set_result(None)
                self.waits.seconds += max(0.0, self.free_at - came_at)
                self.free_at += self._spacing_s
        if self._waiting:
            loop.call_at(self.free_at, self._let_pass, loop)


class NetworkPacer:
    """An overall rate, and one per destination network (IPv4 /24, IPv6 /48)."""

    def __init__(self, rate: float, rate_per_network: float) -> None:
        self._overall = Pacer(rate)
        self._rate_per_network = rate_per_network
        self._networks: dict[bytes, Pacer] = {}
        self.waits = {"all": self._overall.waits, "network": Waits()}
        "How long packets waited, for the overall rate and for the rate per network."

    async def wait(self, address: str, rank: int = 0) -> None:
        """Wait until a packet may be sent to an address."""
        if self._rate_per_network:
            await self._of(address).wait(rank)
        await self._overall.wait(rank)

    def _of(self, address: str) -> Pacer:
        network = policy.network(address)
        if (known := self._networks.get(network)) is not None:
            return known
        if len(self._networks) >= _MANY_NETWORKS:
            self._networks = {key: pacer for key, pacer in self._networks.items() if not pacer.is_free()}
        new = self._networks[network] = Pacer(self._rate_per_network, self.waits["network"])
        return new
