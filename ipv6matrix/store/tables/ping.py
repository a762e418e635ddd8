"""
Echo Requests and their replies.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Final

from ipv6matrix.items import NO_REPLY, TRANSIENT_ADDRESS_FAILURES, PingItem
from ipv6matrix.store.tables.addresses import address_id
from ipv6matrix.store.tables.base import OfAddresses, Tables, words
from ipv6matrix.store.tables.retries import renews

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
_OUTCOME: Final = f"ifnull(failure, iif(rtts_ms = '[]', '{NO_REPLY}', NULL))"
_ROW: Final = "FROM pings WHERE address_id = addresses.id"


def _save(connection: sqlite3.Connection, item: PingItem) -> None:
    number = address_id(connection, item.address)
    row = "pings WHERE address_id = ?", (number,)
    if item.second and not renews(connection, row, item.address, "ping", _TEMPORARY, _OUTCOME):
        return
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


TABLES: Final = Tables(
    create=_CREATE,
    save={PingItem: _save},
    of_addresses=OfAddresses(
        item=PingItem,
        answered=f"EXISTS (SELECT 1 {_ROW} AND ifnull({_OUTCOME}, '') NOT IN ({words(_TEMPORARY)}))",
        parts=f"(SELECT '' {_ROW})",
        asked_at=f"(SELECT asked_at {_ROW})",
        question="ping",
    ),
    asked=("SELECT 'ping', (SELECT count(*) FROM pings) + (SELECT count(*) FROM ping_summaries)",),
    errors=(
        "SELECT 'ping', failure FROM pings WHERE failure IS NOT NULL",
        "SELECT 'ping', 'no reply' FROM pings WHERE failure IS NULL AND rtts_ms = '[]'",
    ),
    figures={
        "Echo Requests": "SELECT (SELECT ifnull(sum(sent), 0) FROM pings)"
        " + (SELECT ifnull(sum(sent), 0) FROM ping_summaries)"
    },
)
