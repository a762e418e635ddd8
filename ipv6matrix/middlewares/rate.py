"""
How many packets leave in a second.
"""

from __future__ import annotations

from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler

from ipv6matrix.pace import NetworkPacer


class RateMiddleware:
    """
    Gives each probe the pace of its packets, as meta["pace"].

    A ping series or a trace is many packets: its probe awaits the pace before
    each of them, so that the rates hold for packets, not for requests.
    """

    def __init__(self, packets: NetworkPacer) -> None:
        self._packets = packets

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        rate = crawler.settings.getfloat
        return cls(NetworkPacer(rate("PROBE_RATE"), rate("PROBE_RATE_PER_NETWORK")))

    def process_request(self, request: Request) -> None:
        request.meta["pace"] = self._packets.wait
