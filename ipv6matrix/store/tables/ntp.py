"""
Replies of time servers.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from ipv6matrix.items import TRANSIENT_ADDRESS_FAILURES, NtpItem
from ipv6matrix.store.tables.addresses import address_id
from ipv6matrix.store.tables.base import Tables
from ipv6matrix.store.tables.retries import look_at_addresses, renews

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
_REQUEST: Final = "ntp"


def _save(connection: sqlite3.Connection, item: NtpItem) -> None:
    ntp = item.ntp
    number = address_id(connection, item.address)
    row = "ntp_replies WHERE address_id = ?", (number,)
    if item.second and not renews(connection, row, item.address, _REQUEST, TRANSIENT_ADDRESS_FAILURES, "status"):
        return
    connection.execute(
        "INSERT INTO ntp_replies VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (
            number,
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
    looks=(look_at_addresses(NtpItem, "ntp_replies", _REQUEST, TRANSIENT_ADDRESS_FAILURES),),
    asked=("SELECT 'NTP', count(*) FROM ntp_replies",),
    errors=("SELECT 'NTP', status FROM ntp_replies WHERE status NOT IN ('answers', 'unsynchronised', 'kiss')",),
    outcomes={"Time servers": "SELECT family, status FROM ntp_replies JOIN addresses ON addresses.id = address_id"},
    figures={"NTP requests": "SELECT count(*) FROM ntp_replies"},
)
