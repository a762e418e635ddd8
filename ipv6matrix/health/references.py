"""
Checks whether a family is available, by probing reference targets in several networks and the first router.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from ipv6matrix.health.machine import Witnesses
from ipv6matrix.items import Failure
from ipv6matrix.probes import Pace
from ipv6matrix.probes.icmp import Pinger
from ipv6matrix.probes.tcp import TcpProber

# Timeout for an answer, in seconds.
ANSWER_S: Final = 1.0
# Seconds before further references are probed too; usually the first one has answered by then.
_HEDGE_S: Final = 0.5
# Seconds before references are probed again if none has ever answered: they may be permanently unreachable.
_UNKNOWN_S: Final = 60.0
# References probed per check.
_AT_ONCE: Final = 4
# The alternative where Echo Requests are filtered. Root servers must serve DNS over TCP (RFC 7766, RFC 7720).
_PORT: Final = 53

Ask = Callable[[], Awaitable[bool]]


class References:
    """
    Probes the references of one family.

    `addresses` returns those that may be probed now, `gateway` the first router or
    None, and `is_opted_out` whether that router may not be probed.
    """

    def __init__(
        self,
        addresses: Callable[[], Sequence[str]],
        gateway: Callable[[], str | None],
        is_opted_out: Callable[[str], bool],
        pinger: Pinger,
        prober: TcpProber,
        pace: Pace,
    ) -> None:
        self.witnesses = Witnesses()
        self._addresses = addresses
        self._gateway = gateway
        self._is_opted_out = is_opted_out
        self._pinger = pinger
        self._prober = prober
        self._pace = pace
        self._asked_at = -math.inf

    async def well(self) -> bool:
        """Return whether the family is available, by the strongest witness that has ever answered."""
        chosen = self._choose()
        needs_router = not (chosen and self.witnesses.reference)
        reference, gateway = await asyncio.gather(self._any_of(chosen), self._first_router(is_needed=needs_router))
        return self.witnesses.well(reference=reference if chosen else None, gateway=gateway)

    def _choose(self) -> list[str]:
        now = time.monotonic()
        if not self.witnesses.reference and now < self._asked_at + _UNKNOWN_S:
            return []
        self._asked_at = now
        allowed = list(self._addresses())
        return random.sample(allowed, min(len(allowed), _AT_ONCE))

    async def _any_of(self, addresses: Sequence[str]) -> bool:
        """Ping one reference. If it is slow, ping the others and connect to all of them over TCP."""
        asks: list[tuple[float, Ask]] = []
        for number, address in enumerate(addresses):
            asks.append((_HEDGE_S if number else 0.0, lambda address=address: self._replies(address)))  # type: ignore[misc]
            asks.append((_HEDGE_S, lambda address=address: self._shakes_hands(address)))  # type: ignore[misc]
        return await first_true(asks)

    async def _first_router(self, *, is_needed: bool) -> bool | None:
        """Ping the first router; return None if that is not needed or not allowed, False if there is no router."""
        address = self._gateway() if is_needed else None
        if not is_needed or (address and self._is_opted_out(address)):
            return None
        return address is not None and bool((await self._pinger.ping(address)).rtts_ms)

    async def _replies(self, address: str) -> bool:
        return bool((await self._pinger.ping(address, self._pace)).rtts_ms)

    async def _shakes_hands(self, address: str) -> bool:
        """Return whether the port is open or closed; either is an answer."""
        (port,) = (await self._prober.probe(address, (_PORT,), starttls=False, pace=self._pace)).ports
        return port.open or port.failure in (Failure.CONNECTION_REFUSED, Failure.CONNECTION_RESET)


async def first_true(asks: Sequence[tuple[float, Ask]]) -> bool:
    """Run each check after its delay in seconds; return at the first that is true and cancel the others."""
    tasks = [asyncio.ensure_future(_after(delay_s, ask)) for delay_s, ask in asks]
    try:
        for task in asyncio.as_completed(tasks):
            if await task:
                return True
        return False
    finally:
        for check in tasks:
            check.cancel()


async def _after(delay_s: float, ask: Ask) -> bool:
    await asyncio.sleep(delay_s)
    return await ask()
