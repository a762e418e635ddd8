"""
Rebuilds an ips.db from another format, under a temporary name until it is complete.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Any, Final

from ipv6matrix.exceptions import StoreError
from ipv6matrix.store import imported, schema, views
from ipv6matrix.store.imported import Fact

# Number of facts collected in memory before they are written.
_BATCH: Final = 20_000
# Neither journal nor flushes: an incomplete file is discarded and built again.
_PRAGMAS: Final = ("journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE", "cache_size = -65536")


class Rebuild:
    """The database under construction."""

    def __init__(self, connection: sqlite3.Connection, asked_at: int) -> None:
        self._connection = connection
        self._asked_at = asked_at
        # Popular name servers occur with each of their domains. The keys of a dict contain each fact of a batch once.
        self._batch: dict[Fact, None] = {}
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        schema.migrate(connection)
        views.draw(connection)
        imported.prepare(connection)
        connection.execute("BEGIN")

    def write(self, facts: Iterable[Fact]) -> None:
        """Add facts, in any order."""
        self._batch.update(dict.fromkeys(facts))
        if len(self._batch) >= _BATCH:
            self._flush()

    def name_servers(self, domain: str) -> list[str]:
        """Return the name servers of a domain that were added so far, by rank."""
        self._flush()
        rows = self._connection.execute(
            "SELECT hosts.name FROM domains JOIN roles ON domain_id = domains.id JOIN hosts ON hosts.id = host_id"
            " WHERE domains.name = ? AND kind = 'NS' ORDER BY priority",
            (domain,),
        )
        return [name for (name,) in rows]

    def finish(self, lookups: Iterable[str], **crawl: Any) -> int:
        """
        Derive what follows from all facts, and return the number of domains.

        `lookups` are the record types that were requested for domains: NS, MX, SOA. `crawl` is the row of the crawl.
        """
        self._flush()
        for statement in (*imported.CONCLUDE, *(imported.LOOKUPS[rdtype] for rdtype in lookups)):
            self._connection.execute(statement)
        self._connection.execute(
            f"INSERT INTO crawl (id, {', '.join(crawl)}) VALUES (1{', ?' * len(crawl)})", tuple(crawl.values())
        )
        self._connection.execute("COMMIT")
        (number,) = self._connection.execute("SELECT count(*) FROM domains").fetchone()
        return int(number)

    def _flush(self) -> None:
        if self._batch:
            imported.save(self._connection, self._batch, self._asked_at)
            self._batch.clear()


@contextmanager
def rebuilding(target: Path, asked_at: int) -> Iterator[Rebuild]:
    """
    Yield a new database that gets its final name on success; after an error, nothing is left of it.

    `asked_at`, the start of the run, is stored as the time of every answer. Raises
    StoreError if the file exists, another process writes it, or it cannot be written.
    """
    _must_be_free(target)
    part = target.with_name(f"{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _claimed(part) as file:
            try:
                with closing(sqlite3.connect(part, isolation_level=None)) as connection:
                    yield Rebuild(connection, asked_at)
                os.fsync(file.fileno())
                _must_be_free(target)
                part.replace(target)
            finally:
                part.unlink(missing_ok=True)
    except (OSError, sqlite3.OperationalError) as error:
        raise StoreError(
            f"Cannot write {str(target)!r} ({getattr(error, 'strerror', None) or error}):"
            " free disk space, fix the permissions, or choose another file with --into",
            code="OUTPUT_NOT_WRITABLE",
        ) from error


def _must_be_free(target: Path) -> None:
    if target.exists():
        raise StoreError(
            f"{str(target)!r} already exists: move it away, or choose another file with --into", code="OUTPUT_EXISTS"
        )


@contextmanager
def _claimed(part: Path) -> Iterator[IO[bytes]]:
    """Truncate what a killed rebuild left behind, and lock out other processes until this one finishes."""
    with part.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Another process may have finished and renamed its file since this one opened it.
            is_ours = part.exists() and os.path.samestat(part.stat(), os.fstat(file.fileno()))
        except BlockingIOError:
            is_ours = False
        if not is_ours:
            raise StoreError(
                f"{str(part)!r} is being written by another import: wait until it has finished", code="OUTPUT_EXISTS"
            )
        file.truncate(0)
        yield file
