"""
TLS handshakes for a host at one of its addresses.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from ipv6matrix.items import TRANSIENT_ADDRESS_FAILURES, TlsItem
from ipv6matrix.store.tables import certificates
from ipv6matrix.store.tables.addresses import address_id
from ipv6matrix.store.tables.base import Tables
from ipv6matrix.store.tables.hosts import host_id
from ipv6matrix.store.tables.retries import look_at_sites, renews

_CREATE: Final = (
    """
    CREATE TABLE tls_handshakes (
        host_id INTEGER NOT NULL REFERENCES hosts,
        address_id INTEGER NOT NULL REFERENCES addresses,
        status TEXT NOT NULL,
        version TEXT,
        cipher TEXT,
        alpn TEXT,
        certificate_sha256 TEXT,
        certificate_subject TEXT,
        certificate_issuer TEXT,
        certificate_not_before INTEGER,
        certificate_not_after INTEGER,
        certificate_names TEXT,
        certificate_names_total INTEGER,
        handshake_ms REAL,
        asked_at INTEGER NOT NULL,
        PRIMARY KEY (host_id, address_id)
    ) WITHOUT ROWID""",
)
_REQUEST: Final = "tls"


def _save(connection: sqlite3.Connection, item: TlsItem) -> None:
    if (tls := item.tls) is None:
        return
    key = host_id(connection, item.host), address_id(connection, item.address)
    row = "tls_handshakes WHERE host_id = ? AND address_id = ?", key
    subject = f"{item.host} {item.address}"
    if item.second and not renews(connection, row, subject, _REQUEST, TRANSIENT_ADDRESS_FAILURES, "status"):
        return
    connection.execute(
        f"INSERT INTO tls_handshakes VALUES ({', '.join('?' * 15)}) ON CONFLICT DO NOTHING",
        (
            *key,
            tls.status,
            tls.version,
            tls.cipher,
            tls.alpn,
            *certificates.columns(tls.certificate),
            tls.handshake_ms,
            int(tls.asked_at),
        ),
    )


TABLES: Final = Tables(
    create=_CREATE,
    save={TlsItem: _save},
    looks=(look_at_sites(TlsItem, "tls_handshakes", "status", f"'{_REQUEST}'"),),
    asked=("SELECT 'TLS', count(*) FROM tls_handshakes",),
    errors=("SELECT 'TLS', status FROM tls_handshakes WHERE status <> 'ok'",),
    outcomes={
        "TLS handshakes": "SELECT family, status FROM tls_handshakes JOIN addresses ON addresses.id = address_id"
    },
    figures={"TLS handshakes": "SELECT count(*) FROM tls_handshakes"},
)
