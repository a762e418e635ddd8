"""
Gathers the answers of a shared crawl as one Parquet data set, in ranges of buckets.

Each range is written by a process of its own, through a database with the answers of its
buckets. A range is complete or absent, so that an interrupted run goes on where it was.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from ipv6matrix.cluster import gather, schema
from ipv6matrix.cluster.connection import safe
from ipv6matrix.cluster.session import Session
from ipv6matrix.exceptions import StoreError
from ipv6matrix.exporters import parts
from ipv6matrix.store.database import Store


@dataclass(frozen=True, slots=True)
class _Task:
    url: str
    folder: Path
    row: dict[str, Any]
    buckets: range

    @property
    def name(self) -> str:
        return f"{self.buckets.start:04}"

    @property
    def mark(self) -> Path:
        """An empty file that says that the range is complete."""
        return self.folder / ".ranges" / self.name


def gather_parquet(url: str, folder: Path, jobs: int) -> Iterator[str]:
    """
    Write all answers of a finished crawl to `folder/<run>/<table>/*.parquet`, and yield a text for each step.

    Raises StoreError and ExportError.
    """
    row = gather.row(url)
    if row["end_reason"] is None:
        raise StoreError(
            f"The crawl in {safe(url)} has not ended: wait for it, or gather what there is without --parquet",
            code="STORE_UNFINISHED",
        )
    place = folder / row["run"]
    if not parts.is_complete(place):
        (place / ".ranges").mkdir(parents=True, exist_ok=True)
        tasks = [_Task(url, place, row, buckets) for buckets in schema.ranges()]
        missing = [task for task in tasks if not task.mark.exists()]
        # Not forked: a child would have copies of locks that threads of this process hold.
        with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
            for task, rows in zip(missing, pool.map(_write, missing), strict=True):
                yield f"range {task.name}: {rows:,} rows"
        with _database(place, row) as store:
            yield f"hosts and addresses: {parts.merge(store, place):,} rows"
    yield str(place)


@contextmanager
def _database(folder: Path, row: dict[str, Any]) -> Iterator[Store]:
    """Yield a new database with the row of the crawl, and remove it."""
    with tempfile.TemporaryDirectory(prefix=".range-", dir=folder) as scratch:
        store = Store(Path(scratch) / "ips.db")
        try:
            store.record_crawl(**row)
            yield store
        finally:
            store.close()


def _write(task: _Task) -> int:
    session = Session(task.url, "gather", is_owner=False)
    with _database(task.folder, task.row) as store:
        try:
            gather.replay(session, store, task.buckets, are_all=False)
        finally:
            session.close()
        rows = parts.write(store, task.folder, task.name)
    task.mark.touch()
    return rows
