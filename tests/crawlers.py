"""Crawlers of the project that do not crawl: their components are created and connected as for a run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from scrapy.crawler import Crawler
from scrapy.settings import Settings
from scrapy.utils.test import get_reactor_settings

from ipv6matrix import context
from ipv6matrix import settings as project
from ipv6matrix.frontier.base import Frontier
from ipv6matrix.frontier.scheduler import Scheduler
from ipv6matrix.items import Answered
from ipv6matrix.job import Job
from ipv6matrix.spiders.matrix import MatrixSpider
from ipv6matrix.store.database import Store

# Scrapy uses the reactor that is installed.
_VALUES = {name: getattr(project, name) for name in dir(project) if name.isupper() and name != "TWISTED_REACTOR"}


def crawler(folder: Path, *, domains: str = "", tag: str = "", **settings: Any) -> Crawler:
    """Return a crawler whose job is in a folder, with its extensions and its spider."""
    own = {"JOBDIR": str(folder / "current"), "OUTPUT_DIR": str(folder), "METRICS": "ping"}
    own |= {"GEOIP_DIR": str(folder / "geoip"), "LISTS_DIR": str(folder / "lists"), "CONTACT": "test@example.org"}
    own |= {"EXPORTS": "", "MEMUSAGE_ENABLED": False, "HEALTH_TARGETS": ""}
    values = _VALUES | own | settings
    # Like scrapy.utils.test.get_crawler, without copying the settings twice.
    made = Crawler(MatrixSpider, Settings(get_reactor_settings() | values))
    made._apply_settings()
    made.spider = MatrixSpider.from_crawler(made, domains=domains, tag=tag)
    return made


@contextmanager
def opened(folder: Path, **settings: Any) -> Iterator[Crawler]:
    """Return a crawler with an open frontier; needs an event loop, because the job commits at intervals."""
    made = crawler(folder, **settings)
    scheduler = Scheduler.from_crawler(made)
    # The part of Scrapy's engine that the scheduler uses: scheduling a call after some seconds.
    engine_slot = SimpleNamespace(nextcall=SimpleNamespace(schedule=lambda delay=0: None))
    downloader = SimpleNamespace(middleware=SimpleNamespace(middlewares=()))
    made.engine = SimpleNamespace(
        scheduler=scheduler, crawl=scheduler.enqueue_request, _slot=engine_slot, downloader=downloader
    )
    try:
        scheduler.open(made.spider)
        yield made
    finally:
        job(made).close()


def job(of: Crawler) -> Job:
    return context.of(of).job


def store(of: Crawler) -> Store:
    return job(of).store


def scheduler(of: Crawler) -> Scheduler:
    return of.engine.scheduler


def frontier(of: Crawler) -> Frontier:
    return context.of(of).frontier


def stored(of: Crawler, item: Answered) -> None:
    """Report an item as stored."""
    for hear in context.of(of).stored:
        hear(item)


def count(of: Crawler, stat: str) -> Any:
    """Return the value of a stat, 0 if nothing has been counted."""
    return of.stats.get_value(stat, 0)
