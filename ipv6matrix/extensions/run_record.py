"""
Records the crawl in its database.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

from scrapy import signals
from scrapy.crawler import Crawler

import ipv6matrix
from ipv6matrix import lists, nameservers, options
from ipv6matrix.downloads import sources
from ipv6matrix.extensions.job import STORE_FAILED, Job
from ipv6matrix.extensions.preflight import Preflight
from ipv6matrix.store.database import StoreError

# The end reason of a crawl that has sent every request but could not store every answer.
INCOMPLETE = "incomplete"


class RunRecord:
    """Writes version, settings, list, vantage point and resolver at each start, and the end reason."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls(crawler)
        crawler.signals.connect(extension.engine_started, signal=signals.engine_started)
        crawler.signals.connect(extension.spider_closed, signal=signals.spider_closed)
        return extension

    def engine_started(self) -> None:
        """Record the start, after preflight."""
        store, now = self._job.store, time.time()
        before = store.crawl()
        first = {} if before else {"run": run_name(now), "started_at": int(now)}
        store.record_crawl(
            **first,
            **self._what_runs(),
            starts=before["starts"] + 1 if before else 1,
            ended_at=None,
            end_reason=None,
        )

    def spider_closed(self, reason: str) -> None:
        """Record the end, and its reason as the stat crawl/end_reason."""
        assert self._crawler.stats
        if reason != "start_refused":
            store = self._job.store
            reason = INCOMPLETE if reason == "finished" and store.any_pending() else reason
            try:
                store.record_crawl(ended_at=int(time.time()), end_reason=reason)
            except StoreError as error:
                self._job.fail(error)
                reason = STORE_FAILED
        self._crawler.stats.set_value("crawl/end_reason", reason)

    def _what_runs(self) -> dict[str, Any]:
        spider: Any = self._crawler.spider
        preflight = self._crawler.get_extension(Preflight)
        files = spider.files()
        return {
            "version": ipv6matrix.__version__,
            "settings": json.dumps(options.values(self._crawler.settings), sort_keys=True),
            "list": ", ".join(str(Path(file)) for file in files),
            "list_sha256": lists.digest(files),
            "list_source": _json([asdict(source) for file in files if (source := sources.of(file))]),
            "vantage4": preflight.vantage.get(4) if preflight else None,
            "vantage6": preflight.vantage.get(6) if preflight else None,
            "resolver": _resolvers(self._crawler.settings.get("NAMESERVERS")),
            "geoip": _json({name: asdict(build) for name, build in preflight.geoip.items()}) if preflight else None,
            "skipped": json.dumps(spider.plan.skipped, sort_keys=True),
        }

    @property
    def _job(self) -> Job:
        job = self._crawler.get_extension(Job)
        assert job is not None
        return job


def run_name(started_at: float) -> str:
    """Return the name of a run, its start in UTC: YYYY-MM-DD__HH-MM-SS."""
    return time.strftime("%Y-%m-%d__%H-%M-%S", time.gmtime(started_at))


def _json(value: Any) -> str | None:
    return json.dumps(value, sort_keys=True) if value else None


def _resolvers(setting: str | None) -> str:
    servers = nameservers.configured(setting)
    return ",".join((f"[{host}]:{port}" if ":" in host else f"{host}:{port}") for host, port in servers)
