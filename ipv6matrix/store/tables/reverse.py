"""
Reverse names of addresses.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from ipv6matrix.items import ReverseItem
from ipv6matrix.store.tables.addresses import address_id
from ipv6matrix.store.tables.base import Tables
from ipv6matrix.store.tables.lookups import failed_of, look, replaced, save_lookups, spelled

_CREATE: Final = (
    """
    CREATE TABLE reverse_names (
        address_id INTEGER PRIMARY KEY REFERENCES addresses,
        name TEXT NOT NULL
    )""",
)


def _save(connection: sqlite3.Connection, item: ReverseItem) -> None:
    number = address_id(connection, item.address)
    if not item.second:
        save_lookups(connection, "address", [(number, item.lookup)])
    elif not replaced(connection, "address", number, item.address, (item.lookup,)):
        return
    if item.lookup.texts:
        # Servers rotate the order of names; the smallest one is the same in every crawl.
        connection.execute(
            "INSERT INTO reverse_names VALUES (?, ?) ON CONFLICT DO NOTHING", (number, spelled(min(item.lookup.texts)))
        )


TABLES: Final = Tables(create=_CREATE, save={ReverseItem: _save}, looks=(look("address", ReverseItem, failed_of),))
