"""
Backup and restore, as they are typed.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing

import pytest

from ipv6matrix.store.database import Store
from tests import made_up
from tests.deploy.units import DEPLOY
from tests.web import summaries

FINISHED = "ips-2022-07-20__00-00-00.db"


def run(script, *folders):
    if not shutil.which("sqlite3"):
        pytest.skip("sqlite3 is not installed: apt-get install sqlite3")
    words = [DEPLOY / script, *folders]
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def crawls(tmp_path):
    """An OUTPUT_DIR: a finished crawl, one in progress, summaries, a list; and what can be made again."""
    folder = tmp_path / "crawls"
    (folder / "current").mkdir(parents=True)
    made_up.make(folder / FINISHED, 20)
    made_up.make(folder / "current/ips.db", 30)
    summaries.sqlite(folder)
    (folder / "lists").mkdir()
    (folder / "lists/tranco-ABCD.csv").write_text("1,example.org\n")
    (folder / "domains.csv").write_text("made again\n")
    return folder


def rows(path):
    """Read every table of a database whole."""
    with closing(sqlite3.connect(path)) as database:
        tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
        return {name: database.execute(f"SELECT * FROM {name}").fetchall() for (name,) in tables}


def test_what_was_lost_comes_back(crawls, tmp_path):
    """
    After a backup and the loss of the folder, restore gives every database row for row, and commands read them.
    """
    names = (FINISHED, "current/ips.db", "matrix.db")
    before = {name: rows(crawls / name) for name in names}

    saved = run("backup.sh", crawls, tmp_path / "backup")
    shutil.rmtree(crawls)
    restored = run("restore.sh", tmp_path / "backup", crawls)

    assert (0, 0) == (saved.returncode, restored.returncode), saved.stderr + restored.stderr
    assert before == {name: rows(crawls / name) for name in names}
    assert [(20,)] == Store.read(crawls / FINISHED).query("SELECT count(*) FROM domains")
    assert "1,example.org\n" == (crawls / "lists/tranco-ABCD.csv").read_text()
    assert not (crawls / "domains.csv").exists()


def test_a_crawl_in_progress_is_copied_as_of_one_instant(crawls, tmp_path):
    """
    While another process writes, and has not committed, the copy holds what was committed.
    """
    with closing(sqlite3.connect(crawls / "current/ips.db", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM domains")
        saved = run("backup.sh", crawls, tmp_path / "backup")

    assert 0 == saved.returncode, saved.stderr
    assert 30 == len(rows(tmp_path / "backup/current/ips.db")["domains"])


def test_a_finished_crawl_is_copied_once(crawls, tmp_path):
    """
    A second backup copies what changes, leaves a finished crawl that it has, and forgets the one that was in progress.
    """
    run("backup.sh", crawls, tmp_path / "backup")
    shutil.rmtree(crawls / "current")

    saved = run("backup.sh", crawls, tmp_path / "backup")

    assert [str(tmp_path / "backup/matrix.db")] == saved.stdout.splitlines()
    assert (tmp_path / "backup" / FINISHED).exists()
    assert not (tmp_path / "backup/current/ips.db").exists()


def test_nothing_that_is_there_is_replaced(crawls, tmp_path):
    """
    Restore leaves a database that is there, and says so.
    """
    run("backup.sh", crawls, tmp_path / "backup")
    (crawls / "matrix.db").unlink()

    restored = run("restore.sh", tmp_path / "backup", crawls)

    assert f"{crawls}/{FINISHED} is there already: it stays" in restored.stdout
    assert rows(tmp_path / "backup/matrix.db") == rows(crawls / "matrix.db")


def test_a_damaged_copy_is_not_restored(crawls, tmp_path):
    """
    A copy that SQLite finds faults in ends with a sentence and status 1, and stands nowhere.
    """
    run("backup.sh", crawls, tmp_path / "backup")
    copy = tmp_path / "backup" / FINISHED
    with copy.open("r+b") as file:
        file.seek(5000)
        file.write(os.urandom(60_000))

    restored = run("restore.sh", tmp_path / "backup", tmp_path / "new")

    assert (1, f"{copy} is damaged: take another copy\n") == (restored.returncode, restored.stderr)
    assert not (tmp_path / "new" / FINISHED).exists()


@pytest.mark.parametrize("script", ["backup.sh", "restore.sh"])
def test_a_folder_that_is_not_there_is_named(tmp_path, script):
    """
    A folder that does not exist is a sentence and status 2.
    """
    result = run(script, tmp_path / "nothing", tmp_path / "to")

    assert 2 == result.returncode
    assert f"{tmp_path}/nothing is no folder" in result.stderr
