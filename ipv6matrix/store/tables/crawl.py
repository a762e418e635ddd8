"""
The row of the crawl, and the frontier.
"""

from __future__ import annotations

from typing import Final

from ipv6matrix.store.tables.base import Tables

TABLES: Final = Tables(
    create=(
        """
        CREATE TABLE crawl (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            run TEXT NOT NULL,
            version TEXT NOT NULL,
            settings TEXT NOT NULL,
            list TEXT NOT NULL,
            list_sha256 TEXT NOT NULL,
            started_at INTEGER NOT NULL,
            starts INTEGER NOT NULL,
            vantage4 TEXT,
            vantage6 TEXT,
            resolver TEXT NOT NULL,
            skipped TEXT NOT NULL,
            ended_at INTEGER,
            end_reason TEXT,
            list_source TEXT,
            geoip TEXT,
            opt_outs INTEGER,
            tag TEXT NOT NULL DEFAULT '',
            ranks INTEGER NOT NULL DEFAULT 0
        )""",
        # Pending and completed requests. A request is pending while done_at is
        # empty; number is the order in which requests were added.
        """
        CREATE TABLE requests (
            url TEXT NOT NULL PRIMARY KEY,
            slot TEXT NOT NULL,
            number INTEGER NOT NULL,
            done_at INTEGER,
            discards INTEGER NOT NULL DEFAULT 0
        ) WITHOUT ROWID""",
        "CREATE INDEX requests_pending ON requests (slot, number) WHERE done_at IS NULL",
        "CREATE INDEX requests_discarded ON requests (url) WHERE discards > 0",
        # One row: the number of the newest request and the progress, so that nothing has to count rows.
        """
        CREATE TABLE frontier (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            newest INTEGER NOT NULL,
            progress TEXT
        )""",
    )
)
