"""
Echo Requests and their replies.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Final

from ipv6matrix.items import NO_REPLY, TRANSIENT_ADDRESS_FAILURES, PingItem
from ipv6matrix.store.tables.addresses import address_id
from ipv6matrix.store.tables.base import Tables
from ipv6matrix.store.tables.retries import replaces

_CREATE: Final = (
    """
    CREATE TABLE pings (
        address_id INTEGER PRIMARY KEY REFERENCES addresses,
        sent INTEGER NOT NULL,
        rtts_ms TEXT NOT NULL,
        failure TEXT,
        asked_at INTEGER NOT NULL
    )""",
    # Of older crawlers, without the round-trip times themselves: only imported crawls have rows here.
    """
    CREATE TABLE ping_summaries (
        address_id INTEGER PRIMARY KEY REFERENCES addresses,
        sent INTEGER NOT NULL,
        min_ms REAL,
        avg_ms REAL,
        max_ms REAL,
        mdev_ms REAL,
        asked_at INTEGER NOT NULL
    )""",
)
# What the retry pass repeats and replaces.
_TEMPORARY: Final = TRANSIENT_ADDRESS_FAILURES | {NO_REPLY}


def _save(connection: sqlite3.Connection, item: PingItem) -> None:
    number = address_id(connection, item.address)
    if item.second:
        first = connection.execute(
            "SELECT ifnull(failure, iif(rtts_ms = '[]', ?, NULL)), asked_at FROM pings WHERE address_id = ?",
            (NO_REPLY, number),
        )
        if not replaces(connection, item.address, "ping", first.fetchone(), _TEMPORARY):
            return
        connection.execute("DELETE FROM pings WHERE address_id = ?", (number,))
    connection.execute(
        "INSERT INTO pings VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (
            number,
            item.ping.sent,
            json.dumps(item.ping.rtts_ms, separators=(",", ":")),
            item.ping.failure,
            int(item.ping.asked_at),
        ),
    )


TABLES: Final = Tables(create=_CREATE, save={PingItem: _save})
