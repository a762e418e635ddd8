"""
How many packets leave in a second.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

# Entries of the table of networks after which those at rest are dropped.
_MANY_NETWORKS: Final = 10_000


@dataclass(slots=True)
class Waits:
    """How often somebody came, and how long all of them had to wait together."""

    turns: int = 0
    seconds: float = 0.0


class Pacer:
    """
    Spaces events evenly: at most `rate` a second, without bursts; 0 lets all pass.

    The moments are counted on from one another, not from when a sleeper woke,
    so a late event loop loses no rate.
    """

    def __init__(self, rate: float, waits: Waits | None = None) -> None:
        self._spacing_s = 1 / rate if rate else 0.0
        self.waits = waits or Waits()
        self.free_at = 0.0

    async def wait(self) -> None:
        """Return when the next event may happen."""
        self.waits.turns += 1
        if not self._spacing_s:
            return
        now = time.monotonic()
        moment = max(now, self.free_at)
        self.free_at = moment + self._spacing_s
        if moment > now:
            self.waits.seconds += moment - now
            await asyncio.sleep(moment - now)


class NetworkPacer:
    """A rate over all and one towards each IPv4 /24 and IPv6 /48."""

    def __init__(self, rate: float, rate_per_network: float) -> None:
        self._overall = Pacer(rate)
        self._rate_per_network = rate_per_network
        self._networks: dict[bytes, Pacer] = {}
        self.waits = {"all": self._overall.waits, "network": Waits()}
        "What the rates have made packets wait, over all and towards networks."

    async def wait(self, address: str) -> None:
        """Return when a packet may be sent to an address."""
        if self._rate_per_network:
            await self._of(address).wait()
        await self._overall.wait()

    def _of(self, address: str) -> Pacer:
        packed = ip_address(address).packed
        network = packed[:3] if len(packed) == 4 else packed[:6]
        if network not in self._networks and len(self._networks) >= _MANY_NETWORKS:
            now = time.monotonic()
            self._networks = {key: pacer for key, pacer in self._networks.items() if pacer.free_at > now}
        return self._networks.setdefault(network, Pacer(self._rate_per_network, self.waits["network"]))
