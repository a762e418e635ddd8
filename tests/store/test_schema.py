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
    """Application id and version identify the owner and the age of a file."""
    schema.migrate(connection)

    assert b"IP6M" == connection.execute("PRAGMA application_id").fetchone()[0].to_bytes(4, "big")
    assert schema.newest() == version(connection)


def test_migrating_again_changes_nothing(connection):
    """Each migration runs once."""
    schema.migrate(connection)
    before = list(connection.iterdump())
    schema.migrate(connection)

    assert before == list(connection.iterdump())


def test_an_older_database_is_migrated(connection, monkeypatch):
    """Only migrations after the version of the database run, in order, and its data stays."""
    schema.migrate(connection)
    connection.execute("INSERT INTO hosts (name) VALUES ('a.example')")
    later = (
        lambda c: c.execute("ALTER TABLE hosts ADD COLUMN first TEXT"),
        lambda c: c.execute("ALTER TABLE hosts RENAME COLUMN first TO second"),
    )
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, *later))
    schema.migrate(connection)

    assert [("a.example", None)] == connection.execute("SELECT name, second FROM hosts").fetchall()
    assert schema.newest() == version(connection)


def test_a_failed_migration_is_rolled_back(tmp_path, monkeypatch):
    """Each step is atomic: after a failure the database is at the previous step."""

    def breaks_off(connection):
        connection.execute("CREATE TABLE half (done)")
        raise RuntimeError("power cut")

    first = sqlite3.connect(tmp_path / "ips.db", isolation_level=None)
    schema.migrate(first)
    before = schema.newest()
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, breaks_off))
    with pytest.raises(RuntimeError, match="power cut"):
        schema.migrate(first)
    first.close()
    second = sqlite3.connect(tmp_path / "ips.db")

    assert before == version(second)
    assert "half" not in tables(second)
    second.close()


def test_a_crawl_has_one_row(connection):
    """The table crawl cannot hold a second row."""
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
        "INSERT INTO ports VALUES (1, 80, 0, NULL, NULL, 2, NULL)",
        "INSERT INTO hops VALUES (1, 1, NULL, NULL)",
        "INSERT INTO lookups (owner, owner_id, type, status, asked_at) VALUES ('host', 1, 'A', 'nodata', 2)",
    ],
)
def test_every_row_is_unique(connection, double):
    """Each request, domain, host, address and fact about them is unique."""
    schema.migrate(connection)
    for statement in (
        "INSERT INTO requests (url, slot, number) VALUES ('u', 'dns', 1)",
        "INSERT INTO domains (name, tld, asked_at) VALUES ('a.example', 'example', 1)",
        "INSERT INTO hosts (name) VALUES ('www.a.example')",
        "INSERT INTO addresses (address, family) VALUES ('192.0.2.1', 4)",
        "INSERT INTO roles VALUES (1, 'NS', 1, 1)",
        "INSERT INTO host_addresses VALUES (1, 4, 1, 1, 1)",
        "INSERT INTO ports VALUES (1, 80, 1, 1.0, NULL, 1, 1440)",
        "INSERT INTO hops VALUES (1, 1, 1, 1.0)",
        "INSERT INTO lookups (owner, owner_id, type, status, asked_at) VALUES ('host', 1, 'A', 'ok', 1)",
    ):
        connection.execute(statement)

    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(double)
