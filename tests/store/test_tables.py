"""The registry of tables: what a new measurement adds."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass

import pytest

from ipv6matrix.items import Answered
from ipv6matrix.store import tables
from ipv6matrix.store.database import Store
from ipv6matrix.store.tables.base import Tables
from ipv6matrix.store.tables.retries import replaces
from tests.samples import AT, host, hosts_item

ADDRESS, NAME = "192.0.2.1", "www.a.example"


@dataclass(slots=True, kw_only=True)
class PageItem(Answered):
    """The status of a page of a host at one of its addresses."""

    host: str
    address: str
    status: str


def save(connection: sqlite3.Connection, item: PageItem) -> None:
    key = connection.execute(
        "SELECT hosts.id, addresses.id FROM hosts, addresses WHERE name = ? AND address = ?", (item.host, item.address)
    ).fetchone()
    if item.second:
        where = "FROM pages WHERE host_id = ? AND address_id = ?"
        first = connection.execute(f"SELECT status, asked_at {where}", key).fetchone()
        if not replaces(connection, f"{item.host} {item.address}", "page", first, {"timeout"}):
            return
        connection.execute(f"DELETE {where}", key)
    connection.execute("INSERT INTO pages VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", (*key, item.status, int(AT)))


PAGES = Tables(
    create=(
        """
        CREATE TABLE pages (
            host_id INTEGER NOT NULL REFERENCES hosts,
            address_id INTEGER NOT NULL REFERENCES addresses,
            status TEXT NOT NULL,
            asked_at INTEGER NOT NULL,
            PRIMARY KEY (host_id, address_id)
        ) WITHOUT ROWID""",
        "CREATE INDEX pages_address ON pages (address_id)",
    ),
    save={PageItem: save},
)


@pytest.fixture
def path(tmp_path, monkeypatch):
    """A database from before the table was registered, with two hosts at one address."""
    store = Store(tmp_path / "ips.db")
    store.complete(hosts_item(host(NAME, ADDRESS), host("b.example", ADDRESS)))
    store.close()
    monkeypatch.setattr(tables, "REGISTRY", [*tables.REGISTRY, PAGES])
    return store.path


def page(name=NAME, status="ok", **more):
    return PageItem(url=f"page://{name}", host=name, address=ADDRESS, status=status, **more)


def store_pages(path, *items):
    """Resume the crawl, and write items as `Store.complete` does."""
    Store(path).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        for item in items:
            tables.save(connection, item)
    return Store.read(path)


def pages(store):
    return store.query("SELECT name, address, status FROM pages JOIN hosts ON hosts.id = host_id"
                       " JOIN addresses ON addresses.id = address_id ORDER BY 1")  # fmt: skip


def test_a_table_without_rows_is_read_from_an_older_file(path):
    """A measurement that a crawl did not make has no rows, and the file stays as it is."""
    before = path.read_bytes()
    store = Store.read(path)

    assert [] == pages(store)
    store.close()
    assert before == path.read_bytes()


def test_a_pair_has_one_row(path):
    """A resumed crawl has the new table: one row for each host at each of its addresses, however often it is stored."""
    store = store_pages(path, page(), page("b.example", "gone"), page(status="later"))

    assert [("b.example", ADDRESS, "gone"), (NAME, ADDRESS, "ok")] == pages(store)
    store.close()


def test_the_retry_of_a_pair_replaces_a_temporary_failure(path):
    """Its first outcome is stored under both names; another pair at the same address is not affected."""
    first = page(status="timeout"), page("b.example", "gone")
    store = store_pages(path, *first, page(second=True), page("b.example", second=True))

    assert [("b.example", ADDRESS, "gone"), (NAME, ADDRESS, "ok")] == pages(store)
    assert [(f"{NAME} {ADDRESS}", "page", "timeout")] == store.query(
        "SELECT subject, question, outcome FROM first_answers"
    )
    store.close()


def test_an_item_without_a_table_is_an_error(tmp_path):
    """No item is lost because its table was not registered."""
    store = Store(tmp_path / "ips.db")

    with pytest.raises(TypeError, match="PageItem"):
        store.complete(page())
    store.close()
