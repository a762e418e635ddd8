"""
MTUs of the paths to IPv6 addresses.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from ipv6matrix.items import TRANSIENT_ADDRESS_FAILURES, PmtuItem, PmtuStatus
from ipv6matrix.store.tables.addresses import address_id
from ipv6matrix.store.tables.base import Tables
from ipv6matrix.store.tables.retries import look_at_addresses, renews

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
# A black hole has been confirmed by a second Echo Request.
_TEMPORARY: Final = TRANSIENT_ADDRESS_FAILURES | {PmtuStatus.UNTESTABLE}
_REQUEST: Final = "pmtu"


def _save(connection: sqlite3.Connection, item: PmtuItem) -> None:
    pmtu = item.pmtu
    number = address_id(connection, item.address)
    row = "path_mtus WHERE address_id = ?", (number,)
    if item.second and not renews(connection, row, item.address, _REQUEST, _TEMPORARY, "status"):
        return
    connection.execute(
        "INSERT INTO path_mtus VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (number, pmtu.status, pmtu.mtu_bytes, pmtu.sent, int(pmtu.asked_at)),
    )


TABLES: Final = Tables(
    create=_CREATE,
    save={PmtuItem: _save},
    looks=(look_at_addresses(PmtuItem, "path_mtus", _REQUEST, _TEMPORARY),),
    asked=("SELECT 'path MTU', count(*) FROM path_mtus",),
    errors=("SELECT 'path MTU', status FROM path_mtus WHERE status <> 'measured'",),
    outcomes={
        "Path MTUs": "SELECT family, iif(status = 'measured', mtu_bytes || ' octets', status) FROM path_mtus"
        " JOIN addresses ON addresses.id = address_id"
    },
    figures={"path MTUs": "SELECT count(*) FROM path_mtus"},
)
