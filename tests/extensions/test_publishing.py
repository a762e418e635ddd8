"""Publication of a finished crawl."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import tempfile
import threading
from pathlib import Path

import pytest
from scrapy import signals

from ipv6matrix import files
from ipv6matrix.exceptions import ExportError
from ipv6matrix.extensions import publishing
from ipv6matrix.job import Job
from ipv6matrix.refusals import StartRefusedError
from ipv6matrix.store.newest import newest
from tests.crawlers import count, crawler, job
from tests.samples import domain_item

RECORD = {"version": "v", "settings": "{}", "list": "l", "list_sha256": "s", "resolver": "r", "skipped": "{}"}


@pytest.fixture
def elsewhere(tmp_path):
    """A folder on another file system than tmp_path."""
    folder = Path(tempfile.mkdtemp(dir="/dev/shm"))
    if folder.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("/dev/shm is no other file system")
    yield folder
    shutil.rmtree(folder)


async def end(made, reason):
    """Store a domain and end the crawl."""
    store = job(made).store if job(made)._commits else job(made).open()
    store.complete(domain_item("a.example"))
    store.record_crawl(run="2024-01-05__10-00-00", started_at=1, starts=1, end_reason=reason, **RECORD)
    await made.signals.send_catch_log_async(signals.engine_stopped)


def domains(file):
    connection = sqlite3.connect(file)
    try:
        assert [("ok",)] == connection.execute("PRAGMA integrity_check").fetchall()
        return connection.execute("SELECT name FROM domains ORDER BY name").fetchall()
    finally:
        connection.close()


async def test_a_finished_crawl_is_moved(tmp_path):
    """The database moves to OUTPUT_DIR under the name of its run, as a single complete file."""
    made = crawler(tmp_path, OUTPUT_DIR=str(tmp_path / "out" / "put"))
    await end(made, "finished")
    target = tmp_path / "out" / "put" / "ips-2024-01-05__10-00-00.db"

    assert [target] == list(target.parent.glob("*.db"))
    assert target == newest(target.parent)
    assert [("a.example",)] == domains(target)
    assert ["lock"] == [file.name for file in (tmp_path / "current").iterdir()]
    assert str(target) == count(made, "crawl/results")


@pytest.mark.parametrize("reason", ["shutdown", "incomplete", "start_refused", "cancelled", None])
async def test_an_unfinished_crawl_stays_in_its_folder(tmp_path, reason):
    """Only a finished crawl is published; any other can be resumed."""
    made = crawler(tmp_path, OUTPUT_DIR=str(tmp_path / "out"))
    await end(made, reason)

    assert [("a.example",)] == domains(tmp_path / "current" / "ips.db")
    assert not (tmp_path / "out").exists()
    assert 0 == count(made, "crawl/results")


async def test_a_crawl_that_never_started_publishes_nothing(tmp_path):
    """Without a crawl row there is nothing to publish."""
    made = crawler(tmp_path, OUTPUT_DIR=str(tmp_path / "out"))
    await made.signals.send_catch_log_async(signals.engine_stopped)

    assert not (tmp_path / "out").exists()


async def test_a_finished_crawl_is_moved_to_another_file_system(tmp_path, elsewhere):
    """OUTPUT_DIR may be on another disk."""
    await end(crawler(tmp_path, OUTPUT_DIR=str(elsewhere)), "finished")

    assert {"ips-2024-01-05__10-00-00.db", ".published"} == {file.name for file in elsewhere.iterdir()}
    assert [("a.example",)] == domains(elsewhere / "ips-2024-01-05__10-00-00.db")
    assert ["lock"] == [file.name for file in (tmp_path / "current").iterdir()]


async def test_a_crawl_in_use_is_published_later(tmp_path, caplog):
    """While a reader keeps a part of the crawl in the log, it stays complete in JOBDIR; another start publishes it."""
    made = crawler(tmp_path)
    job(made).open().complete(domain_item("before.example"))
    job(made).store.commit()
    reader = sqlite3.connect(tmp_path / "current" / "ips.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM domains").fetchall()
    job(made).store.query("PRAGMA busy_timeout = 20")
    await end(made, "finished")
    assert [] == list(tmp_path.glob("*.db"))
    assert f"'{tmp_path}/current/ips.db' is open in another process" in caplog.text
    reader.close()

    await end(crawler(tmp_path), "finished")

    assert [("a.example",), ("before.example",)] == domains(tmp_path / "ips-2024-01-05__10-00-00.db")
    assert ["lock"] == [file.name for file in (tmp_path / "current").iterdir()]


@pytest.fixture
def begun():
    """An event that is set when an endless export has begun."""
    return threading.Event()


@pytest.fixture
def exported(monkeypatch, begun):
    """The exports, as (format, domains that it read); `summary` fails, `report` reads until it is stopped."""
    seen = []

    def exporter(name):
        def export(store, target):
            seen.append((name, [domain for (domain,) in store.query("SELECT name FROM domains")]))
            if name == "summary":
                raise ExportError("the database is down: start it")
            if name == "report":
                begun.set()
                list(store.stream("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT * FROM n"))
            return f"{target.output_dir}/{name}"

        return export

    monkeypatch.setattr(publishing, "exporter", exporter)
    return seen


async def test_a_finished_crawl_is_exported_before_it_moves(tmp_path, exported, caplog):
    """Each format of EXPORTS is written from the complete crawl while it is still in JOBDIR."""
    caplog.set_level("INFO")
    await end(crawler(tmp_path, EXPORTS="csv,parquet"), "finished")

    assert [("csv", ["a.example"]), ("parquet", ["a.example"])] == exported
    assert f"Exported as csv: {tmp_path}/csv" in caplog.text
    assert [tmp_path / "ips-2024-01-05__10-00-00.db"] == list(tmp_path.glob("*.db"))


async def test_an_unfinished_crawl_is_not_exported(tmp_path, exported):
    """Figures would lack everything that is still pending."""
    await end(crawler(tmp_path, EXPORTS="csv"), "shutdown")

    assert [] == exported


async def test_a_crawl_with_a_failed_export_stays(tmp_path, exported, caplog):
    """
    Other formats are written, the crawl stays, the error has the reason; the next start exports all again and moves it.
    """
    made = crawler(tmp_path, EXPORTS="summary,csv")
    await end(made, "finished")

    assert ["summary", "csv"] == [name for name, _ in exported]
    assert "the database is down: start it [EXPORT_FAILED]" in caplog.text
    assert f"The crawl stays in {tmp_path}/current" in caplog.text
    assert 0 == count(made, "crawl/results")
    assert [("a.example",)] == domains(tmp_path / "current" / "ips.db")

    await end(crawler(tmp_path, EXPORTS="csv"), "finished")

    assert [("a.example",)] == domains(tmp_path / "ips-2024-01-05__10-00-00.db")


async def test_an_export_can_be_interrupted(tmp_path, exported, begun, caplog):
    """When the process is asked to stop, reading ends immediately and the crawl stays."""
    made = crawler(tmp_path, EXPORTS="report")
    ending = asyncio.ensure_future(end(made, "finished"))
    assert await asyncio.to_thread(begun.wait, 10)
    assert not ending.done()

    made.get_extension(publishing.Publishing)._stopped.set()
    await asyncio.wait_for(ending, 10)

    assert "Publishing was interrupted" in caplog.text
    assert (tmp_path / "current" / "ips.db").exists()


async def test_the_folder_stays_locked_until_everything_is_published(tmp_path, exported, begun):
    """No other crawl can start in JOBDIR during an export."""
    made = crawler(tmp_path, EXPORTS="report")
    made.get_extension(publishing.Publishing).engine_started()
    ending = asyncio.ensure_future(end(made, "finished"))
    assert await asyncio.to_thread(begun.wait, 10)

    with pytest.raises(StartRefusedError) as refusal:
        Job(tmp_path / "current", 1.0).open()
    assert "in use by another crawl" in refusal.value.message

    made.get_extension(publishing.Publishing)._stopped.set()
    await ending
    other = Job(tmp_path / "current", 1.0)
    other.open()
    other.close()


def test_an_interrupted_move_leaves_the_source(tmp_path, elsewhere, monkeypatch):
    """If the copy to another file system fails, the source is intact and the target does not exist."""
    source, target = tmp_path / "ips.db", elsewhere / "ips-run.db"
    source.write_bytes(b"all")

    def disk_full(origin, copy):
        Path(copy).write_bytes(b"a")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(publishing.shutil, "copyfile", disk_full)
    with pytest.raises(OSError, match="No space left"):
        publishing.move(source, target)

    assert b"all" == source.read_bytes()
    assert not target.exists()


@pytest.mark.parametrize("more", [[], ["new.example"]])
async def test_a_killed_move_is_not_repeated(tmp_path, elsewhere, monkeypatch, more):
    """If both copy and source exist, the next start publishes the source again only if it has new answers."""
    with monkeypatch.context() as killed:
        killed.setattr(Path, "unlink", None)
        await end(crawler(tmp_path, OUTPUT_DIR=str(elsewhere)), "finished")
    assert (tmp_path / "current" / "ips.db").exists()
    again = crawler(tmp_path, OUTPUT_DIR=str(elsewhere))
    for name in more:
        job(again).open().complete(domain_item(name))

    await end(again, "finished")

    names = ["ips-2024-01-05__10-00-00.db", *("ips-2024-01-05__10-00-00-2.db" for _ in more)]
    assert sorted(names) == sorted(file.name for file in elsewhere.iterdir() if file.name != ".published")
    assert [("a.example",), *((name,) for name in more)] == domains(elsewhere / names[-1])
    assert ["lock"] == [file.name for file in (tmp_path / "current").iterdir()]


def test_a_copy_is_on_disk_before_its_source_is_removed(tmp_path, elsewhere, monkeypatch):
    """The copy is flushed before it is renamed, and the folder before the source is removed."""
    source, target = tmp_path / "ips.db", elsewhere / "ips-run.db"
    source.write_bytes(b"all")
    flushed = []
    for module in (publishing, files):
        monkeypatch.setattr(module, "flush", lambda path: flushed.append((path, target.exists(), source.exists())))

    publishing.move(source, target)

    assert [(elsewhere / "ips-run.db.part", False, True), (elsewhere, True, True)] == flushed
    assert not source.exists()
