"""
HTTPS records of hosts.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import Final

from ipv6matrix.items import HttpsRecord, LookupObservation
from ipv6matrix.store.tables.base import Tables
from ipv6matrix.store.tables.lookups import spelled

# Records of one host that are stored: answers of third parties have no other limit than that of a message.
MOST: Final = 16

_MODES: Final = """
    SELECT NULL, CASE WHEN status IN ('nodata', 'nxdomain') THEN 'none' WHEN status <> 'ok' THEN status
                      WHEN EXISTS (SELECT 1 FROM https_records WHERE host_id = owner_id AND priority = 0) THEN 'alias'
                      ELSE 'service' END
    FROM lookups WHERE owner = 'host' AND type = 'HTTPS'"""

TABLES: Final = Tables(
    create=(
        """
        CREATE TABLE https_records (
            host_id INTEGER NOT NULL REFERENCES hosts,
            position INTEGER NOT NULL,
            priority INTEGER NOT NULL,
            target TEXT NOT NULL,
            alpn TEXT NOT NULL,
            port INTEGER,
            ipv4hint TEXT NOT NULL,
            ipv6hint TEXT NOT NULL,
            ech INTEGER NOT NULL,
            PRIMARY KEY (host_id, position)
        ) WITHOUT ROWID""",
    ),
    outcomes={"HTTPS records": _MODES},
)


def save_https(connection: sqlite3.Connection, lookups: Iterable[tuple[int, LookupObservation | None]]) -> None:
    """Write the records of HTTPS lookups, each with the id of its host; the best ones first."""
    connection.executemany(
        "INSERT INTO https_records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [
            (
                host_id,
                position,
                record.priority,
                spelled(record.target),
                _array(record.alpn),
                record.port,
                _array(record.ipv4hint),
                _array(record.ipv6hint),
                int(record.ech),
            )
            for host_id, lookup in lookups
            if lookup
            for position, record in enumerate(sorted(lookup.services, key=_rank)[:MOST], start=1)
        ],
    )


def _array(texts: tuple[str, ...]) -> str:
    """Return JSON: a protocol may contain any octet, such as a comma."""
    return json.dumps(texts, separators=(",", ":"))


def _rank(record: HttpsRecord) -> tuple[int, str, str]:
    """Order records by priority; those of equal priority come in any order."""
    return record.priority, record.target, ",".join((*record.ipv4hint, *record.ipv6hint))
