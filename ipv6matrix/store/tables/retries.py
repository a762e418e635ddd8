"""
The first outcomes of what the retry pass repeated.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from typing import Final

from ipv6matrix.store.tables.base import Tables

TABLES: Final = Tables(
    create=(
        """
        CREATE TABLE first_answers (
            subject TEXT NOT NULL,
            question TEXT NOT NULL,
            outcome TEXT NOT NULL,
            asked_at INTEGER NOT NULL,
            PRIMARY KEY (subject, question)
        ) WITHOUT ROWID""",
    )
)


def renews(
    connection: sqlite3.Connection,
    row: tuple[str, tuple[int, ...]],
    subject: str,
    request: str,
    temporary: Collection[str],
    outcome: str = "failure",
) -> bool:
    """
    Delete a row whose temporary failure the answer of the retry pass replaces; return False if there is none.

    `row` is its table with a condition, and the parameters; `outcome` is SQL for its outcome.
    """
    where, key = row
    first = connection.execute(f"SELECT {outcome}, asked_at FROM {where}", key).fetchone()
    if not replaces(connection, subject, request, first, temporary):
        return False
    connection.execute(f"DELETE FROM {where}", key)
    return True


def replaces(
    connection: sqlite3.Connection,
    subject: str,
    request: str,
    first: tuple[str | None, int] | None,
    temporary: Collection[str],
) -> bool:
    """
    Store the outcome of a first request and its time; the answer of the retry then replaces it.

    Return False if there is no first answer, if it is not a temporary failure, or if it was replaced already.
    `subject` is a domain, a host, an address, or a pair of these separated by a space.
    """
    if first is None or first[0] not in temporary:
        return False
    cursor = connection.execute(
        "INSERT INTO first_answers VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", (subject, request, *first)
    )
    return cursor.rowcount == 1
