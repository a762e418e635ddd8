"""
DNS lookups of domains, hosts and addresses: a row for each record type.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, Literal

from ipv6matrix.items import TRANSIENT_LOOKUP_FAILURES, Answered, Failure, LookupObservation
from ipv6matrix.measurements.base import Failed
from ipv6matrix.store.tables.base import Look, Rows, Tables, words
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
    ),
    asked=("SELECT 'DNS', count(*) FROM lookups",),
    errors=("SELECT 'DNS', status FROM lookups WHERE status NOT IN ('ok', 'nodata', 'nxdomain')",),
    outcomes={
        "DNSSEC of domains": "SELECT NULL, security FROM lookups"
        " WHERE owner = 'domain' AND type = 'NS' AND security IS NOT NULL"
    },
    figures={"lookups": "SELECT count(*) FROM lookups"},
)

# The order of record types in a request; others follow by name.
_TYPES: Final = ("NS", "MX", "SOA", "A", "AAAA")
_OWNERS: Final[dict[Owner, tuple[str, str]]] = {
    "domain": ("domains", "domains.name"),
    "host": ("hosts", "hosts.name"),
    "address": ("addresses", "address"),
}

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


def look(
    owner: Owner, item: type[Answered], read: Callable[[type[Answered], Rows], Iterator[Failed]], more: str = "NULL"
) -> Look:
    """Return how lookups of one kind of owner that failed are found; `more` is SQL for one more column."""
    table, subject = _OWNERS[owner]
    sql = f"""
        SELECT {subject} AS name, max(lookups.asked_at), group_concat(type), {more}
        FROM lookups JOIN {table} ON {table}.id = owner_id
        WHERE owner = '{owner}' AND owner_id > ? AND owner_id <= ? AND status IN ({words(TRANSIENT_LOOKUP_FAILURES)})
              AND NOT EXISTS (SELECT 1 FROM first_answers WHERE subject = {subject} AND question = type)
        GROUP BY owner_id ORDER BY owner_id"""
    return Look(item=item, key=f"{table}.id", sql=sql, read=read)


def failed_of(item: type[Answered], rows: Rows) -> Iterator[Failed]:
    """Yield failures, a subject each."""
    for subject, asked_at, types, _ in rows:
        yield Failed(item=item, subject=subject, parts=ordered(types), asked_at=asked_at)


def ordered(types: str) -> tuple[str, ...]:
    """Return record types in the order of a request."""
    return tuple(sorted(types.split(","), key=_rank))


def _rank(rdtype: str) -> tuple[int, str]:
    return (_TYPES.index(rdtype) if rdtype in _TYPES else len(_TYPES)), rdtype
