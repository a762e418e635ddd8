"""The tables of ips.db."""

from __future__ import annotations

import sqlite3

import pytest

from ipv6matrix.store import schema


@pytest.fixture
def connection():
    opened = sqlite3.connect(":memory:", isolation_level=None)
    yield opened
    opened.close()


def version(connection):
    return connection.execute("PRAGMA user_version").fetchone()[0]


def tables(connection):
    rows = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").fetchall()
    return [name for (name,) in rows]


def test_a_new_database_is_marked(connection):
    """
    Application id and version identify the owner and the age of a file.
    """
    schema.migrate(connection)

    assert b"IP6M" == connection.execute("PRAGMA application_id").fetchone()[0].to_bytes(4, "big")
    assert len(schema.MIGRATIONS) == version(connection)


def test_the_tables_of_the_first_version(connection):
    """
    The first migration creates these tables.
    """
    schema.create_facts(connection)

    assert [
        "addresses",
        "crawl",
        "domains",
        "first_answers",
        "frontier",
        "hops",
        "host_addresses",
        "hosts",
        "pings",
        "ports",
        "requests",
        "reverse_names",
        "roles",
        "smtp_sessions",
        "soa_records",
        "traces",
    ] == tables(connection)


def test_a_crawl_of_the_first_version_is_resumed(connection):
    """
    Rows of an earlier version are preserved next to new tables and columns.
    """
    schema.create_facts(connection)
    connection.execute("PRAGMA user_version = 1")
    connection.execute(
        "INSERT INTO crawl (id, run, version, settings, list, list_sha256, started_at, starts, resolver, skipped)"
        " VALUES (1, '2024-01-05__10-00-00', '0.1.0', '{}', 'domains.txt', '', 1, 1, '', '{}')"
    )

    schema.migrate(connection)

    columns = "run, list, list_source, geoip"
    assert [("2024-01-05__10-00-00", "domains.txt", None, None)] == connection.execute(
        f"SELECT {columns} FROM crawl"
    ).fetchall()
    assert {"ping_summaries", "trace_summaries"} <= set(tables(connection))
    assert [(0, None)] == connection.execute("SELECT newest, progress FROM frontier").fetchall()


def test_names_of_certificates_become_lists(connection):
    """
    Comma-separated text of an earlier version becomes JSON, and is counted.
    """
    schema.create_facts(connection)
    connection.execute("PRAGMA user_version = 1")
    for number, names in enumerate(("a.example,b.example", 'odd"\n', "", None), start=1):
        connection.execute("INSERT INTO addresses (id, address, family) VALUES (?, ?, 4)", (number, number))
        connection.execute(
            "INSERT INTO smtp_sessions (address_id, certificate_names, asked_at) VALUES (?, ?, 1)", (number, names)
        )

    schema.migrate(connection)

    assert [('["a.example", "b.example"]', 2), (r'["odd\"\n"]', 1), ("[]", 0), (None, None)] == connection.execute(
        "SELECT certificate_names, certificate_names_total FROM smtp_sessions ORDER BY address_id"
    ).fetchall()


def test_migrating_again_changes_nothing(connection):
    """
    Each migration runs once.
    """
    schema.migrate(connection)
    before = list(connection.iterdump())
    schema.migrate(connection)

    assert before == list(connection.iterdump())


def test_an_older_database_is_migrated(connection, monkeypatch):
    """
    Only migrations after the version of the database run, in order, and its data stays.
    """
    schema.migrate(connection)
    connection.execute("INSERT INTO hosts (name) VALUES ('a.example')")
    later = (
        lambda c: c.execute("ALTER TABLE hosts ADD COLUMN first TEXT"),
        lambda c: c.execute("ALTER TABLE hosts RENAME COLUMN first TO second"),
    )
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, *later))
    schema.migrate(connection)

    assert [("a.example", None)] == connection.execute("SELECT name, second FROM hosts").fetchall()
    assert len(schema.MIGRATIONS) == version(connection)


def test_a_failed_migration_is_rolled_back(tmp_path, monkeypatch):
    """
    Each step is atomic: after a failure the database is at the previous step.
    """

    def breaks_off(connection):
        connection.execute("CREATE TABLE half (done)")
        raise RuntimeError("power cut")

    first = sqlite3.connect(tmp_path / "ips.db", isolation_level=None)
    before = len(schema.MIGRATIONS)
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, breaks_off))
    with pytest.raises(RuntimeError, match="power cut"):
        schema.migrate(first)
    first.close()
    second = sqlite3.connect(tmp_path / "ips.db")

    assert before == version(second)
    assert "half" not in tables(second)
    second.close()


def test_a_crawl_has_one_row(connection):
    """
    The table crawl cannot hold a second row.
    """
    schema.migrate(connection)
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(
            "INSERT INTO crawl (id, run, version, settings, list, list_sha256, started_at, starts, resolver, skipped)"
            " VALUES (2, '', '', '', '', '', 0, 0, '', '')"
        )


@pytest.mark.parametrize(
    "double",
    [
        "INSERT INTO requests (url, slot, number) VALUES ('u', 'dns', 2)",
        "INSERT INTO domains (name, tld, asked_at) VALUES ('a.example', 'example', 2)",
        "INSERT INTO hosts (name) VALUES ('www.a.example')",
        "INSERT INTO addresses (address, family) VALUES ('192.0.2.1', 4)",
        "INSERT INTO roles VALUES (1, 'NS', 1, 2)",
        "INSERT INTO host_addresses VALUES (1, 4, 1, 1, NULL)",
        "INSERT INTO ports VALUES (1, 80, 0, NULL, NULL, 2)",
        "INSERT INTO hops VALUES (1, 1, NULL, NULL)",
    ],
)
def test_every_row_is_unique(connection, double):
    """
    Each request, domain, host, address and fact about them is unique.
    """
    schema.migrate(connection)
    for statement in (
        "INSERT INTO requests (url, slot, number) VALUES ('u', 'dns', 1)",
        "INSERT INTO domains (name, tld, asked_at) VALUES ('a.example', 'example', 1)",
        "INSERT INTO hosts (name) VALUES ('www.a.example')",
        "INSERT INTO addresses (address, family) VALUES ('192.0.2.1', 4)",
        "INSERT INTO roles VALUES (1, 'NS', 1, 1)",
        "INSERT INTO host_addresses VALUES (1, 4, 1, 1, 1)",
        "INSERT INTO ports VALUES (1, 80, 1, 1.0, NULL, 1)",
        "INSERT INTO hops VALUES (1, 1, 1, 1.0)",
    ):
        connection.execute(statement)

    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(double)
