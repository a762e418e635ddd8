"""
The tables of ips.db: a module for each kind of fact, registered here.

docs/observations.md describes each table and column.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from ipv6matrix.items import Answered
from ipv6matrix.store.tables import (
    addresses,
    crawl,
    domains,
    hosts,
    https,
    lookups,
    name_servers,
    ntp,
    ping,
    pmtu,
    ports,
    resolver6,
    retries,
    reverse,
    smtp,
    third_parties,
    tls,
    trace,
    web,
)
from ipv6matrix.store.tables.base import Tables

REGISTRY: Final[list[Tables]] = [
    crawl.TABLES,
    domains.TABLES,
    hosts.TABLES,
    addresses.TABLES,
    lookups.TABLES,
    https.TABLES,
    retries.TABLES,
    reverse.TABLES,
    ping.TABLES,
    ports.TABLES,
    smtp.TABLES,
    trace.TABLES,
    ntp.TABLES,
    pmtu.TABLES,
    tls.TABLES,
    web.TABLES,
    third_parties.TABLES,
    name_servers.TABLES,
    resolver6.TABLES,
]


def statements() -> dict[str, str]:
    """Return the statement that creates each table and index, by name."""
    return {statement.split()[2]: statement for tables in REGISTRY for statement in tables.create}


def save(connection: sqlite3.Connection, item: Answered) -> None:
    """Write the facts of one item."""
    for tables in REGISTRY:
        if write := tables.save.get(type(item)):
            write(connection, item)
            return
    raise TypeError(f"no table is written from {type(item).__name__}")
