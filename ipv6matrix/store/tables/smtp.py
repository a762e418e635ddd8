"""
SMTP sessions and the certificates of servers.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from ipv6matrix.items import SmtpObservation
from ipv6matrix.store.tables import certificates
from ipv6matrix.store.tables.base import Tables

TABLES: Final = Tables(
    create=(
        """
        CREATE TABLE smtp_sessions (
            address_id INTEGER PRIMARY KEY REFERENCES addresses,
            greeting_code INTEGER,
            greeting TEXT,
            hello TEXT,
            starttls TEXT,
            tls_version TEXT,
            certificate_sha256 TEXT,
            certificate_subject TEXT,
            certificate_issuer TEXT,
            certificate_not_before INTEGER,
            certificate_not_after INTEGER,
            certificate_names TEXT,
            failure TEXT,
            asked_at INTEGER NOT NULL,
            certificate_names_total INTEGER
        )""",
    ),
    asked=("SELECT 'SMTP', count(*) FROM smtp_sessions",),
    errors=("SELECT 'SMTP', failure FROM smtp_sessions WHERE failure IS NOT NULL",),
    figures={"SMTP sessions": "SELECT count(*) FROM smtp_sessions"},
)


def save_session(connection: sqlite3.Connection, address_id: int, smtp: SmtpObservation) -> None:
    """Write the session with an address."""
    connection.execute(
        "INSERT INTO smtp_sessions (address_id, greeting_code, greeting, hello, starttls, tls_version,"
        " certificate_sha256, certificate_subject, certificate_issuer, certificate_not_before, certificate_not_after,"
        " certificate_names, certificate_names_total, failure, asked_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (
            address_id,
            smtp.greeting_code,
            smtp.greeting,
            smtp.hello,
            smtp.starttls,
            smtp.tls_version,
            *certificates.columns(smtp.certificate),
            smtp.failure,
            int(smtp.asked_at),
        ),
    )
