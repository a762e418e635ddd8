"""
Publishes a finished crawl: exports it, then moves it out of the way of the next one.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import threading
from concurrent.futures import Future, wait
from importlib import import_module
from itertools import chain, count
from pathlib import Path
from typing import Any, Final, Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.utils.reactor import is_reactor_installed
from twisted.internet.threads import deferToThread

from ipv6matrix import context
from ipv6matrix.config import plan
from ipv6matrix.exceptions import ExportError, ReadStoppedError, StoreError
from ipv6matrix.exporters.registry import Target, exporter
from ipv6matrix.files import flush, replacing
from ipv6matrix.store import newest
from ipv6matrix.store.compare import contains
from ipv6matrix.store.database import Store

logger = logging.getLogger(__name__)

# Seconds that an export has to finish after the process is asked to stop.
_GRACE_S: Final = 3.0
_AGAIN: Final = "The crawl stays in %s: rerun the same command to publish it"


class Publishing:
    """
    Exports a finished crawl to the formats of EXPORTS, then moves its ips.db to OUTPUT_DIR/ips-<run>.db.

    The next crawl starts from scratch. A crawl whose exports fail or are interrupted
    stays in JOBDIR: its next start has no requests left and exports everything again.
    """

    def __init__(self, crawler: Crawler, target: Target, exports: tuple[str, ...]) -> None:
        self._crawler = crawler
        self._job = context.of(crawler).job
        self._target = target
        self._exports = exports
        self._stopped = threading.Event()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        settings = crawler.settings
        if settings.get("STORE_URL"):
            # `gather` makes the results of a shared crawl.
            raise NotConfigured
        folder = Path(settings.get("OUTPUT_DIR")).expanduser()
        target = Target(output_dir=folder, summary_url=settings.get("SUMMARY_URL"))
        extension = cls(crawler, target, plan.words(settings, "EXPORTS"))
        crawler.signals.connect(extension.engine_started, signal=signals.engine_started)
        crawler.signals.connect(extension.engine_stopped, signal=signals.engine_stopped)
        return extension

    def engine_started(self) -> None:
        self._job.keep()

    async def engine_stopped(self) -> None:
        try:
            self._job.close_store()
            await self._publish()
        finally:
            self._job.close()

    async def _publish(self) -> None:
        job = self._job
        if not job.whole:
            logger.error("Cannot publish the crawl: %s", job.store.problem)
        elif job.row and job.row["end_reason"] == "finished" and await self._export():
            self._target.output_dir.mkdir(parents=True, exist_ok=True)
            # A rename within one file system; across two, a copy next to the target, then a rename.
            target = publish(job.folder / "ips.db", self._target.output_dir / f"ips-{job.row['run']}.db")
            self._note(target)
            logger.info("Results: %s", target)
            assert self._crawler.stats
            self._crawler.stats.set_value("crawl/results", str(target))

    def _note(self, target: Path) -> None:
        try:
            newest.note(target)
        except OSError as error:
            logger.warning(
                "Cannot record that %s is the newest crawl (%s): name it in commands [OUTPUT_NOT_WRITABLE]",
                target,
                error.strerror,
            )

    async def _export(self) -> bool:
        """Export in a thread that a signal can stop; return False if any export is missing."""
        if not self._exports:
            return True
        outcome: Future[bool] = Future()
        self._stop_with_the_process(outcome)
        # A daemon thread does not keep the process running if it cannot be stopped (a database that does not respond).
        threading.Thread(target=self._work, args=(outcome,), name="exports", daemon=True).start()
        return await asyncio.wrap_future(outcome)

    def _work(self, outcome: Future[bool]) -> None:
        try:
            outcome.set_result(self._export_all())
        except BaseException as error:  # noqa: BLE001 - passed on to the caller
            outcome.set_exception(error)

    def _export_all(self) -> bool:
        try:
            store = Store.read(self._job.folder / "ips.db", self._stopped.is_set)
        except StoreError as error:
            logger.error("Cannot publish the crawl: %s", error)  # noqa: TRY400 - the message is complete without a traceback
            return False
        try:
            outcomes = [self._export_as(name, store) for name in self._exports]
            return all(outcomes)
        except ReadStoppedError:
            logger.warning("Publishing was interrupted")
            logger.warning(_AGAIN, self._job.folder)
            return False
        finally:
            store.close()

    def _export_as(self, name: str, store: Store) -> bool:
        try:
            logger.info("Exported as %s: %s", name, exporter(name)(store, self._target))
        except ReadStoppedError:
            raise
        except (ExportError, StoreError) as error:
            logger.error("Cannot export as %s: %s", name, error)  # noqa: TRY400 - the message is complete without a traceback
            logger.error(_AGAIN, self._job.folder)  # noqa: TRY400
            return False
        return True

    def _stop_with_the_process(self, outcome: Future[bool]) -> None:
        """Let a signal stop the exports; the process waits for them for a limited time."""
        if is_reactor_installed():
            reactor: Any = import_module("twisted.internet.reactor")
            reactor.addSystemEventTrigger("before", "shutdown", self._stopped.set)
            reactor.addSystemEventTrigger("before", "shutdown", deferToThread, wait, [outcome], _GRACE_S)


def publish(source: Path, target: Path) -> Path:
    """Move a file to an unused name, unless a killed process has already done so; return the name."""
    for published in sorted(target.parent.glob(f"{target.stem}*{target.suffix}")):
        if contains(published, source):
            source.unlink()
            return published
    target = free(target)
    move(source, target)
    return target


def free(target: Path) -> Path:
    """Return an unused name: two runs may have begun in the same second."""
    others = (target.with_stem(f"{target.stem}-{number}") for number in count(2))
    return next(path for path in chain((target,), others) if not path.exists())


def move(source: Path, target: Path) -> None:
    """Move a file so that the target is complete or absent."""
    try:
        source.rename(target)
    except OSError:
        with replacing(target) as temporary:
            shutil.copyfile(source, temporary)
        # Even after a power cut, each name now refers to the complete file.
        flush(target.parent)
        source.unlink()
