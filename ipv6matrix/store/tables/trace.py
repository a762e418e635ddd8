"""
Paths to addresses, hop by hop.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from ipv6matrix.items import TraceItem
from ipv6matrix.store.tables.addresses import address_id
from ipv6matrix.store.tables.base import OfAddresses, Tables
from ipv6matrix.targets.policy import family

_CREATE: Final = (
    """
    CREATE TABLE traces (
        address_id INTEGER PRIMARY KEY REFERENCES addresses,
        reached_ttl INTEGER,
        stop TEXT,
        failure TEXT,
        asked_at INTEGER NOT NULL
    )""",
    """
    CREATE TABLE hops (
        address_id INTEGER NOT NULL REFERENCES addresses,
        ttl INTEGER NOT NULL,
        router_id INTEGER REFERENCES addresses,
        rtt_ms REAL,
        PRIMARY KEY (address_id, ttl)
    ) WITHOUT ROWID""",
    # Of older crawlers, without the hops themselves: only imported crawls have rows here.
    """
    CREATE TABLE trace_summaries (
        address_id INTEGER PRIMARY KEY REFERENCES addresses,
        mtu INTEGER,
        reached_ttl INTEGER,
        path TEXT,
        asked_at INTEGER NOT NULL
    )""",
)


def _save(connection: sqlite3.Connection, item: TraceItem) -> None:
    number, trace = address_id(connection, item.address), item.trace
    cursor = connection.execute(
        "INSERT INTO traces VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (number, trace.reached_ttl, trace.stop, trace.failure, int(trace.asked_at)),
    )
    if cursor.rowcount:
        routers = [hop.address for hop in trace.hops if hop.address]
        connection.executemany(
            "INSERT INTO addresses (address, family) VALUES (?, ?) ON CONFLICT DO NOTHING",
            [(router, family(router)) for router in routers],
        )
        connection.executemany(
            "INSERT INTO hops VALUES (?, ?, (SELECT id FROM addresses WHERE address = ?), ?)",
            [(number, hop.ttl, hop.address, hop.rtt_ms) for hop in trace.hops],
        )


TABLES: Final = Tables(
    create=_CREATE,
    save={TraceItem: _save},
    of_addresses=OfAddresses(
        answered="EXISTS (SELECT 1 FROM traces WHERE address_id = addresses.id AND reached_ttl IS NOT NULL)"
    ),
    asked=("SELECT 'trace', (SELECT count(*) FROM traces) + (SELECT count(*) FROM trace_summaries)",),
    errors=("SELECT 'trace', ifnull(failure, stop) FROM traces WHERE reached_ttl IS NULL",),
    figures={"TTLs traced": "SELECT count(*) FROM hops"},
)
