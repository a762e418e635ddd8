"""The folder of a crawl in progress."""

from __future__ import annotations

import asyncio
import fcntl
import os
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from scrapy import signals

from ipv6matrix.job import Job, runner
from ipv6matrix.refusals import StartRefusedError
from tests.crawlers import crawler, job
from tests.samples import domain_url

ROOT = Path(__file__).parents[1]

# A crawl in another process: it holds the job until its standard input ends.
OTHER = """
import asyncio, sys
from pathlib import Path
from ipv6matrix.job import Job

async def main():
    job = Job(Path(sys.argv[1]), 1.0)
    job.open()
    print("open", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    job.close()

asyncio.run(main())
"""


@contextmanager
def other_process(folder):
    with subprocess.Popen(
        [sys.executable, "-c", OTHER, str(folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert "open\n" == process.stdout.readline()
        yield process
        if process.poll() is None:
            process.stdin.close()
        process.wait(10)


def refusal(folder):
    """Open a job that must fail, and return its error message."""
    refused = Job(folder, 1.0)
    with pytest.raises(StartRefusedError) as raised:
        refused.open()
    refused.close()
    assert "start_refused" == raised.value.reason
    return raised.value.message


async def test_a_job_creates_its_folder(tmp_path):
    """JOBDIR and all its parents are created, with the database in it."""
    made = Job(tmp_path / "a" / "b", 1.0)
    made.open()
    made.close()

    assert (tmp_path / "a" / "b" / "ips.db").is_file()


@pytest.mark.crawl
async def test_a_second_crawl_is_rejected(tmp_path):
    """While another process holds the job, opening it is an error with the number of that process and the fix."""
    with other_process(tmp_path) as process:
        message = refusal(tmp_path)
        assert f"JOBDIR '{tmp_path}'" in message
        assert f"process {process.pid}" in message
        assert "JOBDIR_IN_USE" in message
        assert process.poll() is None
        assert f"{process.pid}\n" == (tmp_path / "lock").read_text()


@pytest.mark.crawl
async def test_a_killed_crawl_frees_its_folder(tmp_path):
    """The lock ends with its process, however that ends."""
    with other_process(tmp_path) as process:
        process.kill()
        process.wait(10)
        made = Job(tmp_path, 1.0)
        made.open()
        made.close()


async def test_one_process_cannot_open_a_job_twice(tmp_path):
    """Two crawls in one process do not share a job either; closing frees it."""
    first, second = Job(tmp_path, 1.0), Job(tmp_path, 1.0)
    first.open()
    assert f"process {os.getpid()}" in refusal(tmp_path)
    first.close()
    second.open()
    second.close()
    second.close()

    assert f"{os.getpid()}\n" == (tmp_path / "lock").read_text()


@pytest.mark.parametrize(("name", "reason"), [("file", "File exists"), ("file/below", "Not a directory")])
async def test_an_impossible_folder_is_reported(tmp_path, caplog, name, reason):
    """The error about a JOBDIR without write permission has the reason and the fix, and is logged."""
    (tmp_path / "file").write_text("not a folder")
    message = refusal(tmp_path / name)

    assert f"JOBDIR '{tmp_path / name}' ({reason})" in message
    assert "JOBDIR_NOT_WRITABLE" in message
    assert message in caplog.text


async def test_a_foreign_database_is_reported_and_left_unchanged(tmp_path):
    """An ips.db of another program stays as it is, and the folder is free again."""
    (tmp_path / "ips.db").write_bytes(b"something else\n" * 100)
    assert "DATABASE_FAILED" in refusal(tmp_path)
    assert b"something else\n" * 100 == (tmp_path / "ips.db").read_bytes()

    (tmp_path / "ips.db").unlink()
    made = Job(tmp_path, 1.0)
    made.open()
    made.close()


async def test_the_database_is_committed_at_intervals(tmp_path):
    """Stored rows are visible to others after the interval, without a close."""
    made = Job(tmp_path, 0.02)
    made.open().add_request(domain_url("a.example"))
    reader = sqlite3.connect(tmp_path / "ips.db")
    give_up_at = time.monotonic() + 5
    query = "SELECT url FROM requests"
    while not reader.execute(query).fetchall() and time.monotonic() < give_up_at:  # noqa: ASYNC110 - SQLite tells nobody
        await asyncio.sleep(0.01)

    assert [(domain_url("a.example"),)] == reader.execute(query).fetchall()
    reader.close()
    made.close()


async def test_closing_commits_and_remembers_the_state_of_the_crawl(tmp_path):
    """The job knows the state of the crawl at the time the database was closed."""
    made = Job(tmp_path, 60)
    made.open().add_request(domain_url("a.example"))
    assert made.row is None
    record = {"run": "r", "version": "v", "settings": "{}", "list": "l", "list_sha256": "s", "resolver": "r"}
    made.store.record_crawl(**record, started_at=1, starts=1, skipped="{}", end_reason="finished")
    made.close()

    assert ("r", "finished") == (made.row["run"], made.row["end_reason"])
    assert ["ips.db", "lock"] == sorted(file.name for file in tmp_path.iterdir())


async def test_the_job_closes_when_the_engine_has_stopped(tmp_path):
    """The signal engine_stopped closes the database and frees the folder."""
    made = crawler(tmp_path, COMMIT_INTERVAL=60)
    job(made).open()
    await made.signals.send_catch_log_async(signals.engine_stopped)
    again = Job(tmp_path / "current", 1.0)
    again.open()
    again.close()

    assert job(made)._commits is None


async def test_home_is_expanded(tmp_path, monkeypatch):
    """~ in JOBDIR is the home folder."""
    monkeypatch.setenv("HOME", str(tmp_path))

    assert tmp_path / "crawl" == job(crawler(tmp_path, JOBDIR="~/crawl")).folder


async def test_a_thread_folds_the_log(tmp_path, monkeypatch):
    """A separate thread moves committed pages from the write-ahead log into the file; then the log starts over."""
    monkeypatch.setattr("ipv6matrix.job._FOLD_EVERY_S", 0.05)
    opened = Job(tmp_path, 0.01)
    store = opened.open()
    file = tmp_path / "ips.db"
    give_up_at = time.monotonic() + 20
    number = 0
    while file.stat().st_size < 4_000_000:
        for _ in range(100):
            number += 1
            store.add_request(domain_url(f"{number}.example"))
        await asyncio.sleep(0.005)
        assert time.monotonic() < give_up_at

    assert (tmp_path / "ips.db-wal").stat().st_size < file.stat().st_size
    opened.close()
    assert [file, tmp_path / "lock"] == sorted(tmp_path.iterdir())


@pytest.mark.crawl
async def test_the_holder_of_a_job_is_known(tmp_path):
    """The process that holds the folder is returned; before and after it there is none."""
    assert None is runner(tmp_path / "none")
    with other_process(tmp_path) as process:
        assert str(process.pid) == runner(tmp_path)
    assert None is runner(tmp_path)


async def test_readers_block_no_start(tmp_path):
    """A start retries while another process is looking at the lock."""
    first = Job(tmp_path, 1.0)
    first.open()
    first.close()
    with (tmp_path / "lock").open() as looked_at:
        fcntl.flock(looked_at, fcntl.LOCK_SH)
        letting_go = threading.Timer(0.03, fcntl.flock, (looked_at, fcntl.LOCK_UN))
        letting_go.start()
        again = Job(tmp_path, 1.0)
        again.open()
        letting_go.join()
    again.close()
