"""
The fourth pipeline: classifies addresses.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Self

from scrapy.crawler import Crawler

from ipv6matrix import context
from ipv6matrix.items import Address, Answered, HostsItem
from ipv6matrix.reference.tunnels import TunnelPrefixes
from ipv6matrix.targets import policy
from ipv6matrix.turns import Turns


class ClassifyPipeline:
    """Sets the kind of new addresses, the reason for an exclusion, and the tunnel of an IPv6 address."""

    def __init__(self, tunnels: TunnelPrefixes, crawler: Crawler) -> None:
        self._tunnels = tunnels
        self._plan = context.of(crawler).plan
        self._turns = Turns()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(TunnelPrefixes.known(), crawler)

    def process_item(self, item: Answered) -> Answered | Awaitable[Answered]:
        if isinstance(item, HostsItem):
            return self._turns.for_each(self._classify, item.addresses, item)
        return item

    def _classify(self, address: Address) -> None:
        address.kind = policy.kind(address.address)
        address.refusal = self._plan.policy.exclusion(address.address)
        if address.family == 6 and "ip6Type" in self._plan.metrics:
            address.tunnel_id = self._tunnels.identify(address.address)
