"""
Front pages of a host at one of its addresses, and the hosts from which they load something.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from ipv6matrix.items import TRANSIENT_ADDRESS_FAILURES, WebItem
from ipv6matrix.store.tables.addresses import address_id
from ipv6matrix.store.tables.base import Tables
from ipv6matrix.store.tables.hosts import host_id
from ipv6matrix.store.tables.retries import look_at_sites, renews

_CREATE: Final = (
    """
    CREATE TABLE web_pages (
        host_id INTEGER NOT NULL REFERENCES hosts,
        address_id INTEGER NOT NULL REFERENCES addresses,
        scheme TEXT NOT NULL,
        tls TEXT,
        certificate_sha256 TEXT,
        status_code INTEGER,
        location TEXT,
        server TEXT,
        length_bytes INTEGER,
        end TEXT,
        sha256 TEXT,
        title TEXT,
        sketch BLOB,
        failure TEXT,
        hosts INTEGER,
        asked_at INTEGER NOT NULL,
        PRIMARY KEY (host_id, address_id, scheme)
    ) WITHOUT ROWID""",
    """
    CREATE TABLE page_hosts (
        host_id INTEGER NOT NULL REFERENCES hosts,
        name TEXT NOT NULL,
        PRIMARY KEY (host_id, name)
    ) WITHOUT ROWID""",
)


def _save(connection: sqlite3.Connection, item: WebItem) -> None:
    if (web := item.web) is None:
        return
    key = host_id(connection, item.host), address_id(connection, item.address), web.scheme
    row = "web_pages WHERE host_id = ? AND address_id = ? AND scheme = ?", key
    subject = f"{item.host} {item.address}"
    if item.second and not renews(connection, row, subject, f"web {web.scheme}", TRANSIENT_ADDRESS_FAILURES):
        return
    connection.execute(
        f"INSERT INTO web_pages VALUES ({', '.join('?' * 16)}) ON CONFLICT DO NOTHING",
        (
            *key,
            web.tls,
            web.certificate_sha256,
            web.status_code,
            web.location,
            web.server,
            web.length_bytes,
            web.end,
            web.sha256,
            web.title,
            web.sketch,
            web.failure,
            None if item.third_parties is None else len(item.third_parties),
            int(web.asked_at),
        ),
    )
    connection.executemany(
        "INSERT INTO page_hosts VALUES (?, ?) ON CONFLICT DO NOTHING",
        [(key[0], name) for name in item.third_parties or ()],
    )


TABLES: Final = Tables(
    create=_CREATE,
    save={WebItem: _save},
    looks=(look_at_sites(WebItem, "web_pages", "failure", "'web ' || scheme", "scheme"),),
    asked=("SELECT 'web', count(*) FROM web_pages",),
    errors=("SELECT 'web', failure FROM web_pages WHERE failure IS NOT NULL",),
    outcomes={
        "Front pages": "SELECT family, ifnull(failure, 'status ' || status_code) FROM web_pages"
        " JOIN addresses ON addresses.id = address_id"
    },
    figures={"front pages": "SELECT count(*) FROM web_pages"},
)
