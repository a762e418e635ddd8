"""
The tables of ips.db, and the named functions that create and migrate them.

docs/observations.md describes each table and column. A change is a new
function at the end of `MIGRATIONS`: each runs once, in a transaction, and
PRAGMA user_version counts them.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable

# "IP6M", which distinguishes it from other SQLite files (https://sqlite.org/fileformat.html#application_id).
APPLICATION_ID = 0x4950364D


def create_facts(connection: sqlite3.Connection) -> None:
    """Create the tables of requests and facts."""
    for statement in _FACTS:
        connection.execute(statement)


_FACTS = (
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
        end_reason TEXT
    )""",
    # The frontier: pending and completed requests. A request is pending while
    # done_at is empty; number is the order in which requests were added.
    """
    CREATE TABLE requests (
        url TEXT NOT NULL PRIMARY KEY,
        slot TEXT NOT NULL,
        number INTEGER NOT NULL,
        done_at INTEGER
    ) WITHOUT ROWID""",
    # The number of the newest request, so that no start has to search for it.
    "CREATE TABLE frontier (id INTEGER PRIMARY KEY CHECK (id = 1), newest INTEGER NOT NULL)",
    "INSERT INTO frontier VALUES (1, 0)",
    "CREATE INDEX requests_pending ON requests (slot, number) WHERE done_at IS NULL",
    """
    CREATE TABLE domains (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        tld TEXT NOT NULL,
        ns_status TEXT,
        ns_ttl_s INTEGER,
        mx_status TEXT,
        mx_ttl_s INTEGER,
        soa_status TEXT,
        soa_ttl_s INTEGER,
        refusal TEXT,
        asked_at INTEGER NOT NULL
    )""",
    """
    CREATE TABLE soa_records (
        domain_id INTEGER PRIMARY KEY REFERENCES domains,
        mname TEXT NOT NULL,
        rname TEXT NOT NULL,
        serial INTEGER NOT NULL,
        refresh_s INTEGER NOT NULL,
        retry_s INTEGER NOT NULL,
        expire_s INTEGER NOT NULL,
        minimum_s INTEGER NOT NULL
    )""",
    """
    CREATE TABLE hosts (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        a_status TEXT,
        a_ttl_s INTEGER,
        aaaa_status TEXT,
        aaaa_ttl_s INTEGER,
        canonical_name TEXT,
        wildcard INTEGER NOT NULL DEFAULT 0,
        refusal TEXT,
        asked_at INTEGER
    )""",
    # The outcome of each first request that failed temporarily and was retried.
    """
    CREATE TABLE first_answers (
        subject TEXT NOT NULL,
        question TEXT NOT NULL,
        outcome TEXT NOT NULL,
        asked_at INTEGER NOT NULL,
        PRIMARY KEY (subject, question)
    ) WITHOUT ROWID""",
    """
    CREATE TABLE roles (
        domain_id INTEGER NOT NULL REFERENCES domains,
        kind TEXT NOT NULL,
        host_id INTEGER NOT NULL REFERENCES hosts,
        priority INTEGER NOT NULL,
        PRIMARY KEY (domain_id, kind, host_id)
    ) WITHOUT ROWID""",
    "CREATE INDEX roles_host ON roles (host_id, kind)",
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
    """
    CREATE TABLE host_addresses (
        host_id INTEGER NOT NULL REFERENCES hosts,
        family INTEGER NOT NULL,
        position INTEGER NOT NULL,
        address_id INTEGER NOT NULL REFERENCES addresses,
        choice INTEGER,
        PRIMARY KEY (host_id, family, position)
    ) WITHOUT ROWID""",
    """
    CREATE TABLE reverse_names (
        address_id INTEGER PRIMARY KEY REFERENCES addresses,
        status TEXT NOT NULL,
        name TEXT,
        names INTEGER NOT NULL,
        ttl_s INTEGER,
        asked_at INTEGER NOT NULL
    )""",
    """
    CREATE TABLE pings (
        address_id INTEGER PRIMARY KEY REFERENCES addresses,
        sent INTEGER NOT NULL,
        rtts_ms TEXT NOT NULL,
        failure TEXT,
        asked_at INTEGER NOT NULL
    )""",
    """
    CREATE TABLE ports (
        address_id INTEGER NOT NULL REFERENCES addresses,
        port INTEGER NOT NULL,
        open INTEGER NOT NULL,
        connect_ms REAL,
        failure TEXT,
        asked_at INTEGER NOT NULL,
        PRIMARY KEY (address_id, port)
    ) WITHOUT ROWID""",
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
        asked_at INTEGER NOT NULL
    )""",
    """
    CREATE TABLE traces (
        address_id INTEGER PRIMARY KEY REFERENCES addresses,
        reached_ttl INTEGER,
        stop TEXT,
        failure TEXT,
        asked_at INTEGER NOT NULL
    )""",
    """
    CREATE TABLE hops (
        address_id INTEGER NOT NULL REFERENCES addresses,
        ttl INTEGER NOT NULL,
        router_id INTEGER REFERENCES addresses,
        rtt_ms REAL,
        PRIMARY KEY (address_id, ttl)
    ) WITHOUT ROWID""",
)


def add_condensed_figures(connection: sqlite3.Connection) -> None:
    """Create the tables of summarised pings and traces of older crawlers; only imported crawls have rows there."""
    for statement in _CONDENSED:
        connection.execute(statement)


# The RTTs and hops themselves are lost.
_CONDENSED = (
    """
    CREATE TABLE ping_summaries (
        address_id INTEGER PRIMARY KEY REFERENCES addresses,
        sent INTEGER NOT NULL,
        min_ms REAL,
        avg_ms REAL,
        max_ms REAL,
        mdev_ms REAL,
        asked_at INTEGER NOT NULL
    )""",
    """
    CREATE TABLE trace_summaries (
        address_id INTEGER PRIMARY KEY REFERENCES addresses,
        mtu INTEGER,
        reached_ttl INTEGER,
        path TEXT,
        asked_at INTEGER NOT NULL
    )""",
)


def record_sources(connection: sqlite3.Connection) -> None:
    """Add the origin of the list and the metadata of the GeoIP files to the row of the crawl."""
    for column in ("list_source", "geoip"):
        connection.execute(f"ALTER TABLE crawl ADD COLUMN {column} TEXT")


def keep_progress(connection: sqlite3.Connection) -> None:
    """Add the progress of the crawl to the row of the frontier, so that nothing has to count rows."""
    connection.execute("ALTER TABLE frontier ADD COLUMN progress TEXT")


def count_opt_outs(connection: sqlite3.Connection) -> None:
    """Add the number of opt-outs to the row of the crawl, so that a resumed crawl notices missing ones."""
    connection.execute("ALTER TABLE crawl ADD COLUMN opt_outs INTEGER")


def list_certificate_names(connection: sqlite3.Connection) -> None:
    """Store the names of certificates as JSON, because a name may contain a comma, and their number."""
    connection.execute("ALTER TABLE smtp_sessions ADD COLUMN certificate_names_total INTEGER")
    rows = connection.execute(
        "SELECT address_id, certificate_names FROM smtp_sessions WHERE certificate_names IS NOT NULL"
    )
    for address_id, text in rows.fetchall():
        names = text.split(",") if text else []
        connection.execute(
            "UPDATE smtp_sessions SET certificate_names = ?, certificate_names_total = ? WHERE address_id = ?",
            (json.dumps(names, ensure_ascii=False), len(names), address_id),
        )


def count_what_answers_held(connection: sqlite3.Connection) -> None:
    """Add the number of hosts and addresses in each answer to domains and hosts; not all of them may be stored."""
    for table, column in (
        ("domains", "ns_hosts"),
        ("domains", "mx_hosts"),
        ("hosts", "a_addresses"),
        ("hosts", "aaaa_addresses"),
    ):
        connection.execute(f"ALTER TABLE {table} ADD COLUMN {column} INTEGER")


def mark_inferences(connection: sqlite3.Connection) -> None:
    """Add the types of lookups that were not sent, because an NXDOMAIN implies their answers, to domains and hosts."""
    for table in ("domains", "hosts"):
        connection.execute(f"ALTER TABLE {table} ADD COLUMN inferred TEXT")


def count_discards(connection: sqlite3.Connection) -> None:
    """Add the number of observations discarded during outages to requests, which limits how often one is repeated."""
    connection.execute("ALTER TABLE requests ADD COLUMN discards INTEGER NOT NULL DEFAULT 0")


MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (
    create_facts,
    add_condensed_figures,
    record_sources,
    keep_progress,
    count_opt_outs,
    list_certificate_names,
    count_what_answers_held,
    mark_inferences,
    count_discards,
)


def migrate(connection: sqlite3.Connection) -> None:
    """
    Migrate a database to the newest schema, each step in its own transaction.

    The views with the old names are not part of it: they contain no data, and are recreated each time.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    for number, migration in enumerate(MIGRATIONS[version:], start=version + 1):
        connection.execute("BEGIN IMMEDIATE")
        migration(connection)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {number}")
        connection.execute("COMMIT")
