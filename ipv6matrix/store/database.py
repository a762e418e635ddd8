"""
One ips.db: opened, written in transactions, closed.

SQLite in WAL mode with one writer. Writes collect in an open transaction that
`commit` ends; the facts of one `complete` are never split between two commits.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, wraps
from pathlib import Path
from typing import Any, Final, Self, TypeVar, cast

from ipv6matrix.exceptions import ReadStoppedError, StoreError
from ipv6matrix.items import Answered, slot_of
from ipv6matrix.store import counts, errors, opening, tables
from ipv6matrix.store.tables import addresses

# Virtual machine instructions of SQLite between two checks whether reading should stop; some ten microseconds.
_STEPS: Final = 10_000
# Requests remembered because they were added more than once.
_MOST_POPULAR: Final = 10_000
_DISCARDS: Final = "SELECT url, discards FROM requests WHERE discards > 0"

_Method = TypeVar("_Method", bound=Callable[..., Any])


def _translate_errors(method: _Method) -> _Method:
    """Turn SQLite's errors about a full disk or a damaged file into StoreError; committed data is safe."""

    @wraps(method)
    def wrapped(self: Store, *arguments: Any, **keywords: Any) -> Any:
        try:
            return method(self, *arguments, **keywords)
        except sqlite3.DatabaseError as error:
            if not errors.is_of_file(error):
                raise
            raise StoreError(f"Cannot write {str(self.path)!r} ({error}): {errors.fix(error, self.path)}") from error

    return cast(_Method, wrapped)


class Store:
    """The facts and the frontier of one crawl."""

    def __init__(self, path: Path, connection: sqlite3.Connection | None = None) -> None:
        self.path = path
        self._connection = connection or opening.to_write(path)
        self._writes = connection is None
        self._popular: set[str] = set()
        "Requests that were added more than once, such as those about routers near by: they need no statement."
        self.problem = ""
        "Why the closed database is complete only with its write-ahead log; empty if it is complete without."
        try:
            ((self._number, progress),) = self.query("SELECT newest, progress FROM frontier")
            saved, self.noted = counts.read(progress)
            self.counts = saved or self._count()
            "Counters of requests and outcomes, over all starts of the crawl."
        except BaseException:
            self._connection.close()
            raise

    @classmethod
    def read(cls, path: Path, stopped: Callable[[], bool] | None = None) -> Self:
        """
        Open a database for reading, without disturbing a process that writes it.

        `stopped` is called often: once it returns True, reading raises
        ReadStoppedError. Raises StoreError if the file does not exist or is not a
        database of this project, OutdatedError if it needs a migration.
        """
        connection = opening.to_read(path)
        if stopped is not None:
            connection.set_progress_handler(stopped, _STEPS)
        return cls(path, connection)

    # --- requests ---

    @_translate_errors
    def add_request(self, url: str) -> int | None:
        """Add a request to the frontier; return its number, or None if it is there already."""
        self._begin()
        if not self._insert(url):
            return None
        self.counts.ask(url)
        return self.newest

    @_translate_errors
    def complete(self, item: Answered) -> list[tuple[int, str]]:
        """
        Write an item, add its follow-up requests, and mark its own as done; return the new ones, as (number, URL).

        All of this is committed together or not at all; an item that cannot be written
        leaves nothing behind.
        """
        self._begin()
        number = self._number
        self._connection.execute("SAVEPOINT answer")
        try:
            tables.save(self._connection, item)
            new = [(self.newest, url) for url in item.follow_ups if self._insert(url)]
            cursor = self._connection.execute(
                "UPDATE requests SET done_at = ? WHERE url = ? AND done_at IS NULL", (int(time.time()), item.url)
            )
        except Exception:
            self._popular.clear()
            # When the disk is full, SQLite itself rolls back the whole transaction.
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK TO answer")
                self._number = number
            raise
        finally:
            if self._connection.in_transaction:
                self._connection.execute("RELEASE answer")
        self._tally(item, (url for _, url in new), is_done=cursor.rowcount > 0)
        return new

    def _insert(self, url: str) -> bool:
        if url in self._popular:
            return False
        cursor = self._connection.execute(
            "INSERT INTO requests (url, slot, number) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (url, slot_of(url), self._number + 1),
        )
        self._number += cursor.rowcount
        if cursor.rowcount == 0:
            if len(self._popular) >= _MOST_POPULAR:
                self._popular.clear()
            self._popular.add(url)
        return cursor.rowcount == 1

    def _tally(self, item: Answered, new_urls: Iterable[str], *, is_done: bool) -> None:
        self.counts.answer(item)
        for url in new_urls:
            self.counts.ask(url)
        if is_done:
            self.counts.finish(item.url)

    def _count(self) -> counts.Counts:
        # For a crawl that an earlier version began: once, before the first commit.
        if not (self._writes and self._number):
            return counts.Counts()
        return counts.Counts.of_requests(self.stream("SELECT url, done_at FROM requests"))

    def pending(self, slot: str, after: int, limit: int) -> list[tuple[int, str]]:
        """Return up to `limit` pending requests of a slot, as (number, URL), with numbers above `after`."""
        return self.query(
            "SELECT number, url FROM requests WHERE slot = ? AND number > ? AND done_at IS NULL"
            " ORDER BY number LIMIT ?",
            (slot, after, limit),
        )

    def pending_urls(self) -> Iterator[str]:
        """Yield the URLs of all pending requests."""
        rows = self.stream("SELECT url FROM requests INDEXED BY requests_pending WHERE done_at IS NULL")
        return (str(url) for (url,) in rows)

    @_translate_errors
    def drop_pending(self, url: str) -> int:
        """Remove a pending request that another machine makes; return its number, which is not used again."""
        self._begin()
        self._discards.pop(url, None)
        self._popular.discard(url)
        ((number,),) = self._connection.execute(
            "DELETE FROM requests WHERE url = ? AND done_at IS NULL RETURNING number", (url,)
        ).fetchall()
        return int(number)

    def pending_url(self, slot: str, number: int) -> str | None:
        """Return the URL of the pending request of a slot with that number; None if it is done."""
        rows = self.query("SELECT url FROM requests WHERE slot = ? AND number = ? AND done_at IS NULL", (slot, number))
        return str(rows[0][0]) if rows else None

    def number_of(self, url: str) -> int:
        """Return the number of a request in the frontier."""
        ((number,),) = self.query("SELECT number FROM requests WHERE url = ?", (url,))
        return int(number)

    @property
    def newest(self) -> int:
        """The number of the newest request, which is the total number of requests."""
        return int(self._number)

    def count_pending(self, slot: str) -> int:
        """Return the number of pending requests of a slot."""
        ((number,),) = self.query("SELECT count(*) FROM requests WHERE slot = ? AND done_at IS NULL", (slot,))
        return int(number)

    def any_pending(self) -> bool:
        """Return whether any request is pending."""
        # Without INDEXED BY, SQLite would scan the whole table.
        return bool(self.query("SELECT 1 FROM requests INDEXED BY requests_pending WHERE done_at IS NULL LIMIT 1"))

    def knows(self, url: str) -> bool:
        """Return whether a request is in the frontier, pending or done."""
        return bool(self._first_row("SELECT 1 FROM requests WHERE url = ?", url))

    def is_pending(self, url: str) -> bool:
        """Return whether a request is in the frontier and not done."""
        return bool(self._first_row("SELECT 1 FROM requests WHERE url = ? AND done_at IS NULL", url))

    def discards(self, url: str) -> int:
        """Return how many observations of a request were discarded, over all starts."""
        return self._discards.get(url, 0)

    @_translate_errors
    def count_discard(self, url: str) -> None:
        """Count a discarded observation of a request."""
        number = self.discards(url) + 1
        self._begin()
        if self._connection.execute("UPDATE requests SET discards = ? WHERE url = ?", (number, url)).rowcount:
            self._discards[url] = number

    @cached_property
    def _discards(self) -> dict[str, int]:
        """The requests of which observations were discarded; few, but every request is checked before it is sent."""
        return {str(url): int(number) for url, number in self.query(_DISCARDS)}

    # --- known hosts and addresses ---

    def is_asked(self, host: str) -> bool:
        """Return whether the addresses of a host were looked up, or the host is excluded."""
        return bool(
            self._first_row(
                "SELECT 1 FROM hosts WHERE name = ? AND (asked_at IS NOT NULL OR refusal IS NOT NULL)", host
            )
        )

    def is_located(self, address: str) -> bool:
        """Return whether an address is stored as one of a host, with its location, and not only as a router."""
        return bool(self._first_row("SELECT 1 FROM addresses WHERE address = ? AND found_at IS NOT NULL", address))

    @_translate_errors
    def mention(self, address: str) -> None:
        """Add an address of which nothing else is known, e.g. because another database has its lookup."""
        self._begin()
        addresses.address_id(self._connection, address)

    # --- the row of the crawl ---

    def crawl(self) -> dict[str, Any] | None:
        """Return the row of the crawl, by column; None before the first start."""
        columns = [name for _, name, *_ in self.query("PRAGMA table_info(crawl)")]
        rows = self.query(f"SELECT {', '.join(columns)} FROM crawl")
        return dict(zip(columns, rows[0], strict=True)) if rows else None

    @_translate_errors
    def record_crawl(self, **columns: Any) -> None:
        """Set columns of the row of the crawl, and commit."""
        self._begin()
        names = ", ".join(columns)
        if self.crawl() is None:
            marks = ", ".join("?" * len(columns))
            self._connection.execute(f"INSERT INTO crawl (id, {names}) VALUES (1, {marks})", tuple(columns.values()))
        else:
            changes = ", ".join(f"{name} = ?" for name in columns)
            self._connection.execute(f"UPDATE crawl SET {changes}", tuple(columns.values()))
        self.commit()

    @_translate_errors
    def note(self, **figures: Any) -> None:
        """Replace the record of the crawl's progress (plain JSON) with the next commit; other processes read it."""
        self._begin()
        self.noted = figures

    # --- transactions ---

    @_translate_errors
    def commit(self, *, fold: bool = False) -> None:
        """Commit the open transaction, if there is one; with `fold`, checkpoint the write-ahead log."""
        if self._writes and self._connection.in_transaction:
            progress = counts.written(self.counts, self.noted)
            self._connection.execute("UPDATE frontier SET newest = ?, progress = ?", (self._number, progress))
            self._connection.execute("COMMIT")
        if fold:
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def close(self) -> bool:
        """
        Commit, checkpoint the write-ahead log and close the database.

        Returns False if another process is reading it, or the disk is full: the database is then complete only with
        its write-ahead log, and `problem` says why.
        """
        busy = 0
        try:
            self.commit()
            if self._writes:
                (busy, _, _) = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if self._writes and not busy:
                # From now on the file is only read; in WAL mode even readers would have to write files next to it.
                self._connection.execute("PRAGMA journal_mode = DELETE")
            if busy:
                self.problem = (
                    f"{str(self.path)!r} is open in another process. Close it and rerun the command [DATABASE_FAILED]"
                )
        except StoreError as error:
            self.problem = str(error)
        except sqlite3.DatabaseError as error:
            # Committed data stays in the write-ahead log, where the next start finds it.
            self.problem = (
                f"Cannot close {str(self.path)!r} ({error}): {errors.fix(error, self.path)} [DATABASE_FAILED]"
            )
        self._connection.close()
        return not self.problem

    def query(self, sql: str, parameters: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a query."""
        return list(self.stream(sql, parameters))

    def stream(self, sql: str, parameters: Iterable[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """
        Yield the rows of a query.

        Raises ReadStoppedError, and StoreError if the file is damaged.
        """
        try:
            yield from self._connection.execute(sql, tuple(parameters))
        except sqlite3.DatabaseError as error:
            if errors.code(error) == sqlite3.SQLITE_INTERRUPT:
                raise ReadStoppedError(f"Stopped reading {str(self.path)!r}") from error
            if not errors.is_of_file(error):
                raise
            raise StoreError(f"Cannot read {str(self.path)!r} ({error}): {errors.fix(error, self.path)}") from error

    def define(self, name: str, function: Callable[[Any], Any]) -> None:
        """Let queries use a function of one argument that always has the same result for it."""
        self._connection.create_function(name, 1, function, deterministic=True)

    def _begin(self) -> None:
        if not self._connection.in_transaction:
            self._connection.execute("BEGIN IMMEDIATE")

    def _first_row(self, sql: str, value: str) -> tuple[Any, ...] | None:
        return next(iter(self.query(sql, (value,))), None)


def fold(path: Path) -> None:
    """
    Checkpoint a database that another connection writes; to be run in a thread of its own.

    Takes a tenth of a second and more. Data committed during that time is left to
    `commit(fold=True)`, which lets the log start over. A full disk is not reported
    here: the writer reports it.
    """
    with contextlib.suppress(sqlite3.OperationalError), contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
