"""
What the retry pass repeats: how it is found, and the first outcomes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from typing import Final

from ipv6matrix.items import TRANSIENT_ADDRESS_FAILURES, Answered
from ipv6matrix.store.tables.base import Look, Tables, words

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


def look_at_addresses(item: type[Answered], table: str, request: str, temporary: Collection[str]) -> Look:
    """Return how requests are found that failed and need nothing but an address, which is the key of their table."""
    sql = f"""
        SELECT address, asked_at, NULL FROM {table} JOIN addresses ON addresses.id = address_id
        WHERE address_id > ? AND address_id <= ? AND status IN ({words(temporary)})
              AND NOT EXISTS (SELECT 1 FROM first_answers WHERE subject = address AND question = '{request}')
        ORDER BY address_id"""
    return Look(item=item, key="addresses.id", sql=sql)


def look_at_sites(item: type[Answered], table: str, outcome: str, request: str, parts: str = "NULL") -> Look:
    """
    Return how requests are found that failed for a host at one of its addresses, the key of their table.

    `outcome`, `request` and `parts` are SQL.
    """
    subject = "hosts.name || ' ' || address"
    sql = f"""
        SELECT {subject}, {table}.asked_at, {parts}
        FROM {table} JOIN hosts ON hosts.id = host_id JOIN addresses ON addresses.id = address_id
        WHERE host_id > ? AND host_id <= ? AND {outcome} IN ({words(TRANSIENT_ADDRESS_FAILURES)})
              AND NOT EXISTS (SELECT 1 FROM first_answers WHERE subject = {subject} AND question = {request})
        ORDER BY host_id"""
    return Look(item=item, key="hosts.id", sql=sql)


def renews(
    connection: sqlite3.Connection,
    row: tuple[str, tuple[int | str, ...]],
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
