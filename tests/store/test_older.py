"""Databases that version 0.1.0 wrote."""

from __future__ import annotations

import csv
import io
import sqlite3
import tarfile
from pathlib import Path

import pytest

from ipv6matrix.exporters import csv as exporter
from ipv6matrix.exporters.registry import Target
from ipv6matrix.items import Failure
from ipv6matrix.store import older, schema
from ipv6matrix.store.database import Store
from tests import rows
from tests.first_version import DATA, write_database
from tests.samples import domain_item, lookup

# Mail servers that broke the session off, or never greeted, before STARTTLS: 0.1.0 wrote False, now n/a (CHANGELOG.md).
UNKNOWN_STARTTLS = ("mail.smtp-closes.example.", "mail.smtp-mute.example.")
# Columns of the MTU, which 0.1.0 wrote without having measured it (docs/decisions/0037).
MTUS = (5, 9)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The database as version 0.1.0 left it."""
    path = tmp_path / "ips.db"
    write_database(path)
    return path


def expected() -> dict[str, bytes]:
    """Return the content of each CSV file of version 0.1.0, with what has changed since."""
    with tarfile.open(DATA / "csv-0.1.0.tar.xz") as archive:
        files = {member.name: archive.extractfile(member) for member in archive if member.isfile()}
        return {name: _since(name, file.read()) for name, file in files.items() if file}


def _since(name: str, content: bytes) -> bytes:
    if "/tls_MX" not in name and "/path_" not in name:
        return content
    changed = io.StringIO(newline="")
    writer = csv.writer(changed)
    for row in csv.reader(io.StringIO(content.decode(), newline="")):
        for column in MTUS if row[0] == "path" else ():
            row[column] = "n/a"
        if row[0] == "tls" and row[2] in UNKNOWN_STARTTLS:
            row[5] = "n/a"
        writer.writerow(row)
    return changed.getvalue().encode()


def exported(store: Store, folder: Path) -> dict[str, bytes]:
    exporter.export(store, Target(output_dir=folder, summary_url="", replace=False))
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*.log")}


def test_a_resumed_database_exports_the_same_csv(old, tmp_path):
    """After the migration that precedes resumption, the CSV files have the same bytes."""
    Store(old).close()
    store = Store.read(old)

    assert expected() == exported(store, tmp_path / "csv")
    store.close()


def test_a_migrated_database_has_the_newest_schema(old, tmp_path):
    """Each table has the columns that it has in a new database; no page is broken and no key dangles."""
    Store(old).close()
    Store(tmp_path / "new.db").close()

    assert columns(tmp_path / "new.db") == columns(old)
    assert [] == rows.unsound(old)


def test_a_finished_crawl_is_migrated_when_it_is_read(old):
    """The file itself has the newest schema afterwards."""
    older.read(old).close()

    Store.read(old).close()


def test_a_crawl_in_progress_is_left_as_it_is(old, tmp_path):
    """The earlier version can go on with it: what is read is a migrated copy, of which nothing is left."""
    connection = sqlite3.connect(old)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("UPDATE crawl SET end_reason = 'running'")
    connection.commit()
    before = tables(connection)
    store = older.read(old)

    assert expected() == exported(store, tmp_path / "csv")
    assert old == store.path
    assert ("running",) == store.query("SELECT end_reason FROM crawl")[0]
    assert before == tables(connection)
    store.close()
    connection.close()


def tables(connection: sqlite3.Connection) -> list[str]:
    return [sql for (sql,) in connection.execute("SELECT sql FROM sqlite_schema")]


def columns(path: Path) -> dict[str, list[tuple]]:
    connection = sqlite3.connect(path)
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'")]
    infos = {name: connection.execute(f"PRAGMA table_info({name})").fetchall() for name in sorted(names)}
    assert connection.execute("PRAGMA user_version").fetchone() == (schema.newest(),)
    connection.close()
    return infos


def test_lookups_become_rows(old):
    """Each lookup that the columns of 0.1.0 had is a row, with its status and TTL."""
    connection = sqlite3.connect(old)
    before = {}
    for owner, table, name, rdtypes in (
        ("domain", "domains", "name", ("NS", "MX", "SOA")),
        ("host", "hosts", "name", ("A", "AAAA")),
    ):
        for rdtype in rdtypes:
            status = f"{rdtype}_status"
            cursor = connection.execute(f"SELECT {name}, {status}, {rdtype}_ttl_s FROM {table} WHERE {status} NOTNULL")
            before |= {(owner, row[0], rdtype): row[1:] for row in cursor}
    cursor = connection.execute("SELECT address, status, ttl_s FROM reverse_names JOIN addresses ON id = address_id")
    before |= {("address", row[0], "PTR"): row[1:] for row in cursor}
    connection.close()
    store = Store(old)

    after = store.query("""
        SELECT owner, coalesce(domains.name, hosts.name, address), type, status, ttl_s FROM lookups
        LEFT JOIN domains ON owner = 'domain' AND domains.id = owner_id
        LEFT JOIN hosts ON owner = 'host' AND hosts.id = owner_id
        LEFT JOIN addresses ON owner = 'address' AND addresses.id = owner_id""")
    store.close()

    assert {Failure.SERVFAIL, "ok", "nodata", "nxdomain"} <= {row[3] for row in after}
    assert before == {row[:3]: row[3:] for row in after}


def test_names_of_certificates_become_lists(old):
    """Comma-separated text becomes JSON, and is counted."""
    connection = sqlite3.connect(old, isolation_level=None)
    texts = ("a.example,b.example", 'odd"\n', "", None)
    (least,) = connection.execute("SELECT min(address_id) FROM smtp_sessions").fetchone()
    connection.execute("DELETE FROM smtp_sessions")
    for number, names in enumerate(texts, start=least):
        connection.execute(
            "INSERT INTO smtp_sessions (address_id, certificate_names, asked_at) VALUES (?, ?, 1)", (number, names)
        )
    connection.close()
    store = Store(old)

    assert [('["a.example", "b.example"]', 2), (r'["odd\"\n"]', 1), ("[]", 0), (None, None)] == store.query(
        "SELECT certificate_names, certificate_names_total FROM smtp_sessions ORDER BY address_id"
    )
    store.close()


def test_a_resumed_crawl_goes_on(old):
    """A known domain and a retried failure change nothing, and a new domain is added."""
    store = Store(old)
    before = store.query("SELECT * FROM lookups")
    subject, question = store.query("SELECT subject, question FROM first_answers WHERE question = 'MX'")[0]
    again = lookup(subject, question, (10, "mail.example"))
    store.complete(domain_item(subject, url="second", second=True, mx=again))
    store.complete(domain_item("open.example", ns=lookup("open.example", "NS", "other.example")))
    assert before == store.query("SELECT * FROM lookups")
    store.complete(domain_item("new.example", ns=lookup("new.example", "NS", "ns.example"), asked_at=7))

    assert [("ok", None)] == store.query("SELECT ns_status, mx_status FROM domain_figures WHERE name = 'new.example'")
    store.close()
