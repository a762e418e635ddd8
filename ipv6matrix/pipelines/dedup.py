"""
The second pipeline: drops known addresses.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, Self

from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from ipv6matrix import context
from ipv6matrix.items import Answered, HostsItem
from ipv6matrix.job import Job

# Number of addresses remembered, for the providers that many domains share. Forgetting
# one costs a database query, but never causes a duplicate.
_REMEMBERED: Final = 20_000


class DedupPipeline:
    """
    Removes addresses from an item that are already stored.

    The database stores every host and address only once anyway (UNIQUE); this avoids
    locating and classifying popular addresses over and over.
    """

    def __init__(self, job: Job) -> None:
        self._job = job
        self._recent: OrderedDict[str, None] = OrderedDict()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if crawler.settings.get("STORE_URL"):
            # Other machines may not know the address, so that each answer must have all its own.
            raise NotConfigured
        return cls(context.of(crawler).job)

    def process_item(self, item: Answered) -> Answered:
        if isinstance(item, HostsItem):
            item.addresses = tuple(address for address in item.addresses if not self._is_known(address.address))
        return item

    def _is_known(self, address: str) -> bool:
        if address in self._recent:
            self._recent.move_to_end(address)
            return True
        is_located = self._job.attempt(lambda: self._job.store.is_located(address), otherwise=True)
        if is_located:
            self._recent[address] = None
            if len(self._recent) > _REMEMBERED:
                self._recent.popitem(last=False)
        return is_located
