"""
Before the first probe: is everything there that the crawl needs?
"""

from __future__ import annotations

import logging
import socket
from typing import Any, Final, Self

from scrapy import signals
from scrapy.crawler import Crawler

from ipv6matrix import nameservers, questions
from ipv6matrix.exceptions import StartRefusedError
from ipv6matrix.items import Family, Status
from ipv6matrix.lists import ListError
from ipv6matrix.plan import Plan
from ipv6matrix.probes.dns import Resolver
from ipv6matrix.probes.icmp import ping_permission
from ipv6matrix.probes.trace import mtr_missing

logger = logging.getLogger(__name__)

# Addresses of a root server: a route to them is a route to the Internet. A
# connected UDP socket asks the routing table and sends nothing.
_FAR: Final[dict[Family, str]] = {4: "198.41.0.4", 6: "2001:503:ba3e::2:30"}
_MEND_ROUTE: Final = (
    "mend the network, name the source with -s LOCAL_IPV{family}=, or go on without with -s MISSING=skip"
)


class Preflight:
    """
    Looks for the resolver, a route for each family, ping permission, mtr-packet and GeoIP files.

    What is missing stops the crawl with a sentence that names the mend, or,
    with MISSING=skip, leaves the metric or family out as not asked.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._skips = crawler.settings.get("MISSING") == "skip"
        self.vantage: dict[Family, str] = {}
        "The source address of probes, by family that has one."

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls(crawler)
        crawler.signals.connect(extension.spider_opened, signal=signals.spider_opened)
        return extension

    async def spider_opened(self, spider: Any) -> None:
        self._check_handlers()
        self._check_list(spider)
        self._check_routes(spider.plan)
        self._check_tools(spider.plan)
        await self._check_resolver()

    def _check_handlers(self) -> None:
        # Scrapy only logs a handler that cannot be built, and then fails every
        # request as an unsupported scheme.
        assert self._crawler.engine
        for scheme in questions.SLOTS:
            if self._crawler.engine.downloader.handlers._get_handler(scheme) is None:
                self._stop(f"the handler of {scheme}:// could not be built: the error is above in the log")

    def _check_list(self, spider: Any) -> None:
        try:
            spider.files()
        except ListError as error:
            self._stop(str(error))

    def _check_routes(self, plan: Plan) -> None:
        families: tuple[Family, Family] = (4, 6)
        for family in families:
            source = self._crawler.settings.get(f"LOCAL_IPV{family}") or None
            try:
                self.vantage[family] = _source(family, source)
            except OSError as error:
                what = (
                    f"no route for IPv{family} ({error.strerror})"
                    if source is None
                    else f"LOCAL_IPV{family}={source} ({error.strerror})"
                )
                self._missing(f"{what}: {_MEND_ROUTE.format(family=family)}")
                plan.skip_family(family, what)
        if not self.vantage:
            self._stop("neither IPv4 nor IPv6 has a route: there is nothing to measure from here")

    def _check_tools(self, plan: Plan) -> None:
        settings = self._crawler.settings
        no_geoip = (
            None
            if settings.get("GEOIP_CITY_DB") or settings.get("GEOIP_ASN_DB")
            else (
                "no GeoIP file is configured: name GeoLite2 files with -s GEOIP_CITY_DB= and -s GEOIP_ASN_DB=,"
                " or leave geoip out of METRICS"
            )
        )
        for metric, missing in (("ping", ping_permission), ("path", mtr_missing), ("geoip", lambda: no_geoip)):
            sentence = missing() if metric in plan.metrics else None
            if sentence:
                self._missing(sentence)
                plan.skip_metric(metric, sentence)

    async def _check_resolver(self) -> None:
        settings = self._crawler.settings
        servers = nameservers.configured(settings.get("NAMESERVERS"))
        resolver = Resolver(
            servers, timeout_s=settings.getfloat("QUERY_TIMEOUT"), lifetime_s=settings.getfloat("QUERY_LIFETIME")
        )
        await resolver.open()
        try:
            answer = await resolver.lookup("", "NS")
        finally:
            await resolver.close()
        if answer.status not in set(Status):
            named = ", ".join(host if port == 53 else f"{host} port {port}" for host, port in servers)
            self._stop(
                f"the resolver {named} does not answer ({answer.status}):"
                " start it, or name another with -s NAMESERVERS="
            )

    def _missing(self, sentence: str) -> None:
        if not self._skips:
            self._stop(sentence)
        logger.warning("Not asked in this crawl: %s", sentence)

    def _stop(self, sentence: str) -> None:
        logger.error(sentence)
        raise StartRefusedError(sentence)


def _source(family: Family, local: str | None) -> str:
    """Give the source address of packets to the Internet; raises OSError without a route."""
    with socket.socket(socket.AF_INET if family == 4 else socket.AF_INET6, socket.SOCK_DGRAM) as probe:
        if local:
            probe.bind((local, 0))
        probe.connect((_FAR[family], 53))
        address: str = probe.getsockname()[0]
        return address
