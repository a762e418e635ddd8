"""SQLite errors and their fixes."""

from __future__ import annotations

import sqlite3
import sys
from types import SimpleNamespace

import pytest

from ipv6matrix.exceptions import StoreError
from ipv6matrix.store import errors
from ipv6matrix.store.database import Store
from tests.mounts import run_mounted
from tests.samples import domain_item


def test_a_full_disk_is_not_blamed_on_another_process(tmp_path):
    """SQLITE_FULL leads to an error about disk space, both while storing and while closing."""
    store = Store(tmp_path / "ips.db")
    ((pages,),) = store.query("PRAGMA page_count")
    store.query(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(StoreError, match=r"disk is full.*free disk space.*\[DATABASE_FAILED\]"):
        for number in range(2_000):
            store.complete(domain_item(f"d{number}.example"))
    store.close()


_FILLING = """
import sys
from pathlib import Path
from ipv6matrix.store.database import Store
from tests.samples import domain_item
folder = Path(sys.argv[1])
store = Store(folder / "ips.db")
for number in range(300):
    store.complete(domain_item(f"d{number}.example"))
store.commit()
with (folder / "rest").open("wb", buffering=0) as rest:
    try:
        while True:
            rest.write(bytes(512))
    except OSError:
        pass
print(store.close(), store.problem)
"""


@pytest.mark.crawl
def test_a_full_disk_while_closing_is_not_blamed_on_a_reader(tmp_path):
    """If the log cannot be folded for lack of space, the error blames the disk, not a reader."""
    script = 'mount -t tmpfs -o size=800k none "$0"'
    ended = run_mounted(script, tmp_path, [sys.executable, "-c", _FILLING, tmp_path])

    assert ended.stdout.startswith("False "), ended.stderr
    assert "free disk space" in ended.stdout
    assert "another process" not in ended.stdout


def test_a_locked_file_is_in_use_by_another_process(tmp_path):
    """SQLITE_BUSY names the other process as the cause."""
    store = Store(tmp_path / "ips.db")
    store.query("PRAGMA busy_timeout = 20")
    other = sqlite3.connect(tmp_path / "ips.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreError, match=r"is locked.*another process"):
        store.add_request("ping://192.0.2.1")
    other.close()
    store.close()


def test_a_read_only_file_needs_permission(tmp_path):
    """SQLITE_READONLY leads to an error about permissions."""
    Store(tmp_path / "ips.db").close()
    reader = Store.read(tmp_path / "ips.db")

    with pytest.raises(StoreError, match="make the file and its folder writable"):
        reader.add_request("ping://192.0.2.1")
    reader.close()


@pytest.mark.parametrize(
    ("code", "free_bytes", "words"),
    [
        (sqlite3.SQLITE_IOERR_SHMSIZE, 0, "free disk space"),
        (sqlite3.SQLITE_CANTOPEN, 0, "free disk space"),
        (sqlite3.SQLITE_IOERR_READ, 1 << 30, "check the disk"),
        (sqlite3.SQLITE_CANTOPEN, 1 << 30, "check that it is a file"),
        (sqlite3.SQLITE_CORRUPT_INDEX, 0, "check the disk"),
        (sqlite3.SQLITE_NOTADB, 1 << 30, "check the disk"),
        (sqlite3.SQLITE_PROTOCOL, 1 << 30, "another process"),
        (sqlite3.SQLITE_NOMEM, 1 << 30, "free memory"),
    ],
)
def test_each_code_has_its_fix(tmp_path, monkeypatch, code, free_bytes, words):
    """Extended codes map to primary ones; a full disk explains errors that SQLite itself cannot."""
    monkeypatch.setattr(errors.shutil, "disk_usage", lambda _: SimpleNamespace(free=free_bytes))
    error = sqlite3.OperationalError("words of SQLite")
    error.sqlite_errorcode = code

    assert words in errors.fix(error, tmp_path / "ips.db")
