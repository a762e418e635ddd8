"""
Whether names resolve over IPv6 alone.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from ipv6matrix.items import Resolvability, ResolvabilityItem
from ipv6matrix.store.tables.base import Tables

# By name: an alias or a mail host need not be a host of the crawl.
_CREATE: Final = """
    CREATE TABLE resolver6 (
        name TEXT NOT NULL,
        type TEXT NOT NULL,
        answer TEXT NOT NULL,
        status TEXT NOT NULL,
        parent_status TEXT,
        asked_at INTEGER NOT NULL,
        PRIMARY KEY (name, type)
    ) WITHOUT ROWID"""


def _save(connection: sqlite3.Connection, item: ResolvabilityItem) -> None:
    if observation := item.observation:
        connection.execute(
            "INSERT INTO resolver6 VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (
                observation.name,
                observation.type,
                str(observation.answer),
                str(observation.status),
                observation.parent and str(observation.parent),
                int(observation.asked_at),
            ),
        )


TABLES: Final = Tables(
    create=(_CREATE,),
    asked=("SELECT 'IPv6 alone', count(*) FROM resolver6",),
    errors=(f"SELECT 'IPv6 alone', answer FROM resolver6 WHERE answer <> '{Resolvability.RESOLVABLE}'",),
    outcomes={"Lookups without IPv4": "SELECT NULL, answer FROM resolver6"},
    figures={"lookups over IPv6 alone": "SELECT count(*) FROM resolver6"},
    save={ResolvabilityItem: _save},
)
