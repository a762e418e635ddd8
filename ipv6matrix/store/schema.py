"""
The schema of ips.db: created, or migrated from that of an earlier version.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from ipv6matrix.store import tables
from ipv6matrix.store.migrations import FIRST, MIGRATIONS

# "IP6M", which distinguishes it from other SQLite files (https://sqlite.org/fileformat.html#application_id).
APPLICATION_ID = 0x4950364D


def newest() -> int:
    """Return the `PRAGMA user_version` of a migrated database."""
    return FIRST + len(MIGRATIONS)


def migrate(connection: sqlite3.Connection) -> None:
    """
    Create the schema, or migrate a database to the newest one, each step in its own transaction.

    Tables that are missing, of measurements that an earlier version did not make, are
    created each time. The views with the old names are not part of it: they contain
    no data, and are recreated each time.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    for number, migration in enumerate(MIGRATIONS[version - FIRST :] if version else (), start=version + 1):
        with _transaction(connection, number):
            migration(connection)
    if absent := _missing(connection):
        with _transaction(connection, newest()):
            for statement in absent:
                connection.execute(statement)
            connection.execute("INSERT INTO frontier (id, newest) VALUES (1, 0) ON CONFLICT DO NOTHING")


def _missing(connection: sqlite3.Connection) -> list[str]:
    """Return the statements of the tables and indexes that a database does not have."""
    present = {name for (name,) in connection.execute("SELECT name FROM main.sqlite_schema")}
    return [statement for name, statement in tables.statements().items() if name not in present]


def lay_over(connection: sqlite3.Connection) -> None:
    """Create the missing tables for a read-only connection, without rows."""
    for statement in _missing(connection):
        if statement.split()[1] == "TABLE":
            connection.execute(statement.replace("CREATE TABLE", "CREATE TEMP TABLE"))


@contextmanager
def _transaction(connection: sqlite3.Connection, version: int) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    yield
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {version}")
    connection.execute("COMMIT")
