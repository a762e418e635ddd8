"""
Pacers: how many packets are sent per second.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Final, NamedTuple

from ipv6matrix.targets import policy

# Seconds of lateness that may be made up for at once; anything beyond is lost, e.g. after the process was stopped.
_CATCH_UP_S: Final = 0.1
# Size of the table of groups above which idle ones are dropped.
_MANY_GROUPS: Final = 10_000


@dataclass(slots=True)
class Waits:
    """The number of calls of `wait`, and the total time they waited in seconds."""

    turns: int = 0
    seconds: float = 0.0


class _Waiter(NamedTuple):
    rank: int
    number: int
    came_at: float
    turn: asyncio.Future[None]


@dataclass(slots=True)
class _Group:
    """Events that share a rate of their own."""

    free_at: float = 0.0
    waiting: list[_Waiter] = field(default_factory=list)
    "A heap."
    offered: tuple[int, int] | None = None
    "Rank and number of its waiter that waits for the common rate."
    timer: asyncio.TimerHandle | None = None

    def first(self) -> _Waiter | None:
        """Return the waiter of the lowest rank; a cancelled one uses up no slot."""
        while self.waiting and self.waiting[0].turn.done():
            heappop(self.waiting)
        return self.waiting[0] if self.waiting else None


class Pacer:
    """
    Spaces events evenly: at most `rate` per second, and `rate_of_group` in each group, without bursts; 0: no limit.

    An event happens when both its group and the pacer are free, and only then uses up a slot of both: what
    has waited for its group does not gather before the common rate, to leave in a burst.

    Each slot is computed from the previous one, not from the time a waiter woke up, so
    a late event loop does not lower the rate. After a longer standstill, missed slots
    are not made up for. Among waiters, the lowest rank goes first; within a rank, the
    one that came first.
    """

    def __init__(self, rate: float, rate_of_group: float = 0) -> None:
        self._spacing_s = 1 / rate if rate else 0.0
        self._spacing_of_group_s = 1 / rate_of_group if rate_of_group else 0.0
        self._free_at = 0.0
        self._groups: dict[bytes, _Group] = {b"": _Group()}
        self._ready: list[tuple[int, int, _Group]] = []
        "A heap of free groups, by the rank and number of their first waiters; void unless `offered` last."
        self._timer: asyncio.TimerHandle | None = None
        self.waits, self.waits_of_groups = Waits(), Waits()
        "How long events waited for the common rate, and for that of their group."

    async def wait(self, rank: int = 0, key: bytes = b"") -> None:
        """Wait until the next event of a group may happen; `key` tells groups apart if they have a rate."""
        self.waits.turns += 1
        self.waits_of_groups.turns += bool(self._spacing_of_group_s)
        if not self._spacing_s and not self._spacing_of_group_s:
            return
        now = time.monotonic()
        group = self._of(key, now)
        if not self._ready and not group.waiting and self._free_at <= now and group.free_at <= now:
            self._free_at = now + self._spacing_s
            group.free_at = now + self._spacing_of_group_s
            return
        turn = asyncio.get_running_loop().create_future()
        heappush(group.waiting, _Waiter(rank, self.waits.turns, now, turn))
        self._offer(group, now)
        await turn

    def _of(self, key: bytes, now: float) -> _Group:
        if not self._spacing_of_group_s:
            return self._groups[b""]
        if (known := self._groups.get(key)) is not None:
            return known
        if len(self._groups) >= _MANY_GROUPS:
            self._groups = {name: group for name, group in self._groups.items() if group.waiting or group.free_at > now}
        new = self._groups[key] = _Group()
        return new

    def _offer(self, group: _Group, now: float) -> None:
        """Let the first waiter of a group wait for the common rate, as soon as the group is free."""
        first = group.first()
        if first is None:
            return
        if group.free_at > now:
            if group.timer is None:
                group.timer = asyncio.get_running_loop().call_at(group.free_at, self._wake, group)
            return
        place = (first.rank, first.number)
        if group.offered is None or place < group.offered:
            group.offered = place
            heappush(self._ready, (*place, group))
            if self._timer is None:
                self._timer = asyncio.get_running_loop().call_at(self._free_at, self._let_pass)

    def _wake(self, group: _Group) -> None:
        group.timer = None
        self._offer(group, time.monotonic())

    def _let_pass(self) -> None:
        now = time.monotonic()
        earliest = now - _CATCH_UP_S
        self._free_at = max(self._free_at, earliest)
        while self._ready and self._free_at <= now:
            rank, number, group = heappop(self._ready)
            if (rank, number) != group.offered:
                continue
            group.offered = None
            first = group.first()
            if first is not None and first.number == number:
                heappop(group.waiting).turn.set_result(None)
                free_at = max(first.came_at, group.free_at)
                self.waits_of_groups.seconds += free_at - first.came_at
                self.waits.seconds += max(0.0, self._free_at - free_at)
                self._free_at += self._spacing_s
                group.free_at = max(group.free_at, earliest) + self._spacing_of_group_s
            self._offer(group, now)
        self._timer = asyncio.get_running_loop().call_at(self._free_at, self._let_pass) if self._ready else None


class NetworkPacer:
    """An overall rate, and one per destination network (IPv4 /24, IPv6 /48)."""

    def __init__(self, rate: float, rate_per_network: float) -> None:
        self._pacer = Pacer(rate, rate_per_network)
        self._has_networks = bool(rate_per_network)
        self.waits = {"all": self._pacer.waits, "network": self._pacer.waits_of_groups}
        "How long packets waited, for the overall rate and for the rate per network."

    async def wait(self, address: str, rank: int = 0) -> None:
        """Wait until a packet may be sent to an address."""
        await self._pacer.wait(rank, policy.network(address) if self._has_networks else b"")
