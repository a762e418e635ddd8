"""
MTUs of the paths to IPv6 addresses.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from ipv6matrix.items import PmtuItem
from ipv6matrix.store.tables.addresses import address_id
from ipv6matrix.store.tables.base import Tables

_CREATE: Final = (
    """
    CREATE TABLE path_mtus (
        address_id INTEGER PRIMARY KEY REFERENCES addresses,
        status TEXT NOT NULL,
        mtu_bytes INTEGER,
        sent INTEGER NOT NULL,
        asked_at INTEGER NOT NULL
    )""",
)


def _save(connection: sqlite3.Connection, item: PmtuItem) -> None:
    pmtu = item.pmtu
    connection.execute(
        "INSERT INTO path_mtus VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (address_id(connection, item.address), pmtu.status, pmtu.mtu_bytes, pmtu.sent, int(pmtu.asked_at)),
    )


TABLES: Final = Tables(
    create=_CREATE,
    save={PmtuItem: _save},
    asked=("SELECT 'path MTU', count(*) FROM path_mtus",),
    errors=("SELECT 'path MTU', status FROM path_mtus WHERE status <> 'measured'",),
    figures={"path MTUs": "SELECT count(*) FROM path_mtus"},
)
