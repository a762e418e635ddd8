"""Files that are no database of a crawl, or a damaged one."""

from __future__ import annotations

import shutil
import sqlite3

import pytest

from ipv6matrix.exceptions import StoreError
from ipv6matrix.store import schema
from ipv6matrix.store.database import Store
from tests.samples import domain_item
from tests.store.test_database import RECORD, hot


def foreign(path):
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE recipes (name)")
    connection.execute("PRAGMA user_version = 1")
    connection.commit()
    connection.close()


def newer(path):
    Store(path).close()
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {schema.newest() + 1}")
    connection.close()


def truncated(path):
    store = Store(path)
    for n in range(500):
        store.add_request(f"ping://192.0.2.{n}")
    store.close()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (foreign, "DATABASE_FOREIGN"),
        (newer, "DATABASE_NEWER"),
        (truncated, "DATABASE_FAILED"),
        (lambda path: path.write_text("no database\n" * 100), "DATABASE_FAILED"),
        (lambda path: path.mkdir(), "DATABASE_FAILED"),
    ],
    ids=["foreign", "newer", "truncated", "text", "folder"],
)
def test_an_unusable_file_is_reported_and_left_unchanged(tmp_path, make, code):
    """The error names the file and the fix; no byte of the file changes."""
    path = tmp_path / "ips.db"
    make(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(StoreError) as raised:
        Store(path)

    assert code == raised.value.code
    assert repr(str(path)) in raised.value.message
    assert before == (path.read_bytes() if path.is_file() else None)
    assert ["ips.db"] == [file.name for file in tmp_path.iterdir()]


def test_a_foreign_log_is_not_folded(tmp_path):
    """A foreign database whose process was killed keeps its write-ahead log."""
    live = sqlite3.connect(tmp_path / "live.db", isolation_level=None)
    live.execute("PRAGMA journal_mode = WAL")
    live.execute("CREATE TABLE recipes (name)")
    for ending in ("", "-wal"):
        shutil.copy(tmp_path / f"live.db{ending}", tmp_path / f"ips.db{ending}")
    live.close()
    before = (tmp_path / "ips.db").read_bytes(), (tmp_path / "ips.db-wal").read_bytes()

    with pytest.raises(StoreError, match="DATABASE_FOREIGN"):
        Store(tmp_path / "ips.db")

    assert before == ((tmp_path / "ips.db").read_bytes(), (tmp_path / "ips.db-wal").read_bytes())


def test_a_truncated_page_is_reported(tmp_path):
    """SQLite would read the missing end of a truncated page as zeros."""
    store = Store(tmp_path / "ips.db")
    for n in range(500):
        store.add_request(f"ping://192.0.2.{n}")
    store.close()
    torn = (tmp_path / "ips.db").read_bytes()[:-100]
    (tmp_path / "ips.db").write_bytes(torn)

    with pytest.raises(StoreError, match="database disk image is malformed"):
        Store(tmp_path / "ips.db")

    assert torn == (tmp_path / "ips.db").read_bytes()


def test_a_missing_folder_is_reported(tmp_path):
    """The store does not create folders."""
    with pytest.raises(StoreError, match="unable to open database file"):
        Store(tmp_path / "missing" / "ips.db")


def test_a_file_that_breaks_during_use_is_reported(tmp_path):
    """If a needed page is unreadable, the error names the file instead of blaming the item."""
    path = tmp_path / "ips.db"
    store = Store(path)
    for number in range(2000):
        store.add_request(f"ping://192.0.2.{number}")
    store.close()
    broken = bytearray(path.read_bytes())
    last = len(broken) * 3 // 4  # Skip the pages that describe the tables.
    broken[last:] = b"\xa5" * (len(broken) - last)
    path.write_bytes(broken)
    store = Store(path)

    with pytest.raises(StoreError, match=r"malformed.*\[DATABASE_FAILED\]"):
        for number in range(2000, 4000):
            store.add_request(f"ping://192.0.2.{number}")
    store._connection.close()
    reader = Store.read(path)
    with pytest.raises(StoreError, match=r"malformed.*\[DATABASE_FAILED\]"):
        reader.query("SELECT * FROM requests")
    reader.close()


def filled(path):
    """Create a database with rows in every hot table and return the names of everything that has pages."""
    store = Store(path)
    hot(store)
    for number in range(300):
        store.complete(domain_item(f"d{number}.example", follow_ups=(f"ping://192.0.2.{number}",)))
    store.record_crawl(run="r", started_at=1, starts=1, skipped="{}", **{n: v for n, v in RECORD.items() if n != "run"})
    named = store.query("SELECT name, type, rootpage FROM main.sqlite_schema WHERE rootpage > 0")
    ((page_bytes,),) = store.query("PRAGMA page_size")
    store.close()
    return named, page_bytes


def test_damage_anywhere_is_reported(tmp_path):
    """With a broken page in any table or index, reading and writing either succeed or raise StoreError."""
    path = tmp_path / "ips.db"
    named, page_bytes = filled(path)
    whole = path.read_bytes()
    names = set()
    for name, kind, page in named:
        path.write_bytes(whole[: (page - 1) * page_bytes] + b"\xa5" * page_bytes + whole[page * page_bytes :])
        for read in (False, True):
            try:
                store = Store.read(path) if read else Store(path)
            except StoreError:
                names.add(name)
                continue
            try:
                store.crawl()
                store.any_pending()
                store.count_pending("ping")
                if not read:
                    hot(store)
                elif kind == "table":
                    store.query(f"SELECT * FROM main.{name}")
            except StoreError:
                names.add(name)
            store.close()

    assert {"requests", "requests_pending", "domains", "hosts", "frontier", "crawl"} <= names


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda path: None, "CRAWL_MISSING"),
        (foreign, "DATABASE_FOREIGN"),
        (newer, "DATABASE_NEWER"),
        (lambda path: path.write_text("no database\n" * 100), "DATABASE_FAILED"),
        (lambda path: path.write_bytes(b""), "DATABASE_FOREIGN"),
    ],
    ids=["missing", "foreign", "newer", "text", "empty"],
)
def test_an_unreadable_file_is_reported(tmp_path, make, code):
    """Reading neither creates nor changes a file."""
    path = tmp_path / "ips.db"
    make(path)
    before = path.read_bytes() if path.exists() else None
    with pytest.raises(StoreError) as raised:
        Store.read(path)

    assert code == raised.value.code
    assert repr(str(path)) in raised.value.message
    assert before == (path.read_bytes() if path.exists() else None)
