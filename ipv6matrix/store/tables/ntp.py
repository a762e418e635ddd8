"""
Replies of time servers.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from ipv6matrix.items import NtpItem
from ipv6matrix.store.tables.addresses import address_id
from ipv6matrix.store.tables.base import Tables

_CREATE: Final = (
    """
    CREATE TABLE ntp_replies (
        address_id INTEGER PRIMARY KEY REFERENCES addresses,
        status TEXT NOT NULL,
        stratum INTEGER,
        reference_id TEXT,
        offset_ms REAL,
        delay_ms REAL,
        asked_at INTEGER NOT NULL
    )""",
)


def _save(connection: sqlite3.Connection, item: NtpItem) -> None:
    ntp = item.ntp
    connection.execute(
        "INSERT INTO ntp_replies VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (
            address_id(connection, item.address),
            ntp.status,
            ntp.stratum,
            ntp.reference_id,
            ntp.offset_ms,
            ntp.delay_ms,
            int(ntp.asked_at),
        ),
    )


TABLES: Final = Tables(
    create=_CREATE,
    save={NtpItem: _save},
    asked=("SELECT 'NTP', count(*) FROM ntp_replies",),
    errors=("SELECT 'NTP', status FROM ntp_replies WHERE status NOT IN ('answers', 'unsynchronised', 'kiss')",),
    figures={"NTP requests": "SELECT count(*) FROM ntp_replies"},
)
