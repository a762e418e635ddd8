"""
Asks whether a family is there: reference targets in several networks, and the first router.
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

# Seconds that an answer may take.
ANSWER_S: Final = 1.0
# Seconds until further references are asked as well: mostly the first one has answered by then.
_HEDGE_S: Final = 0.5
# Seconds until references are asked again of which none has ever answered: they may be out of reach for good.
_UNKNOWN_S: Final = 60.0
# References asked in one check.
_AT_ONCE: Final = 4
# The second way, where Echo Requests are filtered. Servers of the root have to serve it (RFC 7766, RFC 7720).
_PORT: Final = 53

Ask = Callable[[], Awaitable[bool]]


class References:
    """Asks about one family; `addresses` and `gateway` return whom it may ask now."""

    def __init__(
        self,
        addresses: Callable[[], Sequence[str]],
        gateway: Callable[[], str | None],
        pinger: Pinger,
        prober: TcpProber,
        pace: Pace,
    ) -> None:
        self.witnesses = Witnesses()
        self._addresses = addresses
        self._gateway = gateway
        self._pinger = pinger
        self._prober = prober
        self._pace = pace
        self._asked_at = -math.inf

    async def well(self) -> bool:
        """Return whether the family is there, by the strongest witness that ever answered."""
        chosen = self._choose()
        needs_router = not (chosen and self.witnesses.reference)
        reference, gateway = await asyncio.gather(self._any_of(chosen), self._first_router(wanted=needs_router))
        return self.witnesses.well(reference=reference if chosen else None, gateway=gateway)

    def _choose(self) -> list[str]:
        now = time.monotonic()
        if not self.witnesses.reference and now < self._asked_at + _UNKNOWN_S:
            return []
        self._asked_at = now
        allowed = list(self._addresses())
        return random.sample(allowed, min(len(allowed), _AT_ONCE))

    async def _any_of(self, addresses: Sequence[str]) -> bool:
        """Ask one, and the others only when it is slow; then each in both ways."""
        asks: list[tuple[float, Ask]] = []
        for number, address in enumerate(addresses):
            asks.append((_HEDGE_S if number else 0.0, lambda address=address: self._replies(address)))  # type: ignore[misc]
            asks.append((_HEDGE_S, lambda address=address: self._shakes_hands(address)))  # type: ignore[misc]
        return await first_true(asks)

    async def _first_router(self, *, wanted: bool) -> bool:
        """Ask the first router, as long as no reference has ever answered."""
        address = self._gateway() if wanted else None
        return address is not None and bool((await self._pinger.ping(address)).rtts_ms)

    async def _replies(self, address: str) -> bool:
        return bool((await self._pinger.ping(address, self._pace)).rtts_ms)

    async def _shakes_hands(self, address: str) -> bool:
        """Return whether the port is open or refused: either is an answer."""
        (port,) = (await self._prober.probe(address, (_PORT,), starttls=False, pace=self._pace)).ports
        return port.open or port.failure in (Failure.CONNECTION_REFUSED, Failure.CONNECTION_RESET)


async def first_true(asks: Sequence[tuple[float, Ask]]) -> bool:
    """Ask each after its delay in seconds; return at the first that comes true, and ask no further."""
    tasks = [asyncio.ensure_future(_after(delay_s, ask)) for delay_s, ask in asks]
    try:
        for task in asyncio.as_completed(tasks):
            if await task:
                return True
        return False
    finally:
        for one in tasks:
            one.cancel()


async def _after(delay_s: float, ask: Ask) -> bool:
    await asyncio.sleep(delay_s)
    return await ask()
