"""
The named functions that migrate an ips.db of an earlier version.

A change of an existing table is a new function at the end of `MIGRATIONS`: each
runs once, in a transaction. A new table needs none (`schema.migrate`).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from typing import Final


def count_opt_outs(connection: sqlite3.Connection) -> None:
    """Add the number of opt-outs to the row of the crawl, so that a resumed crawl notices missing ones."""
    connection.execute("ALTER TABLE crawl ADD COLUMN opt_outs INTEGER")


def list_certificate_names(connection: sqlite3.Connection) -> None:
    """Store the names of certificates as JSON, because a name may contain a comma, and their number."""
    connection.execute("ALTER TABLE smtp_sessions ADD COLUMN certificate_names_total INTEGER")
    rows = connection.execute(
        "SELECT address_id, certificate_names FROM smtp_sessions WHERE certificate_names IS NOT NULL"
    )
    for address_id, text in rows.fetchall():
        names = text.split(",") if text else []
        connection.execute(
            "UPDATE smtp_sessions SET certificate_names = ?, certificate_names_total = ? WHERE address_id = ?",
            (json.dumps(names, ensure_ascii=False), len(names), address_id),
        )


def count_what_answers_held(connection: sqlite3.Connection) -> None:
    """Add the number of hosts and addresses in each answer to domains and hosts; not all of them may be stored."""
    for table, column in (
        ("domains", "ns_hosts"),
        ("domains", "mx_hosts"),
        ("hosts", "a_addresses"),
        ("hosts", "aaaa_addresses"),
    ):
        connection.execute(f"ALTER TABLE {table} ADD COLUMN {column} INTEGER")


def mark_inferences(connection: sqlite3.Connection) -> None:
    """Add the types of lookups that were not sent, because an NXDOMAIN implies their answers, to domains and hosts."""
    for table in ("domains", "hosts"):
        connection.execute(f"ALTER TABLE {table} ADD COLUMN inferred TEXT")


def count_discards(connection: sqlite3.Connection) -> None:
    """Add the number of observations discarded during outages to requests, which limits how often one is repeated."""
    connection.execute("ALTER TABLE requests ADD COLUMN discards INTEGER NOT NULL DEFAULT 0")


def move_lookups_to_rows(connection: sqlite3.Connection) -> None:
    """Move the outcome of each lookup from columns of domains, hosts and reverse_names to a row of lookups."""
    _drop_views(connection)
    connection.execute(_LOOKUPS)
    for rows in (_DOMAIN_LOOKUPS, _HOST_LOOKUPS, _REVERSE_LOOKUPS):
        connection.execute(f"INSERT INTO lookups {rows} ORDER BY 2, 3")
    for table, (columns, rows) in _WITHOUT_LOOKUPS.items():
        connection.execute(f"CREATE TABLE new_{table} ({columns})")
        connection.execute(f"INSERT INTO new_{table} {rows}")
        connection.execute(f"DROP TABLE {table}")
        connection.execute(f"ALTER TABLE new_{table} RENAME TO {table}")


def measure_segments(connection: sqlite3.Connection) -> None:
    """Add the maximum segment size to ports."""
    connection.execute("ALTER TABLE ports ADD COLUMN mss_bytes INTEGER")


def describe_lists(connection: sqlite3.Connection) -> None:
    """Add the tag of the list and its number of ranks to the row of the crawl."""
    connection.execute("ALTER TABLE crawl ADD COLUMN tag TEXT NOT NULL DEFAULT ''")
    connection.execute("ALTER TABLE crawl ADD COLUMN ranks INTEGER NOT NULL DEFAULT 0")


def _drop_views(connection: sqlite3.Connection) -> None:
    # SQLite renames no table while a view refers to columns that are gone.
    for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'view'").fetchall():
        connection.execute(f"DROP VIEW {name}")


def _moved(table: str, rdtype: str, records: str, canonical_name: str) -> str:
    status = f"{rdtype.lower()}_status"
    return f"""
        SELECT '{table[:-1]}', id, '{rdtype}', {status}, {rdtype.lower()}_ttl_s, {records}, {canonical_name},
               ifnull(instr(',' || inferred || ',', ',{rdtype},') > 0, 0), NULL, asked_at
        FROM {table} WHERE {status} IS NOT NULL"""


_ANSWERS: Final = "('ok', 'nodata', 'nxdomain')"
_DOMAIN_LOOKUPS: Final = " UNION ALL ".join(
    _moved("domains", rdtype, records, "NULL")
    for rdtype, records in (("MX", "mx_hosts"), ("NS", "ns_hosts"), ("SOA", "NULL"))
)
# An alias is one for all types, so it belongs to each answer.
_HOST_LOOKUPS: Final = " UNION ALL ".join(
    _moved("hosts", rdtype, f"{rdtype}_addresses", f"iif({rdtype}_status IN {_ANSWERS}, canonical_name, NULL)")
    for rdtype in ("A", "AAAA")
)
_REVERSE_LOOKUPS: Final = f"""
    SELECT 'address', address_id, 'PTR', status, ttl_s, iif(status IN {_ANSWERS}, names, NULL), NULL, 0, NULL, asked_at
    FROM reverse_names"""
_LOOKUPS: Final = """
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
    ) WITHOUT ROWID"""

# The columns of each table that loses its lookups, and its rows.
_WITHOUT_LOOKUPS: Final = {
    "domains": (
        "id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, tld TEXT NOT NULL, refusal TEXT, asked_at INTEGER NOT NULL",
        "SELECT id, name, tld, refusal, asked_at FROM domains",
    ),
    "hosts": (
        """id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, wildcard INTEGER NOT NULL DEFAULT 0, refusal TEXT,
           asked_at INTEGER""",
        "SELECT id, name, wildcard, refusal, asked_at FROM hosts",
    ),
    "reverse_names": (
        "address_id INTEGER PRIMARY KEY REFERENCES addresses, name TEXT NOT NULL",
        "SELECT address_id, name FROM reverse_names WHERE name IS NOT NULL",
    ),
}

# The first published version wrote databases of this number: `PRAGMA user_version`.
FIRST: Final = 4
MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (
    count_opt_outs,
    list_certificate_names,
    count_what_answers_held,
    mark_inferences,
    count_discards,
    move_lookups_to_rows,
    measure_segments,
    describe_lists,
)
