"""
Second pipeline: what is known already is not worked out again.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, Self

from scrapy.crawler import Crawler

from ipv6matrix.extensions.job import Job
from ipv6matrix.items import Answered, HostsItem

# Addresses remembered: the providers' that every other domain has. Forgetting
# one costs a look into the database, never a double.
_REMEMBERED: Final = 20_000


class DedupPipeline:
    """
    Takes addresses out of an item that are stored with all that is known of them.

    The database itself keeps every host and address once (UNIQUE); this spares
    locating and classifying popular addresses again and again.
    """

    def __init__(self, job: Job) -> None:
        self._job = job
        self._recent: OrderedDict[str, None] = OrderedDict()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        job = crawler.get_extension(Job)
        assert job is not None
        return cls(job)

    def process_item(self, item: Answered) -> Answered:
        if isinstance(item, HostsItem):
            item.addresses = tuple(address for address in item.addresses if not self._is_known(address.address))
        return item

    def _is_known(self, address: str) -> bool:
        if address in self._recent:
            self._recent.move_to_end(address)
            return True
        known = self._job.read(lambda: self._job.store.is_located(address), otherwise=True)
        if known:
            self._recent[address] = None
            if len(self._recent) > _REMEMBERED:
                self._recent.popitem(last=False)
        return known
