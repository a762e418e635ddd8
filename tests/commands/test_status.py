"""scrapy status, as it is typed."""

from __future__ import annotations

import fcntl
import json
from functools import partial

from ipv6matrix.store.database import Store
from tests import typed
from tests.progress.test_status import crawl

run = partial(typed.run, "status")


def test_a_crawl_that_was_killed(tmp_path):
    """
    What is done and left is shown, and how to go on; there is no time to the end of what nobody runs.
    """
    ended = run(crawl(tmp_path / "ips.db", end_reason=None, starts=1).parent)

    assert 0 == ended.returncode, ended.stderr
    assert "interrupted; not running" in ended.stdout
    assert ", started once" in ended.stdout
    assert ["domains", "1", "9", "1"] in [line.split() for line in ended.stdout.splitlines()]
    assert "ETA" not in ended.stdout


def test_a_crawl_that_runs_elsewhere(tmp_path):
    """
    Whose lock it is, how fast it goes and what it waits for.
    """
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


def test_a_program_reads_json(tmp_path):
    """
    With --json the same comes as one object, and times as seconds.
    """
    crawl(tmp_path / "ips.db", end_reason="shutdown", ended_at=1_714_979_389)

    told = json.loads(run(tmp_path, "--json").stdout)

    assert ("stopped", "shutdown", 1_714_979_389) == (told["state"], told["end_reason"], told["ended_at"])
    assert 1 == told["figures"]["domains"]["done"]


def test_a_finished_crawl_by_its_file(tmp_path):
    """
    A published crawl is shown when its file is named.
    """
    ended = run(crawl(tmp_path / "ips-2024-05-06__07-08-09.db", end_reason="finished", ended_at=1_714_979_389))

    assert 0 == ended.returncode, ended.stderr
    assert "ips-2024-05-06__07-08-09.db: finished" in ended.stdout


def test_a_folder_without_a_crawl(tmp_path):
    """
    Exit status 1, and the newest crawl that finished; nothing is made.
    """
    newest = crawl(tmp_path / "ips-2024-05-06__07-08-09.db", end_reason="finished")

    ended = run(tmp_path / "current", "-s", f"OUTPUT_DIR={tmp_path}")

    assert 1 == ended.returncode, ended.stderr
    assert ": no crawl" in ended.stdout
    assert f"Newest finished crawl: {newest}" in ended.stdout
    assert not (tmp_path / "current").exists()


def test_a_start_that_was_refused(tmp_path):
    """
    A database in which no crawl has begun yet is told from one of a crawl that was stopped.
    """
    Store(tmp_path / "ips.db").close()

    assert "stopped (never started); not running" in run(tmp_path).stdout


def test_what_cannot_be_read_is_told(tmp_path):
    """
    A file of something else, an older version, two folders: a sentence and status 2, no traceback.
    """
    (tmp_path / "other.db").write_text("no database" * 100)
    old = crawl(tmp_path / "old.db")
    store = Store(old)
    store.query("PRAGMA user_version = 1")
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
