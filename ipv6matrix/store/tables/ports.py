"""
TCP handshakes, and the SMTP sessions that follow them.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from ipv6matrix.items import TRANSIENT_ADDRESS_FAILURES, TcpItem
from ipv6matrix.store.tables.addresses import address_id
from ipv6matrix.store.tables.base import OfAddresses, Tables, words
from ipv6matrix.store.tables.retries import renews
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
        mss_bytes INTEGER,
        PRIMARY KEY (address_id, port)
    ) WITHOUT ROWID""",
)


def _save(connection: sqlite3.Connection, item: TcpItem) -> None:
    number = address_id(connection, item.address)
    ports = item.tcp.ports
    if item.second:
        ports = tuple(port for port in ports if _is_renewed(connection, number, item.address, port.port))
    connection.executemany(
        "INSERT INTO ports VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [
            (number, port.port, port.open, port.connect_ms, port.failure, int(port.asked_at), port.mss_bytes)
            for port in ports
        ],
    )
    if item.tcp.smtp and (ports or not item.second):
        save_session(connection, number, item.tcp.smtp)


def _is_renewed(connection: sqlite3.Connection, number: int, address: str, port: int) -> bool:
    row = "ports WHERE address_id = ? AND port = ?", (number, port)
    return renews(connection, row, address, f"tcp {port}", TRANSIENT_ADDRESS_FAILURES)


_ROWS: Final = "FROM ports WHERE address_id = addresses.id"

TABLES: Final = Tables(
    create=_CREATE,
    save={TcpItem: _save},
    of_addresses=OfAddresses(
        item=TcpItem,
        answered=f"EXISTS (SELECT 1 {_ROWS} AND ifnull(failure, '') NOT IN ({words(TRANSIENT_ADDRESS_FAILURES)}))",
        parts=f"(SELECT group_concat(port) {_ROWS})",
        asked_at=f"(SELECT max(asked_at) {_ROWS})",
        question="tcp %",
    ),
    asked=("SELECT 'port ' || port, count(*) FROM ports GROUP BY port",),
    errors=("SELECT 'port ' || port, failure FROM ports WHERE failure IS NOT NULL",),
    figures={"TCP handshakes": "SELECT count(*) FROM ports"},
)
