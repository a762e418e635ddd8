"""
Limits how many packets are sent per second.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Final, Self

from scrapy import Request
from scrapy.crawler import Crawler

from ipv6matrix import context
from ipv6matrix.rates.pacers import NetworkPacer
from ipv6matrix.targets.optouts import OptedOutError, OptOuts

# Probes are ranked from 0; a lower rank goes first.
_AHEAD: Final = -1


class RateMiddleware:
    """
    Sets the pace of the packets of each probe, as meta["pace"].

    A ping series or a trace consists of many packets. Its probe awaits the pace before
    each of them, so the rates apply to packets, not to requests. If packets have to
    wait, probes that started earlier go first; otherwise all probes in flight would take
    turns, each would last for minutes, and a stop would lose all of them.

    A packet may wait for a long time. If its destination opts out in the meantime, it is
    not sent, and its probe ends with OptedOutError.
    """

    def __init__(self, packets: NetworkPacer, opt_outs: OptOuts | None = None) -> None:
        self.packets = packets
        self.begun: Callable[[str], None] = lambda _: None
        "Called with the URL of a request whenever one of its packets may be sent."
        self._opt_outs = opt_outs
        self._ranks = count()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        rate = crawler.settings.getfloat
        packets = NetworkPacer(rate("PROBE_RATE"), rate("PROBE_RATE_PER_NETWORK"))
        return cls(packets, context.of(crawler).plan.opt_outs)

    async def ahead(self, address: str) -> None:
        """Wait until an urgent packet may be sent: it goes ahead of all others, but within the rates."""
        await self.packets.wait(address, _AHEAD)

    def process_request(self, request: Request) -> None:
        request.meta["pace"] = partial(self._wait, request.url, next(self._ranks))

    async def _wait(self, url: str, rank: int, address: str) -> None:
        await self.packets.wait(address, rank)
        self.begun(url)
        if self._opt_outs is not None:
            self._opt_outs.look()
            if self._opt_outs.contains_address(address):
                raise OptedOutError
