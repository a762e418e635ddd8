"""
dns://: lookups at the configured resolvers, or at the server that a URL names.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import Any

from scrapy import Request, signals
from scrapy.crawler import Crawler

from ipv6matrix import context, urls
from ipv6matrix.config import nameservers
from ipv6matrix.handlers.probe import ProbeDownloadHandler
from ipv6matrix.items import DomainObservation, HostsObservation, Observation, ReverseObservation, ThirdPartyObservation
from ipv6matrix.measurements.lookups import LookupUrl
from ipv6matrix.measurements.name_servers import NameServerUrl
from ipv6matrix.measurements.resolver6 import Resolver6Url
from ipv6matrix.measurements.third_parties import ThirdPartyUrl
from ipv6matrix.probes.dns import Resolver
from ipv6matrix.probes.hosts import ask_domain, ask_hosts, reverse_name
from ipv6matrix.probes.name_server import NameServerProber
from ipv6matrix.probes.resolvability import resolvability
from ipv6matrix.rates.pacers import Pacer

logger = logging.getLogger(__name__)


class DnsDownloadHandler(ProbeDownloadHandler):
    """Looks up the records of a domain, the addresses of hosts or the name of an address."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self.queries = Pacer(crawler.settings.getfloat("QUERY_RATE"))
        resolver = partial(
            Resolver,
            timeout_s=crawler.settings.getfloat("QUERY_TIMEOUT"),
            lifetime_s=crawler.settings.getfloat("QUERY_LIFETIME"),
            pace=self.queries.wait,
        )
        self._resolver = resolver(nameservers.configured(crawler.settings.get("NAMESERVERS")))
        without_ipv4 = crawler.settings.get("NAMESERVERS6")
        self._resolver6 = resolver(nameservers.configured(without_ipv4)) if without_ipv4 else None
        self._name_servers = NameServerProber(
            timeout_s=crawler.settings.getfloat("QUERY_TIMEOUT"),
            local4=crawler.settings.get("LOCAL_IPV4") or None,
            local6=crawler.settings.get("LOCAL_IPV6") or None,
        )
        self._plan = context.of(crawler).plan
        self._stats = crawler.stats
        crawler.signals.connect(self._open, signal=signals.spider_opened)
        crawler.signals.connect(self._count, signal=signals.spider_closed)

    async def observe(self, request: Request) -> Observation:
        url = urls.of(request)
        if isinstance(url, NameServerUrl):
            zones = [zone for zone in url.zones if zone not in request.meta.get("opted_out", ())]
            return await self._name_servers.check(zones, url.subject, tcp=url.tcp, pace=request.meta["pace"])
        if isinstance(url, Resolver6Url):
            assert self._resolver6
            ordinary = partial(self._resolver.lookup, pace=self.queries.wait, dnssec="dnssec" in self._plan.metrics)
            return await resolvability(self._resolver6.lookup, ordinary, url.subject, url.type)
        assert isinstance(url, LookupUrl)
        server = nameservers.parse(url.server) if url.server else None

        async def pace() -> None:
            await self.queries.wait()
            if server is not None:
                # This server is not one of the operator's resolvers, so the rate per network applies as for a probe.
                await request.meta["pace"](server[0])

        async def lookup(name: str, rdtype: str) -> Any:
            # Whether it validates is known of the operator's resolvers only.
            dnssec = server is None and "dnssec" in self._plan.metrics
            return await self._resolver.lookup(name, rdtype, server=server, pace=pace, dnssec=dnssec)

        observation: Observation
        if isinstance(url, ThirdPartyUrl):
            a, aaaa = await asyncio.gather(*(lookup(url.subject, rdtype) for rdtype in ("A", "AAAA")))
            observation = ThirdPartyObservation(a=a, aaaa=aaaa)
        elif url.about_hosts:
            names = request.meta.get("names", url.names)
            observation = HostsObservation(hosts=await ask_hosts(lookup, url.subject, names, url.types))
        elif url.address is not None:
            observation = ReverseObservation(lookup=await lookup(reverse_name(url.subject), "PTR"))
        else:
            observation = DomainObservation(**await ask_domain(lookup, url.subject, url.types))
        return observation

    async def _open(self) -> None:
        await self._resolver.open()

    def _count(self) -> None:
        assert self._stats
        self._stats.set_value("dns/mismatches", self._resolver.mismatches)
        self._stats.set_value("dns/forgeries", self._resolver.attacks)
        if self._resolver.attacks:
            logger.warning(
                "Forged DNS replies arrived in %s bursts; the affected lookups were repeated over TCP [DNS_FORGED]",
                self._resolver.attacks,
            )

    async def close(self) -> None:
        await self._resolver.close()
        if self._resolver6:
            await self._resolver6.close()
