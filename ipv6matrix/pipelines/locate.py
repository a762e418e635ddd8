"""
The third pipeline: locates addresses.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable
from typing import Self

from scrapy.crawler import Crawler

from ipv6matrix import context
from ipv6matrix.items import Address, Answered, HostsItem
from ipv6matrix.program import PROGRAM
from ipv6matrix.reference import geoip
from ipv6matrix.reference.geoip import GeoIp
from ipv6matrix.turns import Turns

logger = logging.getLogger(__name__)


class LocatePipeline:
    """
    Sets the autonomous system, place and country of new addresses, of both families.

    If a lookup in one file fails, the address keeps the results of the other file, and geoip/failed is incremented.
    """

    def __init__(self, geoip: GeoIp, crawler: Crawler) -> None:
        self._geoip = geoip
        self._crawler = crawler
        self._plan = context.of(crawler).plan
        self._turns = Turns()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(geoip.configured(crawler.settings), crawler)

    def process_item(self, item: Answered) -> Answered | Awaitable[Answered]:
        if isinstance(item, HostsItem) and self._is_enabled:
            return self._turns.for_each(self._locate, item.addresses, item)
        return item

    @property
    def _is_enabled(self) -> bool:
        return "geoip" in self._plan.metrics

    def _locate(self, address: Address) -> None:
        place = self._geoip.locate(address.address)
        address.asn, address.as_organisation = place.asn, place.as_organisation
        address.city, address.region, address.country_code = place.city, place.region, place.country_code
        address.latitude, address.longitude = place.latitude, place.longitude
        self._note_failures()

    def _note_failures(self) -> None:
        assert self._crawler.stats
        failed, before = self._geoip.failures.total(), self._crawler.stats.get_value("geoip/failed", 0)
        if failed > before:
            self._crawler.stats.set_value("geoip/failed", failed)
        if failed and not before:
            logger.warning(
                "GeoIP lookup failed (%s): the address has no location; further failures are only counted"
                " [GEOIP_LOOKUP_FAILED]",
                self._geoip.last_failure,
            )

    def close_spider(self) -> None:
        for setting, number in self._geoip.failures.items():
            logger.warning(
                "%s: %s GeoIP lookups failed; download a new file with `%s geoip update` [GEOIP_LOOKUP_FAILED]",
                setting,
                f"{number:,}",
                PROGRAM,
            )
        self._geoip.close()
