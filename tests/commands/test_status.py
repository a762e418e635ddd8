"""The command `scrapy status`."""

from __future__ import annotations

import fcntl
import json
from functools import partial

import pytest

from ipv6matrix.cluster.batch import Batch
from ipv6matrix.cluster.session import Session
from ipv6matrix.store.database import Store
from tests import typed
from tests.cluster.test_overview import RECORD
from tests.postgres import Postgres
from tests.progress.test_status import crawl

pytestmark = pytest.mark.crawl

run = partial(typed.run, "status")


def test_a_killed_crawl(tmp_path):
    """
    The output has completed and pending requests, and how to resume; a crawl that is not running has no remaining time.
    """
    ended = run(crawl(tmp_path / "ips.db", end_reason=None, starts=1).parent)

    assert 0 == ended.returncode, ended.stderr
    assert "interrupted; not running" in ended.stdout
    assert ", started once" in ended.stdout
    assert ["domains", "1", "9", "1"] in [line.split() for line in ended.stdout.splitlines()]
    assert "ETA" not in ended.stdout


def test_a_running_crawl(tmp_path):
    """The output has the process that holds the lock, the speed, and what the crawl waits for."""
    crawl(tmp_path / "ips.db", end_reason=None)
    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("4711\n")
        lock.flush()
        ended = run("-s", f"JOBDIR={tmp_path}")

    assert 0 == ended.returncode, ended.stderr
    assert f"{tmp_path / 'ips.db'}: running, process 4711" in ended.stdout
    assert ["domains", "1", "9", "1", "2.0"] in [line.split() for line in ended.stdout.splitlines()]
    assert "ETA  unknown, waiting for ipv6" in ended.stdout


def test_json_output(tmp_path):
    """With --json the same facts are one object, with times in seconds."""
    crawl(tmp_path / "ips.db", end_reason="shutdown", ended_at=1_714_979_389)

    document = json.loads(run(tmp_path, "--json").stdout)

    assert ("stopped", "shutdown", 1_714_979_389) == (document["state"], document["end_reason"], document["ended_at"])
    assert 1 == document["figures"]["domains"]["done"]


def test_a_finished_crawl_by_its_file(tmp_path):
    """A published crawl is shown if its file is given."""
    ended = run(crawl(tmp_path / "ips-2024-05-06__07-08-09.db", end_reason="finished", ended_at=1_714_979_389))

    assert 0 == ended.returncode, ended.stderr
    assert "ips-2024-05-06__07-08-09.db: finished" in ended.stdout


def test_a_folder_without_a_crawl(tmp_path):
    """Exit status 1, and the newest finished crawl; nothing is created."""
    newest = crawl(tmp_path / "ips-2024-05-06__07-08-09.db", end_reason="finished")

    ended = run(tmp_path / "current", "-s", f"OUTPUT_DIR={tmp_path}")

    assert 1 == ended.returncode, ended.stderr
    assert ": no crawl" in ended.stdout
    assert f"Newest finished crawl: {newest}" in ended.stdout
    assert not (tmp_path / "current").exists()


def test_a_rejected_start(tmp_path):
    """A database without a started crawl differs from one of a stopped crawl."""
    Store(tmp_path / "ips.db").close()

    assert "stopped (never started); not running" in run(tmp_path).stdout


def test_an_unreadable_crawl_is_reported(tmp_path):
    """A foreign file, an older version, two folders: an error and status 2, no traceback."""
    (tmp_path / "other.db").write_text("no database" * 100)
    old = crawl(tmp_path / "old.db")
    store = Store(old)
    store.query("PRAGMA user_version = 4")
    store.close()

    for arguments, code in (
        ((tmp_path / "other.db",), "DATABASE_"),
        ((old,), "DATABASE_OUTDATED"),
        ((tmp_path, tmp_path), "ARGUMENT_INVALID"),
    ):
        ended = run(*arguments)
        assert 2 == ended.returncode
        assert code in ended.stderr
        assert "Traceback" not in ended.stderr


def test_a_shared_crawl(postgres: Postgres):
    """With STORE_URL, the crawl has all its processes, as text and as JSON; a password is not shown."""
    session = Session(url := postgres.url(), "here:4711")
    session.join("plan")
    # A slow command must not end it.
    session._connection.execute("SET idle_session_timeout = 0")
    owned = session.take(3)
    session.exchange(Batch(owned=3, record=json.dumps(RECORD)), owned)
    shown, document = run(STORE_URL=url), json.loads(run("--json", STORE_URL=url).stdout)
    session.close()

    assert 0 == shown.returncode, shown.stderr
    assert "running, 1 of 1 processes" in shown.stdout
    assert ["here", "4711", "running", "3", "0", "2.0"] in [line.split()[:6] for line in shown.stdout.splitlines()]
    assert "4,093 buckets have no process" in shown.stdout
    assert "hunter2" not in shown.stdout + json.dumps(document)
    assert ("running", 4093, "4711") == (document["state"], document["unowned"], document["workers"][0]["process"])


def test_a_shared_crawl_that_cannot_be_read_is_reported(postgres: Postgres):
    """A database without a crawl, a server that is away, another kind of database: an error and status 2."""
    for url, code in (
        (postgres.url(), "STORE_EMPTY"),
        ("postgresql://matrix@127.0.0.1:1/crawl", "STORE_AWAY"),
        ("mysql://server/crawl", "SETTING_INVALID"),
    ):
        ended = run(STORE_URL=url)
        assert 2 == ended.returncode
        assert code in ended.stderr
        assert "Traceback" not in ended.stderr
