"""
TCP handshakes, and the SMTP sessions that follow them.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from ipv6matrix.items import TRANSIENT_ADDRESS_FAILURES, TcpItem
from ipv6matrix.store.tables.addresses import address_id
from ipv6matrix.store.tables.base import Tables
from ipv6matrix.store.tables.retries import replaces
from ipv6matrix.store.tables.smtp import save_session

_CREATE: Final = (
    """
    CREATE TABLE ports (
        address_id INTEGER NOT NULL REFERENCES addresses,
        port INTEGER NOT NULL,
        open INTEGER NOT NULL,
        connect_ms REAL,
        failure TEXT,
        asked_at INTEGER NOT NULL,
        PRIMARY KEY (address_id, port)
    ) WITHOUT ROWID""",
)


def _save(connection: sqlite3.Connection, item: TcpItem) -> None:
    number = address_id(connection, item.address)
    ports = item.tcp.ports
    if item.second:
        ports = tuple(port for port in ports if _removes_failure(connection, number, item.address, port.port))
    connection.executemany(
        "INSERT INTO ports VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [(number, port.port, port.open, port.connect_ms, port.failure, int(port.asked_at)) for port in ports],
    )
    if item.tcp.smtp and (ports or not item.second):
        save_session(connection, number, item.tcp.smtp)


def _removes_failure(connection: sqlite3.Connection, number: int, address: str, port: int) -> bool:
    """Delete the row of a port if its outcome is to be replaced; return False if it is not."""
    where, key = "FROM ports WHERE address_id = ? AND port = ?", (number, port)
    first = connection.execute(f"SELECT failure, asked_at {where}", key).fetchone()
    if not replaces(connection, address, f"tcp {port}", first, TRANSIENT_ADDRESS_FAILURES):
        return False
    connection.execute(f"DELETE {where}", key)
    return True


TABLES: Final = Tables(create=_CREATE, save={TcpItem: _save})
