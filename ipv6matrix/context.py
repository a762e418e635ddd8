"""
What the components of one crawl share.

Components get it in `from_crawler`, with `context.of(crawler)`. It is built when the first
of them asks for it, from the settings alone, so the order of components does not matter.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from scrapy import Request
from scrapy.crawler import Crawler

from ipv6matrix.config import metrics
from ipv6matrix.config.plan import Plan
from ipv6matrix.frontier.base import Frontier
from ipv6matrix.items import Answered, Family
from ipv6matrix.job import Job
from ipv6matrix.reference.geoip import Build
from ipv6matrix.targets.lists import Locations

if TYPE_CHECKING:
    from ipv6matrix.cluster.worker import Worker

_NAME: Final = "ipv6matrix_context"


@dataclass(slots=True)
class Context:
    """
    The objects and facts that more than one component needs.

    Who changes what: the spider sets `lists` from its arguments, and `start`; the scheduler opens the
    job and sets `frontier` and `worker`; preflight, before the first request, fills `vantage` and
    `geoip`, replaces the name of a list by its file, and leaves out of `plan` what cannot
    be measured; Health leaves out a family that was away for too long.
    """

    plan: Plan
    job: Job
    lists: Locations = field(default_factory=Locations)
    frontier: Frontier = field(init=False)
    start: Callable[[], AsyncIterator[Request]] = field(init=False)
    "Reads the list from its beginning."
    worker: Worker | None = None
    "The connection with other machines; None for a crawl of one machine."
    vantage: dict[Family, str] = field(default_factory=dict)
    "Source address of probes, by family; only families that have one."
    stored: list[Callable[[Answered], None]] = field(default_factory=list)
    "Called with each item that was stored. A listener to Scrapy's signal costs three times as much as these."
    geoip: dict[str, Build] = field(default_factory=dict)
    "Metadata of each GeoIP file in use, by setting."


def of(crawler: Crawler) -> Context:
    """Return the context of a crawler; build it if this is the first call."""
    context: Context | None = vars(crawler).get(_NAME)
    if context is None:
        settings = crawler.settings
        folder = Path(settings.get("JOBDIR")).expanduser()
        job = Job(folder, settings.getfloat("COMMIT_INTERVAL"), crawler, is_copy=bool(settings.get("STORE_URL")))
        context = Context(Plan.from_settings(settings, metrics.chosen(settings)), job)
        vars(crawler)[_NAME] = context
    return context
