"""
How many packets leave in a second.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Any, Final, Self

from scrapy import Request
from scrapy.crawler import Crawler

from ipv6matrix.rates.pacers import NetworkPacer
from ipv6matrix.targets.optouts import OptedOutError, OptOuts

# Probes are ranked from 0.
_AHEAD: Final = -1


class RateMiddleware:
    """
    Gives each probe the pace of its packets, as meta["pace"].

    A ping series or a trace is many packets: its probe awaits the pace before
    each of them, so that the rates hold for packets, not for requests. Where
    they make packets wait, probes that came earlier go first: else all that are
    in flight would take turns, each last for minutes, and a stop lose them all.

    A packet may wait for long: one towards an address that opted out meanwhile
    is not sent, and its probe ends with OptedOutError.

    """

    def __init__(self, packets: NetworkPacer, opt_outs: OptOuts | None = None) -> None:
        self.packets = packets
        self.begun: Callable[[str], None] = lambda _: None
        "Called with the URL of a request each time one of its packets may be sent."
        self._opt_outs = opt_outs
        self._ranks = count()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        rate = crawler.settings.getfloat
        spider: Any = crawler.spider
        return cls(NetworkPacer(rate("PROBE_RATE"), rate("PROBE_RATE_PER_NETWORK")), spider.plan.opt_outs)

    async def ahead(self, address: str) -> None:
        """Return when a packet may be sent that others must not hold up; it keeps to the rates as they do."""
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
