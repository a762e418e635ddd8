"""
Is what the crawl hangs on still there: the resolvers, IPv4, IPv6?
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import random
import secrets
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from itertools import chain, repeat
from typing import Any, Final, Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.utils.asyncio import AsyncioLoopingCall

from ipv6matrix import nameservers
from ipv6matrix.items import Failure, Status
from ipv6matrix.middlewares.rate import RateMiddleware
from ipv6matrix.policy import family
from ipv6matrix.probes import no_pace
from ipv6matrix.probes.dns import Resolver
from ipv6matrix.probes.icmp import Pinger
from ipv6matrix.questions import Question
from ipv6matrix.signals import crawl_stopping

logger = logging.getLogger(__name__)

# Seconds in which the crawl's own answers may settle a doubt, before a control question does.
_PATIENCE_S: Final = 0.25
# Seconds between two control questions of a part.
_SPACING_S: Final = 1.0
# Seconds without any answer, with questions under way, that are a doubt by
# themselves: sooner than the time-outs of those questions.
_SILENCE_S: Final = 1.0
_WATCH_EVERY_S: Final = 0.25
# Seconds that silence waits for the first reply of a family: as long as nobody has
# replied, there is nobody to ask a control question.
_START_S: Final = 10.0
# Seconds from a family's first question in which its first reply is none too late.
_PROMPT_S: Final = 4.0
# Seconds before each control question while a part is gone.
_BACK_OFF_S: Final = (1, 2, 4, 8, 16, 32)
_LONGEST_BACK_OFF_S: Final = 60
# Names or addresses that have answered lately, and how many of them one control question goes to.
_KEPT: Final = 32
_ASKED_AT_ONCE: Final = 3
# Outcomes looked back on, see `Part.note`.
_OUTCOMES: Final = 50
# Seconds that a control question waits: a try, all tries at a resolver, an Echo Reply.
_TRY_S: Final = 1.0
_LOOKUP_S: Final = 2.0
_ECHO_S: Final = 1.0
# Shorter than what a ping sends, so that captures tell them apart.
_TEXT: Final = b"ipv6matrix: control."

_PAUSED: Final = {"dns": ("dns",), "ipv4": ("ping", "tcp", "trace"), "ipv6": ("ping", "tcp", "trace")}
_GONE: Final = {
    "dns": "The resolver no longer answers: see whether it runs and has a way out (NAMESERVERS)",
    "ipv4": "IPv4 is gone, addresses that answered no longer do: see `ip -4 route` and the uplink",
    "ipv6": "IPv6 is gone, addresses that answered no longer do: see `ip -6 route` and the uplink",
}


class Part:
    """
    One thing that all questions of a kind hang on, alive or gone.

    Moments are those of the monotonic clock. An answer proves life at the moment
    its question was asked, no later: what came after that may have been lost.
    """

    def __init__(
        self,
        name: str,
        control: Callable[[tuple[str, ...]], Awaitable[bool]],
        changed: Callable[[Part], None],
        *,
        is_resolver: bool = False,
    ) -> None:
        self.name = name
        self.under_way: dict[str, float] = {}
        "Questions by URL, with the moment each was asked."
        self.gone_at: float | None = None
        self.away_s = self.last_away_s = 0.0
        self._control = control
        self._changed = changed
        self._is_resolver = is_resolver
        self.targets: deque[str] = deque(maxlen=_KEPT)
        "Whom control questions may go to: those that answered last."
        self._outcomes: deque[bool] = deque(maxlen=_OUTCOMES)
        self._lived_at = self._heard_at = self._back_at = self._asked_at = self._wanted = -math.inf
        self._began_at = math.inf
        self._known = asyncio.Event()
        self._closed = False
        self._looking: asyncio.Task[None] | None = None
        self._returning: asyncio.Task[None] | None = None

    def begin(self, url: str) -> None:
        """Note a question that is sent now."""
        self.under_way[url] = time.monotonic()
        self._began_at = min(self._began_at, self.under_way[url])

    def note(self, asked_at: float, *, answered: bool, target: str | None = None) -> None:
        """
        Note how a question ended; `target` is whom control questions may go to.

        A resolver's answer may come out of its cache: while most questions
        fail, only control questions prove its life.
        """
        self._outcomes.append(answered)
        if not answered:
            return
        self._heard_at = time.monotonic()
        if target is not None and not self._known.is_set():
            if self._heard_at > self._began_at + _PROMPT_S:
                # Whether this part was there any earlier, nobody knows.
                self._back_at = asked_at
            self._known.set()
        if not (self._is_resolver and self._outcomes.count(False) > _OUTCOMES / 2):
            self._lived_at = max(self._lived_at, asked_at)
        if target is not None and target not in self.targets:
            self.targets.append(target)

    async def stood(self, asked_at: float) -> bool:
        """
        Tell whether this part was there all along, from the moment a question was asked until now.

        If so, silence says something of whom was asked. Waits for proof of life from now on.
        """
        now = time.monotonic()
        while self._seems_well_since(asked_at) and self._lived_at < now:
            look = self._look(now)
            await asyncio.wait((look,))
            if not look.cancelled():
                look.result()
        return self._seems_well_since(asked_at)

    def watch(self) -> None:
        """Doubt when nothing is heard, although questions are under way."""
        if self.under_way and self.gone_at is None and not self._closed:
            now = time.monotonic()
            oldest = next(iter(self.under_way.values()))
            if now - max(oldest, self._heard_at, self._lived_at) > _SILENCE_S:
                self._look(now)

    def close(self) -> None:
        """Ask nothing more, and let no silence pass."""
        self._closed = True
        if self.gone_at is not None:
            self._count_away(self.gone_at)
        for task in (self._looking, self._returning):
            if task is not None:
                task.cancel()

    def _seems_well_since(self, moment: float) -> bool:
        return self.gone_at is None and self._back_at < moment and not self._closed

    def _look(self, moment: float) -> asyncio.Task[None]:
        self._wanted = max(self._wanted, moment)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._settle())
        return self._looking

    async def _settle(self) -> None:
        await asyncio.sleep(max(_PATIENCE_S, self._asked_at + _SPACING_S - time.monotonic()))
        if not self._is_resolver:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._known.wait(), _START_S)
            self._known.set()
        if self._lived_at < self._wanted and self.gone_at is None and not await self._is_alive():
            self.gone_at = time.monotonic()
            self._returning = asyncio.create_task(self._return(self.gone_at))
            self._changed(self)

    async def _is_alive(self) -> bool:
        self._asked_at = asked_at = time.monotonic()
        targets = tuple(random.sample(self.targets, min(len(self.targets), _ASKED_AT_ONCE)))
        alive = await self._control(targets)
        if alive:
            self._lived_at = self._heard_at = asked_at
        return alive

    async def _return(self, gone_at: float) -> None:
        for wait_s in chain(_BACK_OFF_S, repeat(_LONGEST_BACK_OFF_S)):
            await asyncio.sleep(wait_s)
            if await self._is_alive():
                break
        self._outcomes.clear()
        self._back_at = time.monotonic()
        self._count_away(gone_at)
        self._changed(self)

    def _count_away(self, gone_at: float) -> None:
        self.last_away_s = time.monotonic() - gone_at
        self.away_s += self.last_away_s
        self.gone_at = None


class Health:
    """
    Notices that the resolvers, IPv4 or IPv6 are gone, and when they are back.

    HealthMiddleware tells it how questions end and asks it about those without
    an answer; the frontier hands out nothing of the slots in `paused`.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self.parts = {
            "dns": Part("dns", self._ask_resolver, self._changed, is_resolver=True),
            "ipv4": Part("ipv4", self._ask_addresses, self._changed),
            "ipv6": Part("ipv6", self._ask_addresses, self._changed),
        }
        self.paused: frozenset[str] = frozenset()
        "Slots of which nothing is asked for the time being."
        self._resolver: Resolver
        self._pinger: Pinger
        self._watching: AsyncioLoopingCall | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls(crawler)
        crawler.signals.connect(extension.engine_started, signal=signals.engine_started)
        crawler.signals.connect(extension.stop, signal=crawl_stopping)
        crawler.signals.connect(extension.spider_closed, signal=signals.spider_closed)
        return extension

    def part(self, question: Question) -> Part | None:
        """Give what a question hangs on; None for one to a server of its own."""
        if question.scheme == "dns":
            return None if question.server else self.parts["dns"]
        return self.parts[f"ipv{family(question.subject)}"]

    def engine_started(self) -> None:
        settings = self._crawler.settings
        servers = nameservers.configured(settings.get("NAMESERVERS"))
        local4, local6 = settings.get("LOCAL_IPV4") or None, settings.get("LOCAL_IPV6") or None
        self._resolver = Resolver(servers, timeout_s=_TRY_S, lifetime_s=_LOOKUP_S)
        self._pinger = Pinger(count=1, timeout_s=_ECHO_S, local4=local4, local6=local6, text=_TEXT)
        self._pinger.open()
        self._watching = AsyncioLoopingCall(self._watch)
        self._watching.start(_WATCH_EVERY_S, now=False)

    def stop(self) -> None:
        """End what waits for a proof of life: its questions stay pending."""
        for part in self.parts.values():
            part.close()

    async def spider_closed(self) -> None:
        if self._watching is None:
            return
        self._watching.stop()
        self._watching = None
        self.stop()
        assert self._crawler.stats
        for part in self.parts.values():
            if part.away_s:
                self._crawler.stats.set_value(f"health/{part.name}/away_s", round(part.away_s, 1))
        self._pinger.close()
        await self._resolver.close()

    def _watch(self) -> None:
        for part in self.parts.values():
            part.watch()

    def _changed(self, part: Part) -> None:
        assert self._crawler.stats
        assert self._crawler.engine
        gone = [name for name, one in self.parts.items() if one.gone_at is not None]
        self.paused = frozenset(slot for name in gone for slot in _PAUSED[name])
        if part.name in gone:
            self._crawler.stats.inc_value(f"health/{part.name}/gone")
            logger.error("%s. The crawl waits for it, and asks only what does not need it", _GONE[part.name])
            return
        logger.warning(
            "%s is back, %.1f s after it was missed: what was asked meanwhile is asked again",
            "The resolver" if part.name == "dns" else part.name.replace("ip", "IP"),
            part.last_away_s,
        )
        # Scrapy asks the frontier again when a response comes; none need be under way.
        if self._crawler.engine._slot is not None:
            self._crawler.engine._slot.nextcall.schedule()

    async def _ask_resolver(self, domains: tuple[str, ...]) -> bool:
        """Ask for names that no cache has: random ones below domains that answered, else below the root."""
        label = secrets.token_hex(8)
        names = [f"{label}.{domain}" for domain in domains if not self._is_opted_out(domain)] or [label]
        return await _any(self._is_answered(name) for name in names)

    async def _is_answered(self, name: str) -> bool:
        return (await self._resolver.lookup(name, "A")).status in set(Status)

    async def _ask_addresses(self, addresses: tuple[str, ...]) -> bool:
        """Send an Echo Request each; without anybody who ever answered it cannot be told, and silence stands."""
        asked = [address for address in addresses if not self._is_opted_out(address)]
        return not asked or await _any(map(self._replies, asked))

    async def _replies(self, address: str) -> bool:
        rate = self._crawler.get_downloader_middleware(RateMiddleware)
        ping = await self._pinger.ping(address, rate.ahead if rate else no_pace)
        return bool(ping.rtts_ms) or ping.failure is Failure.PERMISSION_DENIED

    def _is_opted_out(self, target: str) -> bool:
        spider: Any = self._crawler.spider
        opt_outs = spider.plan.opt_outs
        holds = opt_outs and (opt_outs.holds_name if target in self.parts["dns"].targets else opt_outs.holds_address)
        return bool(holds and holds(target))


async def _any(questions: Iterable[Coroutine[Any, Any, bool]]) -> bool:
    """Tell whether one of them comes true; the others are not waited for."""
    tasks = [asyncio.ensure_future(question) for question in questions]
    try:
        for task in asyncio.as_completed(tasks):
            if await task:
                return True
        return False
    finally:
        for task in tasks:
            task.cancel()
