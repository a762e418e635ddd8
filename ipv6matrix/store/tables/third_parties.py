"""
Hosts from which web pages load something, by name: they need not be hosts of the crawl.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from ipv6matrix.items import Failure, LookupObservation, ThirdPartyItem
from ipv6matrix.store.tables.base import Tables

_CREATE: Final = """
    CREATE TABLE third_parties (
        name TEXT NOT NULL PRIMARY KEY,
        a_status TEXT NOT NULL,
        a_addresses INTEGER,
        aaaa_status TEXT NOT NULL,
        aaaa_addresses INTEGER,
        asked_at INTEGER NOT NULL
    ) WITHOUT ROWID"""


def _save(connection: sqlite3.Connection, item: ThirdPartyItem) -> None:
    if addresses := item.addresses:
        connection.execute(
            "INSERT INTO third_parties VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (item.name, *_answer(addresses.a), *_answer(addresses.aaaa), int(addresses.a.asked_at)),
        )


def _answer(lookup: LookupObservation) -> tuple[str, int | None]:
    """Return the status of a lookup and the number of its addresses; None without an answer."""
    failed = isinstance(lookup.status, Failure)
    return str(lookup.status), None if failed else len(lookup.records) + lookup.omitted


_SUPPORT: Final = """
    SELECT NULL, CASE WHEN aaaa_addresses > 0 THEN 'with IPv6' WHEN aaaa_addresses IS NULL THEN 'not known'
                      WHEN a_addresses > 0 THEN 'without IPv6' WHEN a_addresses = 0 THEN 'no address'
                      ELSE 'not known' END
    FROM third_parties"""

TABLES: Final = Tables(
    create=(_CREATE,),
    asked=("SELECT 'third parties', count(*) FROM third_parties",),
    errors=(
        "SELECT 'third parties', aaaa_status FROM third_parties WHERE aaaa_status NOT IN ('ok', 'nodata', 'nxdomain')",
    ),
    outcomes={"Hosts from which pages load something": _SUPPORT},
    figures={"hosts of pages": "SELECT count(*) FROM third_parties"},
    save={ThirdPartyItem: _save},
)
