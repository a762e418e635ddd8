"""
DNS lookups of domains, hosts and addresses: a row for each record type.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any, Final, Literal

from ipv6matrix.items import TRANSIENT_LOOKUP_FAILURES, Failure, LookupObservation
from ipv6matrix.store.tables.base import Tables
from ipv6matrix.store.tables.retries import replaces

Owner = Literal["domain", "host", "address"]

TABLES: Final = Tables(
    create=(
        # The three kinds of owners have separate ids, so each kind is written at one end of the table.
        """
        CREATE TABLE lookups (
            owner TEXT NOT NULL,
            owner_id INTEGER NOT NULL,
            type TEXT NOT NULL,
            status TEXT NOT NULL,
            ttl_s INTEGER,
            records INTEGER,
            canonical_name TEXT,
            inferred INTEGER NOT NULL DEFAULT 0,
            security TEXT,
            asked_at INTEGER NOT NULL,
            PRIMARY KEY (owner, owner_id, type)
        ) WITHOUT ROWID""",
    )
)

_INSERT: Final = "INSERT INTO lookups VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"


def save_lookups(
    connection: sqlite3.Connection, owner: Owner, owned: Iterable[tuple[int, LookupObservation | None]]
) -> None:
    """Write lookups, each with the id of its owner; None for one that was not made."""
    connection.executemany(_INSERT, [(owner, number, *_columns(lookup)) for number, lookup in owned if lookup])


def replaced(
    connection: sqlite3.Connection,
    owner: Owner,
    owner_id: int,
    subject: str,
    lookups: Iterable[LookupObservation | None],
) -> tuple[LookupObservation, ...]:
    """Write the lookups of the retry pass that replace a temporary failure, and return them."""
    key = "owner = ? AND owner_id = ? AND type = ?"
    renewed = []
    for lookup in filter(None, lookups):
        of_type = (owner, owner_id, lookup.type)
        first = connection.execute(f"SELECT status, asked_at FROM lookups WHERE {key}", of_type).fetchone()
        if replaces(connection, subject, lookup.type, first, TRANSIENT_LOOKUP_FAILURES):
            connection.execute(f"DELETE FROM lookups WHERE {key}", of_type)
            renewed.append(lookup)
    save_lookups(connection, owner, [(owner_id, lookup) for lookup in renewed])
    return tuple(renewed)


def spelled(name: str | None) -> str | None:
    """Return a name with the root spelled as a dot: an empty text would look like a missing name."""
    return "." if name == "" else name


def _columns(lookup: LookupObservation) -> tuple[Any, ...]:
    # str and int: sqlite3 searches an adapter for each value of a derived type, such as a StrEnum or bool.
    return (
        lookup.type,
        str(lookup.status),
        lookup.ttl_s,
        _records(lookup),
        spelled(lookup.canonical_name),
        int(lookup.inferred),
        lookup.security and str(lookup.security),
        int(lookup.asked_at),
    )


def _records(lookup: LookupObservation) -> int | None:
    """Return the number of records in an answer, stored or not, or of hosts that it names; None without an answer."""
    if not lookup.records:
        return None if isinstance(lookup.status, Failure) else 0
    if lookup.type in ("NS", "MX"):
        return len({host for host in (*lookup.texts, *(host for _, host in lookup.exchangers)) if host})
    return len(lookup.records) + lookup.omitted
