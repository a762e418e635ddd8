"""
Records the crawl in its database.
"""

from __future__ import annotations

import json
import logging
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

from scrapy import signals
from scrapy.crawler import Crawler

import ipv6matrix
from ipv6matrix import context
from ipv6matrix.config import checks, nameservers
from ipv6matrix.exceptions import StoreError
from ipv6matrix.job import STORE_FAILED
from ipv6matrix.reference import sources
from ipv6matrix.store import newest
from ipv6matrix.targets import lists

logger = logging.getLogger(__name__)

# End reason of a crawl that could not store every answer, or not read its whole list.
INCOMPLETE = "incomplete"


class RunRecord:
    """Records version, settings, list, vantage point and resolver at each start, and the end reason."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._context = context.of(crawler)
        self._job = self._context.job

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls(crawler)
        crawler.signals.connect(extension.engine_started, signal=signals.engine_started)
        crawler.signals.connect(extension.spider_closed, signal=signals.spider_closed)
        return extension

    def engine_started(self) -> None:
        """Record the start, after preflight."""
        try:
            self._record_start()
        except StoreError as error:
            self._job.fail(error)

    def _record_start(self) -> None:
        store = self._job.store
        before = store.crawl()
        first = {} if before else self._beginning()
        what_runs = self._what_runs()
        if before and before["list_sha256"] != what_runs["list_sha256"]:
            logger.warning(
                "The list has changed since the last start: new domains are added, none is removed [LIST_CHANGED]"
            )
        tag = self._context.lists.tag
        if before and tag and tag != before["tag"]:
            logger.warning("The crawl keeps the tag %r with which it began, not %r [TAG_KEPT]", before["tag"], tag)
        store.record_crawl(
            **first,
            **what_runs,
            starts=before["starts"] + 1 if before else 1,
            ended_at=None,
            end_reason=None,
        )

    def spider_closed(self, reason: str) -> None:
        """Record the end, and store its reason as the stat crawl/end_reason."""
        assert self._crawler.stats
        if reason != "start_refused":
            try:
                reason = self._record_end(reason)
            except StoreError as error:
                self._job.fail(error)
                reason = STORE_FAILED
        self._crawler.stats.set_value("crawl/end_reason", reason)

    def _beginning(self) -> dict[str, Any]:
        """Return start and name of a new run, and its tag; the name is unused even if the clock was set back."""
        folder, started_at = Path(self._crawler.settings.get("OUTPUT_DIR")).expanduser(), int(time.time())
        while newest.is_taken(folder, newest.run_name(started_at)):
            started_at += 1
        return {"run": newest.run_name(started_at), "started_at": started_at, "tag": self._context.lists.tag}

    def _record_end(self, reason: str) -> str:
        assert self._crawler.stats
        store, now = self._job.store, int(time.time())
        is_whole = self._crawler.stats.get_value("list/ended") and self._context.frontier.is_whole()
        reason = INCOMPLETE if reason == "finished" and not is_whole else reason
        # The clock may have been set back; no crawl ends before it began.
        started_at = (store.crawl() or {}).get("started_at", now)
        store.record_crawl(
            ended_at=max(now, started_at), end_reason=reason, skipped=self._skipped, opt_outs=self._opt_outs()
        )
        return reason

    def _what_runs(self) -> dict[str, Any]:
        files = self._context.lists.files()
        vantage, geoip = self._context.vantage, self._context.geoip
        return {
            "version": ipv6matrix.__version__,
            "settings": json.dumps(checks.values(self._crawler.settings), sort_keys=True),
            "list": ", ".join(str(Path(file)) for file in files),
            "list_sha256": lists.digest(files),
            "ranks": 0 if self._crawler.settings.get("STORE_URL") else self._context.lists.ranks(),
            "list_source": _json([asdict(source) for file in files if (source := sources.of(file))]),
            "vantage4": vantage.get(4),
            "vantage6": vantage.get(6),
            "resolver": _resolvers(self._crawler.settings.get("NAMESERVERS")),
            "geoip": _json({name: asdict(build) for name, build in geoip.items()}),
            "skipped": self._skipped,
            "opt_outs": self._opt_outs(),
        }

    def _opt_outs(self) -> int:
        opt_outs = self._context.plan.opt_outs
        return len(opt_outs.entries) if opt_outs else 0

    @property
    def _skipped(self) -> str:
        """Metrics and families that are not measured, with the reasons; a family may be added during the crawl."""
        return json.dumps(self._context.plan.skipped, sort_keys=True)


def _json(value: Any) -> str | None:
    return json.dumps(value, sort_keys=True) if value else None


def _resolvers(setting: str | None) -> str:
    servers = nameservers.configured(setting)
    return ",".join((f"[{host}]:{port}" if ":" in host else f"{host}:{port}") for host, port in servers)
