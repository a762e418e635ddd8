"""
Backup and restore, as they are typed.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from ipv6matrix.store.database import Store
from tests.crawls import command as command_line
from tests.crawls import crawl, folders
from tests.deploy.units import DEPLOY, command, environment, section, wait_for
from tests.typed import ROOT
from tests.web import client, summaries
from tools import made_up

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
    (folder / "lists/.tranco-ABCD.json").write_text("{}")
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
    assert ["1,example.org\n", "{}"] == [
        (crawls / "lists" / name).read_text() for name in ("tranco-ABCD.csv", ".tranco-ABCD.json")
    ]
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


def test_files_that_are_named_come_back(crawls, tmp_path):
    """
    Opt-outs and values are copied with their modes, and put back where nothing is; what is there stays.
    """
    home, there = tmp_path / "home of", tmp_path / "root"
    home.mkdir()
    for name, text in (("optout.txt", "example.org\n"), ("web.env", "PORT=8000\n")):
        (home / name).write_text(text)
    (home / "web.env").chmod(0o640)
    kept = Path(f"{there}{home}/optout.txt")
    kept.parent.mkdir(parents=True)
    kept.write_text("example.net\n")

    saved = run("backup.sh", crawls, tmp_path / "backup", home / "optout.txt", home / "web.env", home / "none")
    restored = run("restore.sh", tmp_path / "backup", tmp_path / "new", there)

    assert (0, 0) == (saved.returncode, restored.returncode), saved.stderr + restored.stderr
    assert f"{home}/none is not there: not copied\n" == saved.stderr
    assert f"{kept} is there already: it stays" in restored.stdout.splitlines()
    assert "example.net\n" == kept.read_text()
    assert ("PORT=8000\n", 0o640) == (
        kept.with_name("web.env").read_text(),
        stat.S_IMODE(kept.with_name("web.env").stat().st_mode),
    )


def test_files_stay_in_the_backup_unless_a_root_is_named(crawls, tmp_path):
    """
    Without a third argument restore puts back what is in OUTPUT_DIR alone.
    """
    run("backup.sh", crawls, tmp_path / "backup", crawls / "domains.csv")
    (crawls / "domains.csv").unlink()

    run("restore.sh", tmp_path / "backup", tmp_path / "new")

    assert (tmp_path / f"backup/files{crawls}/domains.csv").exists()
    assert not (crawls / "domains.csv").exists()


def test_a_relative_file_is_refused(crawls, tmp_path):
    """
    A file that would have no place to come back to is a sentence and status 2.
    """
    saved = run("backup.sh", crawls, tmp_path / "backup", "optout.txt")

    assert (2, "optout.txt is no whole path: begin it with /\n") == (saved.returncode, saved.stderr)


def test_the_unit_copies_what_the_others_read():
    """
    The opt-out file of crawl.env and both files of values are named on the command line of the backup.
    """
    words = command("ipv6matrix-backup.service", {})
    read = {section(f"ipv6matrix-{one}.service", "Service")["EnvironmentFile"] for one in ("crawl", "web", "geoip")}

    assert {environment("crawl.env")["OPTOUT_FILE"], *read} == set(words[3:])


async def test_a_restored_crawl_goes_on(internet, tmp_path):
    """
    A copy that was made while a crawl ran is resumed in another folder, and its summary is served from there.
    """
    url = f"sqlite:///{tmp_path}/new/matrix.db"
    held = internet.settings() | {"METRICS": "soa,ping", "EXPORTS": "summary", "SUMMARY_URL": url}
    saved = save_while_crawling(held | folders(tmp_path / "lost") | {"SECOND_PASS_AFTER": 3600}, tmp_path)
    shutil.rmtree(tmp_path / "lost")
    restored = run("restore.sh", tmp_path / "backup", tmp_path / "new")
    ended = crawl(tmp_path / "domains.txt", held | folders(tmp_path / "new"))

    assert (0, 0, 0) == (saved.returncode, restored.returncode, ended.returncode), ended.stderr[-2000:]
    (path,) = (tmp_path / "new").glob("ips-*.db")
    assert [("finished", 2)] == Store.read(path).query("SELECT end_reason, starts FROM crawl")
    assert [(3,)] == Store.read(path).query("SELECT count(*) FROM domains")
    async with client.of(url, tmp_path / "new") as web:
        assert 200 == (await web.get("/api/v1")).status_code


def save_while_crawling(settings, place):
    """Begin a crawl into the folder `lost`, make a backup in its midst and kill it."""
    (place / "domains.txt").write_text("open.example\nsilent.example\nipv6-only.example\n")
    line = command_line(place / "domains.txt", settings | {"LOG_FILE": place / "log"})
    with subprocess.Popen(line, cwd=ROOT) as crawling:
        try:
            wait_for(place / "log", "Retry pass")
            return run("backup.sh", place / "lost", place / "backup")
        finally:
            crawling.kill()


@pytest.mark.parametrize("script", ["backup.sh", "restore.sh"])
def test_a_folder_that_is_not_there_is_named(tmp_path, script):
    """
    A folder that does not exist is a sentence and status 2.
    """
    result = run(script, tmp_path / "nothing", tmp_path / "to")

    assert 2 == result.returncode
    assert f"{tmp_path}/nothing is no folder" in result.stderr
