"""
Addresses of hosts, and of routers on the paths to them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Final

from ipv6matrix.items import Address, ExclusionItem
from ipv6matrix.store.tables.base import Tables
from ipv6matrix.targets.policy import family

_CREATE: Final = (
    """
    CREATE TABLE addresses (
        id INTEGER PRIMARY KEY,
        address TEXT NOT NULL UNIQUE,
        family INTEGER NOT NULL,
        kind TEXT,
        refusal TEXT,
        tunnel_id TEXT,
        asn INTEGER,
        as_organisation TEXT,
        city TEXT,
        region TEXT,
        country_code TEXT,
        latitude REAL,
        longitude REAL,
        found_at INTEGER
    )""",
)


def save_addresses(connection: sqlite3.Connection, addresses: Iterable[Address]) -> None:
    """Write addresses of hosts, new or known only as routers."""
    connection.executemany(
        "INSERT INTO addresses (address, family, kind, refusal, tunnel_id, asn, as_organisation, city, region,"
        " country_code, latitude, longitude, found_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (address) DO UPDATE SET kind = excluded.kind, refusal = excluded.refusal,"
        " tunnel_id = excluded.tunnel_id, asn = excluded.asn, as_organisation = excluded.as_organisation,"
        " city = excluded.city, region = excluded.region, country_code = excluded.country_code,"
        " latitude = excluded.latitude, longitude = excluded.longitude, found_at = excluded.found_at"
        " WHERE found_at IS NULL",
        [
            (
                address.address,
                address.family,
                address.kind,
                address.refusal,
                address.tunnel_id,
                address.asn,
                address.as_organisation,
                address.city,
                address.region,
                address.country_code,
                address.latitude,
                address.longitude,
                int(address.found_at),
            )
            for address in addresses
        ],
    )


def address_id(connection: sqlite3.Connection, address: str) -> int:
    """Return the id of an address, which is added if it is new."""
    row = connection.execute("SELECT id FROM addresses WHERE address = ?", (address,)).fetchone()
    if row:
        return int(row[0])
    # An address seen only as a router on a path; found_at stays empty.
    new = connection.execute("INSERT INTO addresses (address, family) VALUES (?, ?)", (address, family(address)))
    assert new.lastrowid is not None
    return new.lastrowid


def _save_exclusion(connection: sqlite3.Connection, item: ExclusionItem) -> None:
    connection.execute(
        "UPDATE addresses SET refusal = ? WHERE address = ? AND refusal IS NULL", (item.reason, item.address)
    )


TABLES: Final = Tables(create=_CREATE, save={ExclusionItem: _save_exclusion})
