"""
One ips.db: opened, written in transactions, closed.

SQLite in WAL mode with one writer. Writes gather in an open transaction that
`commit` ends; what `answer` is given stays together whenever that happens.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from pathlib import Path
from typing import Any, Final, Self, TypeVar, cast

from ipv6matrix.exceptions import OutdatedError, ReadStoppedError, StoreError
from ipv6matrix.items import Answered
from ipv6matrix.store import counts, errors, facts, schema, views

# Kilobytes of pages kept in memory: the hot ends of the indexes of a million domains.
_CACHE_KB: Final = 32_768
# Steps of SQLite's machine between two looks at whether reading shall stop: some ten microseconds.
_STEPS: Final = 10_000
# Pages of the write-ahead log at which a commit folds it into the file by itself, if nobody calls `fold`.
_LOG_PAGES: Final = 50_000

_Method = TypeVar("_Method", bound=Callable[..., Any])


def _translate_errors(method: _Method) -> _Method:
    """Make a StoreError of what SQLite says when the disk is full or broken; what was committed is safe."""

    @wraps(method)
    def wrapped(self: Store, *arguments: Any, **named: Any) -> Any:
        try:
            return method(self, *arguments, **named)
        except sqlite3.DatabaseError as error:
            if not errors.is_of_file(error):
                raise
            raise StoreError(f"Cannot write {str(self.path)!r} ({error}): {errors.fix(error, self.path)}") from error

    return cast(_Method, wrapped)


class Store:
    """The facts and the frontier of one crawl."""

    def __init__(self, path: Path, connection: sqlite3.Connection | None = None) -> None:
        self.path = path
        self._connection = connection or _open(path)
        self._writes = connection is None
        self.problem = ""
        "Why the closed database is whole only with the log beside it; empty when it is whole."
        try:
            ((self._number, progress),) = self.query("SELECT newest, progress FROM frontier")
            kept, self.noted = counts.read(progress)
            self.counts = kept or self._count()
            "What was asked and answered, over all starts of the crawl."
        except BaseException:
            self._connection.close()
            raise

    @classmethod
    def read(cls, path: Path, stopped: Callable[[], bool] | None = None) -> Self:
        """
        Open a database to read, disturbing nobody who writes it.

        `stopped` is asked often: once it gives True, reading raises
        ReadStoppedError. Raises StoreError for a file that is not there
        or not ours, OutdatedError for one of an earlier version.
        """
        if not path.is_file():
            raise StoreError(f"{str(path)!r} does not exist: name an ips.db", code="CRAWL_MISSING")
        try:
            connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
            try:
                _must_be_ours(connection, path, writes=False)
                views.lay_over(connection)
            except BaseException:
                connection.close()
                raise
        except sqlite3.DatabaseError as error:
            raise StoreError(f"Cannot read {str(path)!r} ({error}): name an ips.db") from error
        if stopped is not None:
            connection.set_progress_handler(stopped, _STEPS)
        return cls(path, connection)

    # --- requests ---

    @_translate_errors
    def add_request(self, url: str, slot: str) -> bool:
        """Note a request that is to be asked; False when it is known already."""
        self._begin()
        new = self._insert(url, slot)
        if new:
            self.counts.ask(url)
        return new

    @_translate_errors
    def complete(self, item: Answered, follow_ups: Iterable[tuple[str, str]] = ()) -> list[tuple[str, bool]]:
        """
        Write an item, the requests (URL, slot) that its answer led to, and mark its own request done.

        Gives, for each of those requests, its slot and whether it was new.

        Nothing else comes between, so they are committed together or not at all;
        an item that cannot be written leaves nothing behind.
        """
        self._begin()
        number = self._number
        self._connection.execute("SAVEPOINT answer")
        try:
            facts.save(self._connection, item)
            asked = [(url, slot, self._insert(url, slot)) for url, slot in follow_ups]
            done = self._connection.execute(
                "UPDATE requests SET done_at = ? WHERE url = ? AND done_at IS NULL", (int(time.time()), item.url)
            )
        except Exception:
            # SQLite itself ends the whole transaction when the disk is full.
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK TO answer")
                self._number = number
            raise
        finally:
            if self._connection.in_transaction:
                self._connection.execute("RELEASE answer")
        self._tally(item, [url for url, _, new in asked if new], is_done=done.rowcount > 0)
        return [(slot, new) for _, slot, new in asked]

    def _insert(self, url: str, slot: str) -> bool:
        cursor = self._connection.execute(
            "INSERT INTO requests (url, slot, number) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (url, slot, self._number + 1),
        )
        self._number += cursor.rowcount
        return cursor.rowcount == 1

    def _tally(self, item: Answered, asked: list[str], *, is_done: bool) -> None:
        self.counts.answer(item)
        for url in asked:
            self.counts.ask(url)
        if is_done:
            self.counts.finish(item.url)

    def _count(self) -> counts.Counts:
        # A crawl that an earlier version began: once, before the first commit.
        if not (self._writes and self._number):
            return counts.Counts()
        return counts.Counts.of_requests(self.stream("SELECT url, done_at FROM requests"))

    def pending(self, slot: str, after: int, limit: int) -> list[tuple[int, str]]:
        """Give requests of a slot that are not done, as (number, URL), from the one after a number."""
        return self.query(
            "SELECT number, url FROM requests WHERE slot = ? AND number > ? AND done_at IS NULL"
            " ORDER BY number LIMIT ?",
            (slot, after, limit),
        )

    def pending_url(self, slot: str, number: int) -> str | None:
        """Return the URL of the request of a slot with a number; None if it is done."""
        rows = self.query("SELECT url FROM requests WHERE slot = ? AND number = ? AND done_at IS NULL", (slot, number))
        return str(rows[0][0]) if rows else None

    def number_of(self, url: str) -> int:
        """Return the number of a request that is noted."""
        ((number,),) = self.query("SELECT number FROM requests WHERE url = ?", (url,))
        return int(number)

    @property
    def newest(self) -> int:
        """The number of the newest request, which is the number of all."""
        return int(self._number)

    def count_pending(self, slot: str) -> int:
        """Count the requests of a slot that are not done."""
        ((number,),) = self.query("SELECT count(*) FROM requests WHERE slot = ? AND done_at IS NULL", (slot,))
        return int(number)

    def any_pending(self) -> bool:
        """Tell whether anything is still to be asked."""
        # By itself SQLite would read the whole table.
        return bool(self.query("SELECT 1 FROM requests INDEXED BY requests_pending WHERE done_at IS NULL LIMIT 1"))

    def knows(self, url: str) -> bool:
        """Tell whether a request is noted, asked or not."""
        return bool(self._one("SELECT 1 FROM requests WHERE url = ?", url))

    def discards(self, url: str) -> int:
        """Return how often an observation of a request was discarded, over all starts."""
        row = self._one("SELECT discards FROM requests WHERE url = ?", url)
        return int(row[0]) if row else 0

    @_translate_errors
    def count_discard(self, url: str) -> None:
        """Count that an observation of a request is discarded."""
        self._begin()
        self._connection.execute("UPDATE requests SET discards = discards + 1 WHERE url = ?", (url,))

    # --- what is known of hosts and addresses ---

    def is_asked(self, host: str) -> bool:
        """Tell whether a host's addresses are known, or known not to be asked."""
        return bool(
            self._one("SELECT 1 FROM hosts WHERE name = ? AND (asked_at IS NOT NULL OR refusal IS NOT NULL)", host)
        )

    def is_located(self, address: str) -> bool:
        """Tell whether an address of a host is stored with all that is known of it."""
        return bool(self._one("SELECT 1 FROM addresses WHERE address = ? AND found_at IS NOT NULL", address))

    # --- the crawl's own row ---

    def crawl(self) -> dict[str, Any] | None:
        """Give the row that says what ran, by column; None before the first start."""
        columns = [name for _, name, *_ in self.query("PRAGMA table_info(crawl)")]
        rows = self.query(f"SELECT {', '.join(columns)} FROM crawl")
        return dict(zip(columns, rows[0], strict=True)) if rows else None

    @_translate_errors
    def record_crawl(self, **columns: Any) -> None:
        """Set columns of the row that says what ran, and commit."""
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
        """Keep figures of the crawl, plain JSON, in place of the last: with the next commit, for those who read."""
        self._begin()
        self.noted = figures

    # --- transactions ---

    @_translate_errors
    def commit(self, *, fold: bool = False) -> None:
        """End the open transaction, if there is one; `fold` what the write-ahead log holds into the file."""
        if self._writes and self._connection.in_transaction:
            progress = counts.written(self.counts, self.noted)
            self._connection.execute("UPDATE frontier SET newest = ?, progress = ?", (self._number, progress))
            self._connection.execute("COMMIT")
        if fold:
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def close(self) -> bool:
        """
        Commit, fold the write-ahead log into the file and close it.

        False when a reader held the log, or there was no room: then the file is whole only with the log beside it,
        and `problem` says why.
        """
        busy = 0
        try:
            self.commit()
            if self._writes:
                (busy, _, _) = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if self._writes and not busy:
                # A file that is read from then on: in WAL mode even readers would have to write beside it.
                self._connection.execute("PRAGMA journal_mode = DELETE")
            if busy:
                self.problem = f"another process reads {str(self.path)!r}: end it, then give the same command again"
        except StoreError as error:
            self.problem = str(error)
        except sqlite3.DatabaseError as error:
            # What is committed stays in the log, and the next start finds it there.
            self.problem = f"cannot close {str(self.path)!r} ({error}): {errors.fix(error, self.path)}"
        self._connection.close()
        return not self.problem

    def query(self, sql: str, parameters: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        """Read all rows of a query."""
        return list(self.stream(sql, parameters))

    def stream(self, sql: str, parameters: Iterable[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """
        Read the rows of a query one by one.

        Raises ReadStoppedError, and StoreError for a file that is damaged.
        """
        try:
            yield from self._connection.execute(sql, tuple(parameters))
        except sqlite3.DatabaseError as error:
            if errors.code(error) == sqlite3.SQLITE_INTERRUPT:
                raise ReadStoppedError(f"Stopped reading {str(self.path)!r}") from error
            if not errors.is_of_file(error):
                raise
            raise StoreError(f"Cannot read {str(self.path)!r} ({error}): {errors.fix(error, self.path)}") from error

    def _begin(self) -> None:
        if not self._connection.in_transaction:
            self._connection.execute("BEGIN IMMEDIATE")

    def _one(self, sql: str, value: str) -> tuple[Any, ...] | None:
        return next(iter(self.query(sql, (value,))), None)


def fold(path: Path) -> None:
    """
    Fold what is committed into a database that another connection writes: for a thread of its own.

    It takes a tenth of a second and more. What is committed meanwhile is left to
    `commit(fold=True)`, after which the log begins anew. A disk that is full is
    left to whoever writes.
    """
    with contextlib.suppress(sqlite3.OperationalError), contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")


def _open(path: Path) -> sqlite3.Connection:
    try:
        _look(path)
        connection = sqlite3.connect(path, isolation_level=None, cached_statements=256)
        try:
            _prepare(connection, path)
        except BaseException:
            connection.close()
            raise
    except sqlite3.DatabaseError as error:
        raise StoreError(f"Cannot use {str(path)!r} ({error}): {_unusable(error, path)}") from error
    return connection


def _unusable(error: sqlite3.DatabaseError, path: Path) -> str:
    """Return what to do about a file that cannot be opened: away with it only if it is itself the problem."""
    if errors.code(error) in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        return errors.fix(error, path)
    return errors.fix(error, path) if errors.is_full(path) else "move it away, or choose another folder with -s JOBDIR="


def _look(path: Path) -> None:
    """
    Refuse a file that is not ours, or not whole, before it is opened to be written.

    Whoever closes a database as the last one that writes folds its log into it:
    that must not happen to a foreign one.
    """
    # A journal is left where a kill came while the log was switched off; only a writer can undo that.
    if not path.is_file() or path.with_name(f"{path.name}-journal").exists():
        return
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
    try:
        _must_be_ours(connection, path, writes=True)
        (page_bytes,) = connection.execute("PRAGMA page_size").fetchone()
    finally:
        connection.close()
    # SQLite itself takes a page that was cut for a whole one. With a log beside it
    # the file may end anywhere: the log has the page.
    if path.stat().st_size % page_bytes and not path.with_name(f"{path.name}-wal").exists():
        raise sqlite3.DatabaseError("database disk image is malformed")


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    _must_be_ours(connection, path, writes=True)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KB}")
    connection.execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")
    schema.migrate(connection)
    views.draw(connection)


def _must_be_ours(connection: sqlite3.Connection, path: Path, *, writes: bool) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if application != schema.APPLICATION_ID and (tables or not writes):
        raise StoreError(
            f"{str(path)!r} is not a database of this crawler: move it away, or choose another folder with -s JOBDIR=",
            code="DATABASE_FOREIGN",
        )
    if version > len(schema.MIGRATIONS):
        raise StoreError(
            f"{str(path)!r} was written by a newer version of ipv6matrix (schema {version}):"
            " upgrade, or choose another folder with -s JOBDIR=",
            code="DATABASE_NEWER",
        )
    if not writes and version < len(schema.MIGRATIONS):
        raise OutdatedError(
            f"{str(path)!r} was written by an earlier version of ipv6matrix (schema {version}):"
            " migrate it with `scrapy summary`"
        )
