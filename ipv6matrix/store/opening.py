"""
Opens an ips.db, if it is one: for one writer, in WAL mode, or for readers.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from ipv6matrix.exceptions import OutdatedError, StoreError
from ipv6matrix.program import PROGRAM
from ipv6matrix.store import errors, migrations, schema, views

# Size of the page cache in kilobytes: the hot ends of the indexes of a million domains.
_CACHE_KB: Final = 32_768
# Pages of the write-ahead log from which on a commit checkpoints it, if nothing calls `fold`.
_LOG_PAGES: Final = 50_000


def to_read(path: Path) -> sqlite3.Connection:
    """
    Open a database for reading, without disturbing a process that writes it.

    Raises StoreError if the file does not exist or is not a database of this project, OutdatedError if it needs
    a migration.
    """
    if not path.is_file():
        raise StoreError(f"{str(path)!r} does not exist: name an ips.db", code="CRAWL_MISSING")
    try:
        connection = _read_only(path)
        try:
            _must_be_ours(connection, path, writes=False)
            schema.lay_over(connection)
            views.lay_over(connection)
        except BaseException:
            connection.close()
            raise
    except sqlite3.DatabaseError as error:
        raise StoreError(f"Cannot read {str(path)!r} ({error}): name an ips.db") from error
    return connection


def to_write(path: Path) -> sqlite3.Connection:
    """
    Open a database for writing, in WAL mode; create or migrate it if necessary.

    Raises StoreError if the file is damaged, not a database of this project, or cannot be written.
    """
    try:
        _check_file(path)
        connection = sqlite3.connect(path, isolation_level=None, cached_statements=256)
        try:
            _prepare(connection, path)
        except BaseException:
            connection.close()
            raise
    except sqlite3.DatabaseError as error:
        raise StoreError(f"Cannot use {str(path)!r} ({error}): {_unusable(error, path)}") from error
    return connection


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)


def _unusable(error: sqlite3.DatabaseError, path: Path) -> str:
    """Return the fix for a file that cannot be opened: moving it away only if the file itself is the problem."""
    if errors.code(error) in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        return errors.fix(error, path)
    return errors.fix(error, path) if errors.is_full(path) else "move it away, or choose another folder with -s JOBDIR="


def _check_file(path: Path) -> None:
    """
    Reject a file that is damaged, or not a database of this project, before opening it for writing.

    The last writer that closes a database checkpoints its log, which must not
    happen to another program's database.
    """
    # A journal remains if the process was killed while it left WAL mode; only a writer can roll it back.
    if not path.is_file() or path.with_name(f"{path.name}-journal").exists():
        return
    connection = _read_only(path)
    try:
        _must_be_ours(connection, path, writes=True)
        (page_bytes,) = connection.execute("PRAGMA page_size").fetchone()
    finally:
        connection.close()
    # SQLite itself does not notice a truncated page. If there is a write-ahead log,
    # the file may end anywhere, because the log contains the page.
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
    # Keeps the journals of savepoints out of files: there is one for each item. Migrations may need more space.
    connection.execute("PRAGMA temp_store = MEMORY")


def _must_be_ours(connection: sqlite3.Connection, path: Path, *, writes: bool) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (objects,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    is_foreign = application != schema.APPLICATION_ID or version < migrations.FIRST
    if is_foreign and (objects or not writes):
        raise StoreError(
            f"{str(path)!r} is not a database of this crawler: move it away, or choose another folder with -s JOBDIR=",
            code="DATABASE_FOREIGN",
        )
    if version > schema.newest():
        raise StoreError(
            f"{str(path)!r} was written by a newer version of ipv6matrix (schema {version}):"
            " upgrade, or choose another folder with -s JOBDIR=",
            code="DATABASE_NEWER",
        )
    if not writes and version < schema.newest():
        raise OutdatedError(
            f"{str(path)!r} was written by an earlier version of ipv6matrix (schema {version}):"
            f" resume its crawl, or read it with `{PROGRAM} summary`"
        )
