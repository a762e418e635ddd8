"""
What happens to a crawl that has finished.
"""

from __future__ import annotations

import logging
import os
import shutil
from itertools import chain, count
from pathlib import Path
from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler

from ipv6matrix.extensions.job import Job
from ipv6matrix.store.compare import holds

logger = logging.getLogger(__name__)


class Publishing:
    """Moves ips.db of a finished crawl to OUTPUT_DIR/ips-<run>.db, so that the next crawl begins afresh."""

    def __init__(self, crawler: Crawler, folder: Path) -> None:
        self._crawler = crawler
        self._folder = folder

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls(crawler, Path(crawler.settings.get("OUTPUT_DIR")).expanduser())
        crawler.signals.connect(extension.engine_stopped, signal=signals.engine_stopped)
        return extension

    def engine_stopped(self) -> None:
        job = self._crawler.get_extension(Job)
        assert job is not None
        job.close_store()
        if not job.whole:
            logger.error("Somebody reads %s: let them end, then give the same command again", job.folder / "ips.db")
        elif job.row and job.row["end_reason"] == "finished":
            self._folder.mkdir(parents=True, exist_ok=True)
            # A rename within one file system; across two, a copy beside, then a rename.
            target = publish(job.folder / "ips.db", self._folder / f"ips-{job.row['run']}.db")
            logger.info("Results: %s", target)
            assert self._crawler.stats
            self._crawler.stats.set_value("crawl/results", str(target))


def publish(source: Path, target: Path) -> Path:
    """Move a file to a name of its own, unless a move that was killed has left it there already; give the name."""
    for there in sorted(target.parent.glob(f"{target.stem}*{target.suffix}")):
        if holds(there, source):
            source.unlink()
            return there
    target = free(target)
    move(source, target)
    return target


def free(target: Path) -> Path:
    """Give a name that no file has: two runs may have begun in the same second."""
    others = (target.with_stem(f"{target.stem}-{number}") for number in count(2))
    return next(path for path in chain((target,), others) if not path.exists())


def move(source: Path, target: Path) -> None:
    """Move a file so that the target is there whole or not at all."""
    try:
        source.rename(target)
    except OSError:
        beside = target.with_suffix(".part")
        shutil.copyfile(source, beside)
        # Without power from here on, either name stands for all of it.
        flush(beside)
        beside.rename(target)
        flush(target.parent)
        source.unlink()


def flush(path: Path) -> None:
    """Have a file or a folder written to the disk itself."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
