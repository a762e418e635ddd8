"""
Watches the dependencies of the vantage point: the resolvers, IPv4 and IPv6.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import Any, Final, Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.utils.asyncio import AsyncioLoopingCall

from ipv6matrix import context, engine
from ipv6matrix.config import nameservers
from ipv6matrix.config.plan import words
from ipv6matrix.health.dependency import Dependency
from ipv6matrix.health.gateway import gateway
from ipv6matrix.health.references import ANSWER_S, References
from ipv6matrix.health.resolver import Fault, ResolverCheck
from ipv6matrix.items import Family, Observation
from ipv6matrix.measurements import REGISTRY
from ipv6matrix.measurements.grammar import RequestUrl
from ipv6matrix.middlewares.rate import RateMiddleware
from ipv6matrix.probes import no_pace
from ipv6matrix.probes.icmp import Pinger
from ipv6matrix.probes.tcp import TcpProber
from ipv6matrix.signals import crawl_stopping
from ipv6matrix.targets.policy import family

logger = logging.getLogger(__name__)

# End reason of a crawl that waited in vain for a dependency to come back.
VANTAGE_LOST: Final = "vantage_lost"
_WATCH_EVERY_S: Final = 0.25
# Shorter than the payload of a measured ping, so that packet captures show the difference.
_TEXT: Final = b"ipv6matrix: control."

_FAMILIES: Final[dict[str, Family]] = {"ipv4": 4, "ipv6": 6}
_TITLES: Final = {"dns": "The resolver", "ipv4": "IPv4", "ipv6": "IPv6"}
_AWAY: Final = (
    "IPv%d does not work: neither references (HEALTH_TARGETS) nor the first router reply. Check `ip -%d route` and the"
    " uplink"
)


class Health:
    """
    Detects outages of the resolvers, of IPv4 and of IPv6, and their ends.

    HealthMiddleware consults it about observations; the frontier returns no
    requests of the slots in `paused`.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._plan = context.of(crawler).plan
        self._skips = crawler.settings.get("HEALTH_AFTER_WAIT") == "skip"
        self._max_wait_s = crawler.settings.getfloat("HEALTH_MAX_WAIT")
        self._targets = words(crawler.settings, "HEALTH_TARGETS")
        self.parts = {
            "dns": self._part("dns", self._is_resolver_up, confirms_all=True),
            **{name: self._part(name, partial(self._is_family_up, name)) for name in _FAMILIES},
        }
        self.paused: frozenset[str] = frozenset()
        "Slots whose requests are held back for the time being."
        self.references: dict[str, References] = {}
        "The evidence that a family works, by dependency."
        self.resolver: ResolverCheck
        self._fault: Fault | None = None
        self._pinger: Pinger | None = None
        self._watching: AsyncioLoopingCall | None = None

    def _part(self, name: str, check: Any, *, confirms_all: bool = False) -> Dependency:
        return Dependency(name, check, self._changed, max_wait_s=self._max_wait_s, confirms_all=confirms_all)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls(crawler)
        crawler.signals.connect(extension.engine_started, signal=signals.engine_started)
        crawler.signals.connect(extension.stop, signal=crawl_stopping)
        crawler.signals.connect(extension.spider_closed, signal=signals.spider_closed)
        return extension

    def part(self, url: RequestUrl) -> Dependency:
        """Return the dependency of a request: the family that it needs, or the resolvers."""
        return self.parts["dns" if url.family is None else f"ipv{url.family}"]

    def open(self) -> None:
        """Open the probes that checks use; preflight makes the first checks."""
        if self._pinger is not None:
            return
        settings = self._crawler.settings
        local4, local6 = settings.get("LOCAL_IPV4") or None, settings.get("LOCAL_IPV6") or None
        self.resolver = ResolverCheck(nameservers.configured(settings.get("NAMESERVERS")))
        self._pinger = Pinger(count=1, timeout_s=ANSWER_S, local4=local4, local6=local6, text=_TEXT)
        self._pinger.open()
        prober = TcpProber(timeout_s=ANSWER_S, local4=local4, local6=local6)
        for name, number in _FAMILIES.items():
            self.references[name] = References(
                lambda number=number: self.allowed(number),  # type: ignore[misc]
                lambda number=number: gateway(number),  # type: ignore[misc]
                self._is_opted_out,
                self._pinger,
                prober,
                self._pace,
            )

    def engine_started(self) -> None:
        self.open()
        self._watching = AsyncioLoopingCall(self._watch)
        self._watching.start(_WATCH_EVERY_S, now=False)

    def stop(self) -> None:
        """Stop waiting for checks: the requests concerned stay pending."""
        for part in self.parts.values():
            part.close()

    async def spider_closed(self) -> None:
        if self._watching is not None:
            self._watching.stop()
            self._watching = None
        self.stop()
        assert self._crawler.stats
        for part in self.parts.values():
            if part.away_s:
                self._crawler.stats.set_value(f"health/{part.name}/away_s", round(part.away_s, 1))
        if self._pinger is not None:
            self._pinger.close()
            self._pinger = None
            await self.resolver.close()

    def heard(self, part: Dependency) -> None:
        """Record that the target of a request has answered."""
        part.heard()
        if part.name in self.references:
            self.references[part.name].witnesses.target = True

    def learn(self, url: RequestUrl, observation: Observation) -> None:
        """Learn a name that exists from a valid observation."""
        name = REGISTRY.of_observation(observation).existing(url, observation)
        if name is not None:
            self.resolver.learn(name)

    def allowed(self, number: Family) -> tuple[str, ...]:
        """Return the references of a family that may be probed now."""
        targets = (target for target in self._targets if family(target) == number)
        return tuple(target for target in targets if self._plan.policy.exclusion(target) is None)

    def _is_opted_out(self, router: str) -> bool:
        opt_outs = self._plan.opt_outs
        return opt_outs is not None and opt_outs.contains_address(router.partition("%")[0])

    async def _pace(self, address: str) -> None:
        rate = self._crawler.get_downloader_middleware(RateMiddleware) if self._crawler.engine else None
        await (rate.ahead if rate else no_pace)(address)

    async def _is_family_up(self, name: str) -> bool:
        return await self.references[name].well()

    async def _is_resolver_up(self) -> bool:
        self._fault = await self.resolver.fault()
        return self._fault is None

    def _watch(self) -> None:
        for part in self.parts.values():
            part.watch()

    def _changed(self, part: Dependency) -> None:
        if part.is_lost:
            self._give_up(part)
        elif part.gone_at is not None:
            self._went(part)
        else:
            logger.warning(
                "%s is back after %.1f s; retrying everything sent during the outage",
                _TITLES[part.name],
                part.last_away_s,
            )
        self._pause()

    def _went(self, part: Dependency) -> None:
        assert self._crawler.stats
        self._crawler.stats.inc_value(f"health/{part.name}/gone")
        logger.error(
            "%s. The crawl waits, and continues with requests that do not depend on it [DEPENDENCY_AWAY]",
            self._complaint(part),
        )
        if part.held:
            logger.warning(
                "%s: discarding %d observations since the last good check; retrying them",
                _TITLES[part.name],
                part.held,
            )

    def _complaint(self, part: Dependency) -> str:
        if part.name == "dns":
            return f"The resolver {self._fault}: check that it is running and has Internet access (NAMESERVERS)"
        number = _FAMILIES[part.name]
        return _AWAY % (number, number)

    def _give_up(self, part: Dependency) -> None:
        assert self._crawler.stats
        assert self._crawler.engine
        self._crawler.stats.set_value(f"health/{part.name}/lost", True)
        title = _TITLES[part.name]
        if self._skips and part.name in _FAMILIES:
            logger.error(
                "%s was away for HEALTH_MAX_WAIT (%.0f s): its remaining requests are skipped [VANTAGE_LOST]",
                title,
                self._max_wait_s,
            )
            self._plan.skip_family(_FAMILIES[part.name], f"{title} was away for {self._max_wait_s:.0f} s")
            return
        logger.error(
            "Stopping the crawl: %s was away for HEALTH_MAX_WAIT (%.0f s). Fix it, then rerun the same command"
            " [VANTAGE_LOST]",
            title,
            self._max_wait_s,
        )
        self._closing = asyncio.ensure_future(self._crawler.engine.close_spider_async(reason=VANTAGE_LOST))

    def _pause(self) -> None:
        waits = [
            part.name
            for part in self.parts.values()
            if part.gone_at is not None and not (part.is_lost and self._skips and part.name in _FAMILIES)
        ]
        of_resolvers = {REGISTRY.first_slot}
        of_families = {*REGISTRY.slots} - of_resolvers
        paused = (of_resolvers if part == "dns" else of_families for part in waits)
        self.paused = frozenset().union(*paused)
        engine.wake(self._crawler)
