"""Backup and restore, with the shipped scripts."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from tests import opened
from tests.crawls import command as command_line
from tests.crawls import crawl, folders
from tests.deploy.units import DEPLOY, command, environment, section, wait_for
from tests.typed import ROOT
from tests.web import client, summaries
from tools import made_up

pytestmark = pytest.mark.slow

FINISHED = "ips-2022-07-20__00-00-00.db"


def run(script, *folders):
    if not shutil.which("sqlite3"):
        pytest.skip("sqlite3 is not installed: apt-get install sqlite3")
    words = [DEPLOY / script, *folders]
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """An OUTPUT_DIR: a finished crawl, one in progress, summaries, a list; and what can be recreated."""
    folder = tmp_path_factory.mktemp("crawls")
    (folder / "current").mkdir(parents=True)
    made_up.make(folder / FINISHED, 20)
    made_up.make(folder / "current/ips.db", 30)
    summaries.sqlite(folder)
    (folder / "lists").mkdir()
    (folder / "lists/tranco-ABCD.csv").write_text("1,example.org\n")
    (folder / "lists/.tranco-ABCD.json").write_text("{}")
    (folder / "domains.csv").write_text("made again\n")
    return folder


@pytest.fixture
def crawls(original, tmp_path):
    """A copy of the OUTPUT_DIR, which a test may change."""
    return shutil.copytree(original, tmp_path / "crawls")


def rows(path):
    """Read every table of a database completely."""
    with closing(sqlite3.connect(path)) as database:
        tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
        return {name: database.execute(f"SELECT * FROM {name}").fetchall() for (name,) in tables}


def test_lost_files_are_restored(crawls, tmp_path):
    """After a backup and the loss of the folder, restore recovers every database row by row, and commands read them."""
    names = (FINISHED, "current/ips.db", "matrix.db")
    before = {name: rows(crawls / name) for name in names}

    saved = run("backup.sh", crawls, tmp_path / "backup")
    shutil.rmtree(crawls)
    restored = run("restore.sh", tmp_path / "backup", crawls)

    assert (0, 0) == (saved.returncode, restored.returncode), saved.stderr + restored.stderr
    assert before == {name: rows(crawls / name) for name in names}
    assert [(20,)] == opened.read(crawls / FINISHED).query("SELECT count(*) FROM domains")
    assert ["1,example.org\n", "{}"] == [
        (crawls / "lists" / name).read_text() for name in ("tranco-ABCD.csv", ".tranco-ABCD.json")
    ]
    assert not (crawls / "domains.csv").exists()


def test_a_crawl_in_progress_is_copied_consistently(crawls, tmp_path):
    """While another process has uncommitted rows, the copy has the committed ones."""
    with closing(sqlite3.connect(crawls / "current/ips.db", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM domains")
        saved = run("backup.sh", crawls, tmp_path / "backup")

    assert 0 == saved.returncode, saved.stderr
    assert 30 == len(rows(tmp_path / "backup/current/ips.db")["domains"])


def test_a_finished_crawl_is_copied_once(crawls, tmp_path):
    """
    A second backup copies what changed, skips a finished crawl that it has, and removes the one that was in progress.
    """
    run("backup.sh", crawls, tmp_path / "backup")
    shutil.rmtree(crawls / "current")

    saved = run("backup.sh", crawls, tmp_path / "backup")

    assert [str(tmp_path / "backup/matrix.db")] == saved.stdout.splitlines()
    assert (tmp_path / "backup" / FINISHED).exists()
    assert not (tmp_path / "backup/current/ips.db").exists()


def test_existing_files_are_not_replaced(crawls, tmp_path):
    """Restore leaves an existing database unchanged, and reports it."""
    run("backup.sh", crawls, tmp_path / "backup")
    (crawls / "matrix.db").unlink()

    restored = run("restore.sh", tmp_path / "backup", crawls)

    assert f"{crawls}/{FINISHED} already exists and was not replaced" in restored.stdout
    assert rows(tmp_path / "backup/matrix.db") == rows(crawls / "matrix.db")


def test_a_damaged_copy_is_not_restored(crawls, tmp_path):
    """A copy that SQLite finds errors in leads to an error message and status 1, and is not restored."""
    run("backup.sh", crawls, tmp_path / "backup")
    copy = tmp_path / "backup" / FINISHED
    with copy.open("r+b") as file:
        file.seek(5000)
        file.write(os.urandom(60_000))

    restored = run("restore.sh", tmp_path / "backup", tmp_path / "new")

    assert (1, f"{copy} is damaged. Use another copy\n") == (restored.returncode, restored.stderr)
    assert not (tmp_path / "new" / FINISHED).exists()


def test_additional_files_are_restored(crawls, tmp_path):
    """Opt-outs and settings are copied with their modes, and restored where they are missing; existing files stay."""
    home, root = tmp_path / "home of", tmp_path / "root"
    home.mkdir()
    for name, text in (("optout.txt", "example.org\n"), ("web.env", "PORT=8000\n")):
        (home / name).write_text(text)
    (home / "web.env").chmod(0o640)
    existing = Path(f"{root}{home}/optout.txt")
    existing.parent.mkdir(parents=True)
    existing.write_text("example.net\n")

    saved = run("backup.sh", crawls, tmp_path / "backup", home / "optout.txt", home / "web.env", home / "none")
    restored = run("restore.sh", tmp_path / "backup", tmp_path / "new", root)

    assert (0, 0) == (saved.returncode, restored.returncode), saved.stderr + restored.stderr
    assert f"{home}/none does not exist and was not copied\n" == saved.stderr
    assert f"{existing} already exists and was not replaced" in restored.stdout.splitlines()
    assert "example.net\n" == existing.read_text()
    assert ("PORT=8000\n", 0o640) == (
        existing.with_name("web.env").read_text(),
        stat.S_IMODE(existing.with_name("web.env").stat().st_mode),
    )


def test_additional_files_need_a_root(crawls, tmp_path):
    """Without a third argument restore writes only to OUTPUT_DIR."""
    run("backup.sh", crawls, tmp_path / "backup", crawls / "domains.csv")
    (crawls / "domains.csv").unlink()

    run("restore.sh", tmp_path / "backup", tmp_path / "new")

    assert (tmp_path / f"backup/files{crawls}/domains.csv").exists()
    assert not (crawls / "domains.csv").exists()


def test_a_relative_path_is_rejected(crawls, tmp_path):
    """A relative path, which could not be restored, is an error with status 2."""
    saved = run("backup.sh", crawls, tmp_path / "backup", "optout.txt")

    assert (2, "optout.txt is not an absolute path. Begin it with /\n") == (saved.returncode, saved.stderr)


def test_the_unit_backs_up_the_files_of_the_others():
    """The opt-out file of crawl.env and both environment files are on the command line of the backup."""
    words = command("ipv6matrix-backup.service", {})
    read = {section(f"ipv6matrix-{name}.service", "Service")["EnvironmentFile"] for name in ("crawl", "web", "geoip")}

    assert {environment("crawl.env")["OPTOUT_FILE"], *read} == set(words[3:])


@pytest.mark.crawl
async def test_a_restored_crawl_is_resumed(internet, tmp_path):
    """A copy made during a crawl is resumed in another folder, and its summary is served from there."""
    url = f"sqlite:///{tmp_path}/new/matrix.db"
    held = internet.settings() | {"METRICS": "soa,ping", "EXPORTS": "summary", "SUMMARY_URL": url}
    saved = save_while_crawling(
        held | folders(tmp_path / "lost") | {"SECOND_PASS_AFTER": 3600, "SECOND_PASS_AFTER_MIN": 3600}, tmp_path
    )
    shutil.rmtree(tmp_path / "lost")
    restored = run("restore.sh", tmp_path / "backup", tmp_path / "new")
    ended = crawl(tmp_path / "domains.txt", held | folders(tmp_path / "new"))

    assert (0, 0, 0) == (saved.returncode, restored.returncode, ended.returncode), ended.stderr[-2000:]
    (path,) = (tmp_path / "new").glob("ips-*.db")
    assert [("finished", 2)] == opened.read(path).query("SELECT end_reason, starts FROM crawl")
    assert [(3,)] == opened.read(path).query("SELECT count(*) FROM domains")
    async with client.of(url, tmp_path / "new") as web:
        assert 200 == (await web.get("/api/v1")).status_code


def save_while_crawling(settings, place):
    """Start a crawl into the folder `lost`, make a backup during the crawl and kill it."""
    (place / "domains.txt").write_text("open.example\nsilent.example\nipv6-only.example\n")
    line = command_line(place / "domains.txt", settings | {"LOG_FILE": place / "log"})
    with subprocess.Popen(line, cwd=ROOT) as crawling:
        try:
            wait_for(place / "log", "Retry pass")
            return run("backup.sh", place / "lost", place / "backup")
        finally:
            crawling.kill()


@pytest.mark.parametrize("script", ["backup.sh", "restore.sh"])
def test_a_missing_folder_is_reported(tmp_path, script):
    """A folder that does not exist is an error with status 2."""
    result = run(script, tmp_path / "nothing", tmp_path / "to")

    assert 2 == result.returncode
    assert f"{tmp_path}/nothing is not a folder" in result.stderr
