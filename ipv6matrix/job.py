"""
The job: the folder of a crawl in progress, and its database.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Final, TypeVar

from scrapy.crawler import Crawler
from scrapy.utils.asyncio import AsyncioLoopingCall

from ipv6matrix.exceptions import StoreError
from ipv6matrix.refusals import StartRefusedError
from ipv6matrix.signals import store_replaced
from ipv6matrix.store.database import Store, fold

logger = logging.getLogger(__name__)

# Seconds between checkpoints of the write-ahead log. In the event loop they would
# stall every commit of a large crawl by 50 ms and more.
_FOLD_EVERY_S: Final = 10.0
# Number of attempts to take the lock, and seconds between them: `runner` takes it
# briefly to check whether another process holds it.
_TRIES: Final = 5
_TRY_AGAIN_S: Final = 0.02
# End reason of a crawl whose database could no longer be written.
STORE_FAILED: Final = "store_failed"


_Answer = TypeVar("_Answer")


class Job:
    """
    Opens JOBDIR/ips.db for this process alone, commits it at intervals and closes it.

    A lock on JOBDIR/lock keeps other crawls out; it is released when the process ends.
    """

    def __init__(
        self, folder: Path, commit_interval_s: float, crawler: Crawler | None = None, *, is_copy: bool = False
    ) -> None:
        self.folder = folder
        self._is_copy = is_copy
        self._crawler = crawler
        self.refused = False
        "True if it could not be opened: the crawl stops before it sends anything."
        self.failed = False
        "True once the database could not be written: the crawl stops, and nothing more is stored."
        self._commit_interval_s = commit_interval_s
        self._lock: IO[str] | None = None
        self._commits: AsyncioLoopingCall | None = None
        self._folding: threading.Thread | None = None
        self._fold_at = time.monotonic() + _FOLD_EVERY_S
        self.store: Store
        self.row: dict[str, Any] | None = None
        "The row of the crawl at the time when the database was closed."
        self._is_left_open = False
        self.whole = True
        "False if part of the closed database is still in its write-ahead log; the store's `problem` says why."

    def open(self) -> Store:
        """
        Open the database; create it if there is none.

        Raises StartRefusedError if it is in use, belongs to another program or cannot be written, or the disk is full.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._take_lock()
            self.store = self._new_copy() if self._is_copy else Store(self.folder / "ips.db")
        except StoreError as error:
            raise self._refused(str(error)) from error
        except OSError as error:
            raise self._refused(
                f"Cannot write to JOBDIR {str(self.folder)!r} ({error.strerror}):"
                " choose a writable folder with -s JOBDIR= [JOBDIR_NOT_WRITABLE]"
            ) from error
        self._commits = AsyncioLoopingCall(self._commit)
        self._commits.start(self._commit_interval_s, now=False)
        return self.store

    def renew(self) -> Store:
        """Replace the copy of a shared crawl by an empty one, which has only the row of the crawl."""
        row = self.store.crawl()
        if self._folding is not None:
            self._folding.join()
        self.store.close()
        self.store = self._new_copy()
        if row is not None:
            self.store.record_crawl(**{name: value for name, value in row.items() if name != "id"})
        if self._crawler is not None:
            self._crawler.signals.send_catch_log(store_replaced)
        return self.store

    def _new_copy(self) -> Store:
        self._remove_copy()
        return Store(self.folder / "copy.db")

    def _remove_copy(self) -> None:
        for name in ("copy.db", "copy.db-wal", "copy.db-shm", "copy.db-journal"):
            (self.folder / name).unlink(missing_ok=True)

    def keep(self) -> None:
        """Leave closing the job after the end of the crawl to the caller."""
        self._is_left_open = True

    def engine_stopped(self) -> None:
        self.close_store()
        if not self._is_left_open:
            self.close()

    def close(self) -> None:
        """Close the database and unlock the folder; may be called again."""
        self.close_store()
        if self._is_copy and self._lock is not None:
            self._remove_copy()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def close_store(self) -> None:
        """Close the database but keep the folder locked, for work that is left to do in it."""
        if self._commits is not None:
            self._commits.stop()
            self._commits = None
            if self._folding is not None:
                self._folding.join()
            try:
                self.row = self.store.crawl()
            except StoreError as error:
                logger.error("%s", error)  # noqa: TRY400 - the message is complete without a traceback
            self.whole = self.store.close()

    def attempt(self, call: Callable[[], _Answer], otherwise: _Answer) -> _Answer:
        """
        Return the result of a call that uses the database; if it fails, stop the crawl and return `otherwise`.

        Once a write has failed, what it should have written is missing, so nothing more is read or written.
        """
        if self.failed:
            return otherwise
        try:
            return call()
        except StoreError as error:
            self.fail(error)
            return otherwise

    def fail(self, error: StoreError) -> None:
        """Stop the crawl because its database cannot be used."""
        if self.failed:
            return
        self.failed = True
        logger.error("Stopping the crawl: %s", error)
        if self._crawler is not None and self._crawler.engine is not None:
            self._closing = asyncio.ensure_future(self._crawler.engine.close_spider_async(reason=STORE_FAILED))

    def _commit(self) -> None:
        folded = self._folding is not None and not self._folding.is_alive()
        try:
            self.store.commit(fold=folded)
        except StoreError as error:
            self.fail(error)
        if folded:
            self._folding = None
        elif self._folding is None and time.monotonic() > self._fold_at:
            self._fold_at = time.monotonic() + _FOLD_EVERY_S
            self._folding = threading.Thread(target=fold, args=(self.store.path,), name="fold")
            self._folding.start()

    def _take_lock(self) -> None:
        lock = (self.folder / "lock").open("a+")
        try:
            _lock(lock)
        except BlockingIOError:
            lock.seek(0)
            owner = lock.read().strip() or "unknown"
            lock.close()
            raise self._refused(
                f"JOBDIR {str(self.folder)!r} is in use by another crawl (process {owner}):"
                " wait until it has finished, or choose another folder with -s JOBDIR= [JOBDIR_IN_USE]"
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        self._lock = lock

    def _refused(self, message: str) -> StartRefusedError:
        self.refused = True
        logger.error(message)
        return StartRefusedError(message)


def runner(folder: Path) -> str | None:
    """
    Return the id of the process that crawls in a folder, `unknown` if it is not recorded; None if there is none.

    Raises OSError if the folder cannot be read.
    """
    try:
        lock = (folder / "lock").open()
    except FileNotFoundError:
        return None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return lock.read().strip() or "unknown"
    return None


def _lock(file: IO[str]) -> None:
    for _ in range(_TRIES - 1):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        time.sleep(_TRY_AGAIN_S)
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
