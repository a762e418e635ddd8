"""
Preflight checks: whether everything that the crawl needs is present, before the first probe.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Callable, Iterable
from typing import Final, Self

from scrapy import signals
from scrapy.crawler import Crawler

from ipv6matrix import context, engine
from ipv6matrix.config import nameservers
from ipv6matrix.exceptions import DownloadError, ListError, StoreError
from ipv6matrix.extensions.health import Health
from ipv6matrix.health import resolver6
from ipv6matrix.health.resolver import Fault
from ipv6matrix.items import Family, Security, Status
from ipv6matrix.measurements import REGISTRY
from ipv6matrix.probes.dns import Resolver
from ipv6matrix.probes.icmp import ping_permission
from ipv6matrix.probes.trace import mtr_missing
from ipv6matrix.program import PROGRAM
from ipv6matrix.reference import geoip, rankings, sources, waiting
from ipv6matrix.refusals import StartRefusedError
from ipv6matrix.store.database import Store
from ipv6matrix.targets import checking
from ipv6matrix.targets.optouts import Entries, declaration

logger = logging.getLogger(__name__)

# Addresses of a root server: a route to them is a route to the Internet.
# Connecting a UDP socket consults the routing table and sends nothing.
_FAR: Final[dict[Family, str]] = {4: "198.41.0.4", 6: "2001:503:ba3e::2:30"}
# The checks that measurements require by name: each returns what is missing, with the fix, or None.
REQUIREMENTS: Final[dict[str, Callable[[], str | None]]] = {
    "ping socket": lambda: ping_permission(),  # noqa: PLW0108 - looked up when called
    "mtr-packet": lambda: mtr_missing(),  # noqa: PLW0108 - looked up when called
}
_IPV4_ONLY: Final = "ipv4only.arpa"
_RESOLVER6: Final = {
    resolver6.Fault.LACKS_IPV6: "The resolver without IPv4 {server} does not find {name} ({status}), so other names"
    " would count as broken: fix its IPv6 (docs/resolver.md), or unset NAMESERVERS6 [RESOLVER6_FAILS]",
    resolver6.Fault.HAS_IPV4: "The resolver {server} of NAMESERVERS6 finds {name}, which is served over IPv4 alone, so"
    " no name would count as broken: disable IPv4 there (docs/resolver.md), or unset NAMESERVERS6 [RESOLVER6_HAS_IPV4]",
    resolver6.Fault.UNPROVEN: "Not verified that the resolver {server} of NAMESERVERS6 has no IPv4: NAMESERVERS do not"
    " find {name} ({status}) either [RESOLVER6_UNPROVEN]",
}
_FIX_ROUTE: Final = (
    "fix the network, set the source address with -s LOCAL_IPV{family}=, or skip the family with -s MISSING=skip"
)


class Preflight:
    """
    Checks everything that the crawl needs: contact, opt-outs, resolver, routes, references, tools, GeoIP and the list.

    A list that is given by name, such as `tranco`, is downloaded last, after all
    other checks. A missing requirement stops the crawl with an error message that
    includes the fix or, with MISSING=skip, leaves the metric or family out as not asked.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._skips = crawler.settings.get("MISSING") == "skip"
        self._context = context.of(crawler)
        self._plan = self._context.plan

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls(crawler)
        crawler.signals.connect(extension.spider_opened, signal=signals.spider_opened)
        return extension

    async def spider_opened(self) -> None:
        if self._context.job.refused:
            return
        self._check_contact()
        self._check_handlers()
        self._check_list()
        self._check_opt_outs()
        self._check_routes()
        self._check_tools()
        self._check_geoip()
        await self._check_resolver()
        await self._check_references()
        await self._fetch_list()

    def _check_contact(self) -> None:
        settings = self._crawler.settings
        if not settings.get("CONTACT") and not settings.get("PROBE_ALLOWED_NETWORKS"):
            self._stop(
                "CONTACT is not set. Pass a URL or e-mail address so that the operators you probe can find out about"
                " the crawl and opt out, e.g. -s CONTACT=https://example.org/crawler (docs/ethics.md) [CONTACT_MISSING]"
            )

    def _check_handlers(self) -> None:
        # If a handler cannot be built, Scrapy only logs that, and then fails every
        # request with an unsupported scheme.
        for scheme in REGISTRY.schemes:
            if engine.handler(self._crawler, scheme) is None:
                self._stop(
                    f"The handler of {scheme}:// could not be created: see the error above in the log [HANDLER_FAILED]"
                )

    def _check_opt_outs(self) -> None:
        path = self._crawler.settings.get("OPTOUT_FILE")
        entries = self._plan.opt_outs.entries if self._plan.opt_outs else Entries()
        row = self._store.crawl() if self._store else None
        earlier = (row or {}).get("opt_outs") or 0
        if entries.are_lost_from(earlier):
            self._stop(
                f"OPTOUT_FILE={path!r} has {len(entries)} entries, down from {earlier} when this crawl last ran:"
                f" restore it, or confirm the change by adding the line '{declaration(len(entries))}' [OPTOUT_SHRUNK]"
            )
        if path and not entries and entries.declared != 0:
            logger.warning(
                "OPTOUT_FILE=%r has no entries. If that is intended, add the line '%s' [OPTOUT_EMPTY]",
                path,
                declaration(0),
            )

    def _check_list(self) -> None:
        try:
            if self._context.lists.domains in rankings.NAMES and self._store:
                self._take(sources.begun_with(self._context.lists.domains, self._store.crawl()))
            if self._context.lists.domains not in rankings.NAMES:
                for look in checking.check(
                    self._context.lists.files(), self._crawler.settings.getfloat("LIST_MAX_REFUSED")
                ):
                    logger.info("List %s", look)
        except (ListError, StoreError) as error:
            self._stop(str(error))

    async def _fetch_list(self) -> None:
        name = self._context.lists.domains
        if name not in rankings.NAMES or not self._store:
            return
        try:
            self._take(await waiting.result(lambda: self._fetched(name), self._is_stopped))
        except DownloadError as error:
            self._stop(str(error))
        self._check_list()

    def _fetched(self, name: str) -> sources.Source:
        with rankings.Rankings.from_settings(self._crawler.settings, self._is_stopped) as downloads:
            return downloads.update(name)

    def _is_stopped(self) -> bool:
        return not self._crawler.crawling

    @property
    def _store(self) -> Store | None:
        """The database of the job; None if it could not be opened, in which case the crawl does not start anyway."""
        return getattr(self._context.job, "store", None)

    def _take(self, source: sources.Source | None) -> None:
        """Replace the name of a list by its file."""
        if source:
            lists = self._context.lists
            lists.domains = source.file
            lists.supplemental = lists.supplemental or sources.supplement(source)

    def _check_routes(self) -> None:
        families: tuple[Family, Family] = (4, 6)
        for family in families:
            source = self._crawler.settings.get(f"LOCAL_IPV{family}") or None
            try:
                self._context.vantage[family] = _source(family, source)
            except OSError as error:
                problem = (
                    f"No route for IPv{family} ({error.strerror})"
                    if source is None
                    else f"LOCAL_IPV{family}={source} ({error.strerror})"
                )
                self._missing(f"{problem}: {_FIX_ROUTE.format(family=family)} [ROUTE_MISSING]")
                self._plan.skip_family(family, problem)
        if not self._context.vantage:
            self._stop("Neither IPv4 nor IPv6 has a route: connect this machine to the Internet [ROUTE_MISSING]")

    def _check_tools(self) -> None:
        no_geoip = (
            None
            if geoip.files(self._crawler.settings)
            else (
                f"No GeoIP files: download free ones with `{PROGRAM} geoip update`, name GeoLite2 files with"
                " -s GEOIP_CITY_DB= and -s GEOIP_ASN_DB=, or remove geoip from METRICS [GEOIP_MISSING]"
            )
        )
        for measurement in REGISTRY:
            for requirement in sorted(measurement.requires):
                self._require(measurement.metrics, REQUIREMENTS[requirement])
        self._require(("geoip",), lambda: no_geoip)

    def _require(self, metrics: Iterable[str], missing: Callable[[], str | None]) -> None:
        """Stop, or skip those of `metrics` that the crawl measures, if something that they need is missing."""
        affected = [metric for metric in metrics if metric in self._plan.metrics]
        message = missing() if affected else None
        if message:
            self._missing(message)
            for metric in affected:
                self._plan.skip_metric(metric, message)

    def _check_geoip(self) -> None:
        if "geoip" not in self._plan.metrics:
            return
        located = geoip.configured(self._crawler.settings)
        self._context.geoip = located.builds()
        located.close()
        for name, path in geoip.files(self._crawler.settings).items():
            days = int(time.time() - self._context.geoip[name].built_at) // 86_400
            if days > geoip.OLD_DAYS:
                logger.warning(
                    "%s: %r is %d days old: download a newer one with `%s geoip update` [GEOIP_OLD]",
                    name,
                    path,
                    days,
                    PROGRAM,
                )

    async def _check_resolver(self) -> None:
        servers = nameservers.configured(self._crawler.settings.get("NAMESERVERS"))
        resolver = self._resolver(servers)
        await resolver.open()
        try:
            answer = await resolver.lookup("", "NS")
            if answer.status not in set(Status):
                self._stop(
                    f"The resolver {', '.join(map(_host_port, servers))} does not answer ({answer.status}):"
                    " start it, or choose another with -s NAMESERVERS= [RESOLVER_AWAY]"
                )
            # A captive portal has addresses for ipv4only.arpa as well, so lies are looked for before DNS64.
            await self._check_truth()
            await self._check_dns64(resolver, servers)
            if "dnssec" in self._plan.metrics:
                await self._check_dnssec(resolver, servers)
            if "resolver6" in self._plan.metrics:
                await self._check_resolver6(resolver)
        finally:
            await resolver.close()

    async def _check_truth(self) -> None:
        self._health.open()
        fault = await self._health.resolver.fault()
        if fault in (Fault.DENIES, Fault.INVENTS):
            self._stop(
                f"The resolver {fault}: log in if the network has a login page,"
                " or choose another resolver with -s NAMESERVERS= [RESOLVER_LIES]"
            )

    async def _check_dns64(self, resolver: Resolver, servers: tuple[nameservers.Server, ...]) -> None:
        """
        Stop if a resolver synthesises AAAA records (DNS64, RFC 6147): every IPv4-only host would count as having IPv6.

        ipv4only.arpa has only A records (RFC 7050 section 3), so any AAAA record of it is synthesised. A server that
        does not answer shows nothing either way.
        """
        lookups = (resolver.lookup(_IPV4_ONLY, "AAAA", server=server) for server in servers)
        for server, lookup in zip(servers, await asyncio.gather(*lookups), strict=True):
            if lookup.texts:
                self._stop(
                    f"DNS64 detected at {_host_port(server)}: it answered {_IPV4_ONLY} AAAA with {lookup.texts[0]}, so"
                    " hosts without IPv6 would count as having it. Disable DNS64 there, or name another resolver with"
                    " -s NAMESERVERS= [DNS64_DETECTED]"
                )

    async def _check_dnssec(self, resolver: Resolver, servers: tuple[nameservers.Server, ...]) -> None:
        """
        Leave out the metric dnssec unless each resolver validates: without AD, every zone would count as insecure.

        The root is signed (RFC 4035), so a validating resolver sets AD in the answer for its name servers.
        """
        lookups = (resolver.lookup("", "NS", server=server, dnssec=True) for server in servers)
        for server, lookup in zip(servers, await asyncio.gather(*lookups), strict=True):
            if lookup.security is not Security.SECURE:
                message = (
                    f"{_host_port(server)} does not validate the answer for the root, so the metric dnssec is left out:"
                    " enable validation there (docs/resolver.md), or remove dnssec from METRICS [DNSSEC_MISSING]"
                )
                logger.warning(message)
                self._plan.skip_metric("dnssec", message)
                return

    async def _check_resolver6(self, ordinary: Resolver) -> None:
        """Check that each resolver without IPv4 has IPv6 and, as far as can be seen, no IPv4."""
        servers = nameservers.configured(self._crawler.settings.get("NAMESERVERS6"))
        without_ipv4 = self._resolver(servers)
        try:
            verdict = await resolver6.verdict(without_ipv4, servers, ordinary)
        finally:
            await without_ipv4.close()
        if verdict is None:
            return
        message = _RESOLVER6[verdict.fault].format(
            server=_host_port(verdict.server), name=verdict.name, status=verdict.status
        )
        if verdict.fault is resolver6.Fault.UNPROVEN:
            logger.warning(message)
            return
        self._missing(message)
        self._plan.skip_metric("resolver6", message)

    def _resolver(self, servers: tuple[nameservers.Server, ...]) -> Resolver:
        settings = self._crawler.settings
        timeout_s, lifetime_s = settings.getfloat("QUERY_TIMEOUT"), settings.getfloat("QUERY_LIFETIME")
        return Resolver(servers, timeout_s=timeout_s, lifetime_s=lifetime_s)

    async def _check_references(self) -> None:
        """Check that each family reaches the Internet: otherwise silence would say nothing about the targets."""
        self._health.open()
        families = sorted(self._context.vantage)
        references = [self._health.references[f"ipv{family}"] for family in families]
        await asyncio.gather(*(family_references.well() for family_references in references))
        for family, family_references in zip(families, references, strict=True):
            if not family_references.witnesses.reference:
                self._without_reference(family)

    def _without_reference(self, family: Family) -> None:
        references = self._health.allowed(family)
        # A crawl of a private network may have no route to the default references.
        if references and not self._crawler.settings.get("PROBE_ALLOWED_NETWORKS"):
            message = (
                f"No reference answers over IPv{family} ({', '.join(references)}): fix the network, name others with"
                " -s HEALTH_TARGETS=, or skip the family with -s MISSING=skip [REFERENCES_SILENT]"
            )
            self._missing(message)
            self._plan.skip_family(family, message)
            return
        logger.warning(
            "No reference answers over IPv%d (HEALTH_TARGETS): its health is judged by %s [REFERENCES_SILENT]",
            family,
            "the first router" if self._health.references[f"ipv{family}"].witnesses.gateway else "the targets alone",
        )

    @property
    def _health(self) -> Health:
        health = self._crawler.get_extension(Health)
        assert health is not None
        return health

    def _missing(self, message: str) -> None:
        if not self._skips:
            self._stop(message)
        logger.warning("Skipped in this crawl: %s", message)

    def _stop(self, message: str) -> None:
        logger.error(message)
        raise StartRefusedError(message)


def _host_port(server: nameservers.Server) -> str:
    host, port = server
    return host if port == 53 else f"{host} port {port}"


def _source(family: Family, local: str | None) -> str:
    """Return the source address of packets to the Internet; raises OSError without a route."""
    with socket.socket(socket.AF_INET if family == 4 else socket.AF_INET6, socket.SOCK_DGRAM) as probe:
        if local:
            probe.bind((local, 0))
        probe.connect((_FAR[family], 53))
        address: str = probe.getsockname()[0]
        return address
