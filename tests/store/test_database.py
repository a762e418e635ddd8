"""An ips.db: opening, writing in transactions, closing."""

from __future__ import annotations

import shutil
import sqlite3
from dataclasses import replace

import pytest

from ipv6matrix.exceptions import StoreError
from ipv6matrix.items import ExclusionItem, Hop, Host, ReverseItem, Role, Status, Stop, TraceItem, TraceObservation
from ipv6matrix.store.database import Store, fold
from tests import urls
from tests.samples import AT, domain_item, domain_url, host, hosts_item, lookup, ping_item

RECORD = {"run": "r", "version": "v", "settings": "{}", "list": "l", "list_sha256": "s", "resolver": "r"}


def seen(store, sql):
    """Return rows as another process reads them: only committed ones."""
    reader = sqlite3.connect(store.path)
    try:
        return reader.execute(sql).fetchall()
    finally:
        reader.close()


# --- transactions ---


def test_facts_follow_ups_and_the_done_mark_are_committed_together(store):
    """Nothing of an answer is visible before the commit, everything after it."""
    store.add_request(domain_url("a.example"))
    store.commit()
    store.complete(domain_item("a.example", follow_ups=("ping://192.0.2.1",)))
    everything = "SELECT name FROM domains UNION ALL SELECT url FROM requests WHERE done_at IS NULL"

    assert [(domain_url("a.example"),)] == seen(store, everything)
    store.commit()
    assert [("a.example",), ("ping://192.0.2.1",)] == seen(store, everything)


def test_an_empty_commit_is_allowed(store):
    """A commit without an open transaction does nothing."""
    store.commit()
    store.commit()

    assert [] == seen(store, "SELECT * FROM requests")


def test_adding_a_request_returns_its_number_if_it_is_new(store):
    """A request is new once; completing an answer returns which of its follow-up requests are new."""
    assert [1, None] == [
        store.add_request("ping://192.0.2.1"),
        store.add_request("ping://192.0.2.1"),
    ]
    follow_ups = ("ping://192.0.2.1", "tcp://192.0.2.1?port=80")
    assert [(2, "tcp://192.0.2.1?port=80")] == store.complete(domain_item("a.example", follow_ups=follow_ups))


def test_pending_requests_come_by_slot_in_order(store):
    """Pending requests are returned in order of number, after a given number and up to a limit."""
    for n in range(5):
        store.add_request(f"ping://192.0.2.{n}")
        store.add_request(f"trace://192.0.2.{n}")
    store.complete(ping_item("192.0.2.1"))

    assert [(1, "ping://192.0.2.0"), (5, "ping://192.0.2.2")] == store.pending("ping", 0, 2)
    assert [(7, "ping://192.0.2.3"), (9, "ping://192.0.2.4")] == store.pending("ping", 5, 10)
    assert (4, 5, 0) == tuple(store.count_pending(slot) for slot in ("ping", "trace", "dns"))


def test_a_pending_request_is_found_by_its_number(store):
    """A request is found unless it is done or belongs to another slot."""
    store.add_request("ping://192.0.2.1")
    store.add_request("ping://192.0.2.2")
    assert ["ping://192.0.2.1", "ping://192.0.2.2"] == [store.pending_url("ping", number) for number in (1, 2)]
    assert 2 == store.number_of("ping://192.0.2.2")
    store.complete(ping_item("192.0.2.1"))

    assert [None, None] == [store.pending_url("ping", 1), store.pending_url("trace", 2)]


def test_any_pending_covers_all_slots(store):
    """One pending request in any slot is enough."""
    assert not store.any_pending()
    store.add_request("ping://192.0.2.1")
    assert store.any_pending()
    store.complete(ping_item("192.0.2.1"))
    assert not store.any_pending()


def test_a_failed_item_leaves_nothing_behind(store):
    """Items stored before a failed item stay, no part of the failed one is stored, and the store remains usable."""
    store.complete(domain_item("before.example"))
    roles = (Role(kind="NS", host="ns.bad.example", priority=1), Role(kind="NS", host="\udc80", priority=2))
    with pytest.raises(UnicodeError):
        store.complete(domain_item("bad.example", roles=roles, follow_ups=("ping://192.0.2.1",)))
    store.complete(domain_item("after.example", follow_ups=("ping://192.0.2.2",)))
    store.commit()

    assert [("after.example",), ("before.example",)] == seen(store, "SELECT name FROM domains ORDER BY name")
    assert [] == seen(store, "SELECT * FROM hosts")
    assert [("ping://192.0.2.2", 1)] == seen(store, "SELECT url, number FROM requests")


def test_requests_of_a_failed_item_are_new_afterwards(store):
    """A request that was added twice, but not stored because its item failed, is not taken for a known one."""
    follow_ups = ("ping://192.0.2.1", "ping://192.0.2.1", "ping://\udc80")
    with pytest.raises(UnicodeError):
        store.complete(domain_item("bad.example", follow_ups=follow_ups))

    assert 1 == store.add_request("ping://192.0.2.1")


def test_a_request_that_was_dropped_is_new_afterwards(store):
    """A request that another machine was to make may be added again, also one that was added often."""
    for _ in range(2):
        store.add_request("ping://192.0.2.1")
    store.drop_pending("ping://192.0.2.1")

    assert store.add_request("ping://192.0.2.1")


def test_known_hosts_and_addresses(store):
    """A host that was only named counts as not looked up, an address seen only on a path as not located."""
    store.complete(domain_item("a.example", roles=(Role(kind="NS", host="ns.example", priority=1),)))
    trace = TraceObservation(hops=(Hop(ttl=1, address="192.0.2.9"),), stop=Stop.MAX_TTL, asked_at=AT)
    store.complete(TraceItem(url="trace://192.0.2.1", address="192.0.2.1", trace=trace))
    assert [False, False] == [store.is_asked("ns.example"), store.is_located("192.0.2.9")]

    store.complete(hosts_item(host("ns.example", "192.0.2.9"), Host(name="out.example", refusal="opted_out")))

    assert [True, True] == [store.is_asked("ns.example"), store.is_asked("out.example")]
    assert [True, False] == [store.is_located("192.0.2.9"), store.is_located("192.0.2.1")]


def test_the_crawl_row_is_written_and_updated(store):
    """The row is inserted once, then updated column by column, and committed immediately."""
    assert store.crawl() is None
    store.record_crawl(started_at=1, starts=1, skipped="{}", **RECORD)
    store.record_crawl(starts=2, end_reason="finished")

    assert ("r", 2, "finished") == tuple(store.crawl()[name] for name in ("run", "starts", "end_reason"))
    assert [("r", 2, "finished")] == seen(store, "SELECT run, starts, end_reason FROM crawl")


# --- opening and closing ---


def test_closing_leaves_a_single_file(tmp_path):
    """After a close, one file holds everything that was stored."""
    store = Store(tmp_path / "ips.db")
    store.complete(domain_item("a.example"))

    assert store.close() is True
    assert ["ips.db"] == [file.name for file in tmp_path.iterdir()]
    assert [("a.example",)] == seen(store, "SELECT name FROM domains")


def test_closing_reports_a_reader_that_holds_the_log(tmp_path):
    """While another process reads an older state, the database is complete only with its write-ahead log."""
    store = Store(tmp_path / "ips.db")
    reader = sqlite3.connect(tmp_path / "ips.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM domains").fetchall()
    store.query("PRAGMA busy_timeout = 20")
    store.complete(domain_item("a.example"))

    assert store.close() is False
    reader.close()
    assert [("a.example",)] == seen(store, "SELECT name FROM domains")


def test_a_kill_loses_only_uncommitted_rows(tmp_path):
    """The files left by a kill open as an intact database with every commit."""
    store = Store(tmp_path / "ips.db")
    for n in range(500):
        store.complete(domain_item(f"d{n}.example", follow_ups=(urls.host(f"www.d{n}.example"),)))
    store.commit()
    store.complete(domain_item("late.example", follow_ups=("ping://192.0.2.1",)))
    killed = tmp_path / "killed"
    killed.mkdir()
    for name in ("ips.db", "ips.db-wal"):
        shutil.copy(tmp_path / name, killed)
    store.close()
    again = Store(killed / "ips.db")

    assert [("ok",)] == again.query("PRAGMA integrity_check")
    assert [(500,)] == again.query("SELECT count(*) FROM domains")
    assert (500, 500) == (again.newest, again.count_pending("dns"))
    assert again.add_request("ping://192.0.2.1")
    again.close()


def test_a_truncated_log_is_valid_up_to_the_cut(tmp_path):
    """A write-ahead log cut in the middle of a commit opens without that commit."""
    store = Store(tmp_path / "ips.db")
    store.complete(domain_item("whole.example"))
    store.commit()
    whole = (tmp_path / "ips.db-wal").stat().st_size
    store.complete(domain_item("torn.example"))
    store.commit()
    killed = tmp_path / "killed"
    killed.mkdir()
    shutil.copy(tmp_path / "ips.db", killed)
    torn = (tmp_path / "ips.db-wal").read_bytes()
    assert len(torn) > whole
    (killed / "ips.db-wal").write_bytes(torn[: whole + 100])
    store.close()
    again = Store(killed / "ips.db")

    assert [("ok",)] == again.query("PRAGMA integrity_check")
    assert [("whole.example",)] == again.query("SELECT name FROM domains")
    again.close()


def test_a_kill_while_the_log_is_off_is_rolled_back(tmp_path):
    """The rollback journal left by such a kill is played back."""
    store = Store(tmp_path / "live.db")
    for n in range(500):
        store.add_request(f"ping://192.0.2.{n}")
    store.close()
    live = sqlite3.connect(tmp_path / "live.db", isolation_level=None)
    live.execute("PRAGMA cache_size = 1")
    live.execute("BEGIN")
    live.execute("UPDATE requests SET done_at = 1")
    for ending in ("", "-journal"):
        shutil.copy(tmp_path / f"live.db{ending}", tmp_path / f"ips.db{ending}")
    live.close()
    again = Store(tmp_path / "ips.db")

    assert (500, 500) == (again.newest, again.count_pending("ping"))
    assert [("ok",)] == again.query("PRAGMA integrity_check")
    again.close()


def test_a_reader_sees_committed_rows_and_cannot_write(store):
    """A database opened for reading cannot be changed and does not disturb the writer."""
    store.complete(domain_item("a.example"))
    store.commit()
    reader = Store.read(store.path)
    store.complete(domain_item("b.example"))
    store.commit()

    assert [("a.example",), ("b.example",)] == reader.query("SELECT name FROM domains ORDER BY name")
    with pytest.raises(StoreError, match="readonly"):
        reader.add_request("ping://192.0.2.1")
    reader.close()


# --- speed ---


def hot(store):
    """Run every statement that runs once per request of a crawl."""
    store.add_request(domain_url("b.example"))
    roles = (Role(kind="NS", host="ns.example", priority=1), Role(kind="MX", host="ns.example", priority=10))
    excluded = Host(name="x.example", refusal="opted_out")
    store.complete(domain_item("b.example", roles=roles, hosts=(excluded,), follow_ups=(urls.host("ns.example"),)))
    item = hosts_item(host("ns.example", "192.0.2.1", "2001:db8::1"))
    store.complete(replace(item, follow_ups=("ping://192.0.2.1",)))
    store.complete(ping_item("192.0.2.1", 1.0))
    reverse = lookup("1.2.0.192.in-addr.arpa", "PTR", status=Status.NXDOMAIN)
    store.complete(ReverseItem(url=urls.reverse("192.0.2.1"), address="192.0.2.1", lookup=reverse))
    trace = TraceObservation(hops=(Hop(ttl=1, address="192.0.2.9"),), stop=Stop.MAX_TTL, asked_at=AT)
    store.complete(TraceItem(url="trace://192.0.2.1", address="192.0.2.1", trace=trace))
    store.complete(ExclusionItem(url="ping://192.0.2.9", address="192.0.2.9", reason="opted_out"))
    store.pending("dns", 0, 500)
    store.pending_url("dns", 2)
    store.number_of(domain_url("b.example"))
    store.knows(domain_url("b.example"))
    store.is_asked("ns.example")
    store.is_located("192.0.2.1")


def test_frequent_statements_never_scan_a_table(store):
    """Every statement that runs once per request finds its rows through an index."""
    statements = []
    store._connection.set_trace_callback(statements.append)
    hot(store)
    store._connection.set_trace_callback(None)
    explained = [sql for sql in statements if sql.startswith(("SELECT", "INSERT", "UPDATE"))]
    plans = {sql: [row[3] for row in store.query(f"EXPLAIN QUERY PLAN {sql}")] for sql in explained}
    searches = [step for steps in plans.values() for step in steps if step.startswith("SEARCH")]

    assert len(plans) > 20
    assert len(searches) > 10
    assert [] == [(sql, step) for sql, steps in plans.items() for step in steps if "SCAN" in step or "TEMP" in step]
    (hand_out,) = [steps for sql, steps in plans.items() if "ORDER BY number" in sql]
    assert all("INDEX requests_pending (slot=? AND number>?)" in step for step in hand_out)


def test_counting_pending_requests_uses_an_index(store):
    """Neither a start nor an end reads completed requests."""
    statements = []
    store._connection.set_trace_callback(statements.append)
    store.count_pending("dns")
    store.any_pending()
    store._connection.set_trace_callback(None)
    steps = [row[3] for sql in statements for row in store.query(f"EXPLAIN QUERY PLAN {sql}")]

    assert 2 == len(steps)
    assert all("INDEX requests_pending" in step for step in steps)


def test_another_connection_folds_the_log(tmp_path):
    """Another connection moves committed pages from the write-ahead log into the file while the writer goes on."""
    path = tmp_path / "ips.db"
    store = Store(path)
    for number in range(5000):
        store.add_request(f"ping://192.0.2.{number}")
    store.commit()
    before = path.stat().st_size
    store.add_request("ping://192.0.2.1")

    fold(path)

    assert path.stat().st_size > before + 100_000
    store.close()
