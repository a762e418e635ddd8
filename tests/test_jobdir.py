"""The crawl command with a damaged or foreign JOBDIR, and with another list for the same one."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from ipv6matrix.store import schema
from ipv6matrix.store.database import Store
from simnet.internet import Internet
from tests import crawls
from tests.controls import is_control
from tests.mounts import run_mounted
from tests.samples import domain_item
from tests.typed import ROOT

pytestmark = pytest.mark.crawl

# Few probes: only the requests matter here.
FEW = {"METRICS": "soa,ping", "PROBE_RATE_PER_NETWORK": 0, "SECOND_PASS_AFTER": 1}


def foreign(folder: Path) -> None:
    """Create a foreign database, with a part still in its log, as a killed application leaves it."""
    connection = sqlite3.connect(folder / "live.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE recipes (name)")
    connection.execute("INSERT INTO recipes VALUES ('soup')")
    copy_and_close(connection, folder)


def copy_and_close(connection: sqlite3.Connection, folder: Path) -> None:
    """Copy live.db and its log to ips.db before closing it, which would fold the log."""
    for ending in ("", "-wal"):
        shutil.copy(folder / f"live.db{ending}", folder / f"ips.db{ending}")
    connection.close()
    (folder / "live.db").unlink()


def newer(folder: Path) -> None:
    ours(folder)
    connection = sqlite3.connect(folder / "ips.db")
    connection.execute(f"PRAGMA user_version = {schema.newest() + 1}")
    connection.close()


def newer_and_killed(folder: Path) -> None:
    """Create a database of a newer version whose last commits are in its log."""
    newer(folder)
    (folder / "ips.db").rename(folder / "live.db")
    connection = sqlite3.connect(folder / "live.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE novelties (name)")
    copy_and_close(connection, folder)


def ours(folder: Path) -> None:
    store = Store(folder / "ips.db")
    for n in range(300):
        store.complete(domain_item(f"d{n}.example", follow_ups=(f"ping://192.0.2.{n}",)))
    store.close()


def truncated(folder: Path) -> None:
    ours(folder)
    whole = (folder / "ips.db").read_bytes()
    (folder / "ips.db").write_bytes(whole[: len(whole) // 2])


def broken_requests(folder: Path) -> None:
    """Overwrite pages of the pending requests."""
    ours(folder)
    path = folder / "ips.db"
    connection = sqlite3.connect(path)
    ((page_bytes,),) = connection.execute("PRAGMA page_size").fetchall()
    pages = connection.execute("SELECT rootpage FROM sqlite_schema WHERE tbl_name = 'requests'").fetchall()
    connection.close()
    content = bytearray(path.read_bytes())
    for (page,) in pages:
        content[(page - 1) * page_bytes : page * page_bytes] = b"\xa5" * page_bytes
    path.write_bytes(content)


def torn(folder: Path) -> None:
    """Cut the file in the middle of a page."""
    ours(folder)
    whole = (folder / "ips.db").read_bytes()
    (folder / "ips.db").write_bytes(whole[: len(whole) - 1000])


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (foreign, "DATABASE_FOREIGN"),
        (newer, "DATABASE_NEWER"),
        (newer_and_killed, "DATABASE_NEWER"),
        (truncated, "DATABASE_FAILED"),
        (torn, "DATABASE_FAILED"),
        (lambda folder: (folder / "ips.db").write_bytes(b"\x00\xffgarbage" * 5000), "DATABASE_FAILED"),
        (lambda folder: (folder / "ips.db").mkdir(), "DATABASE_FAILED"),
    ],
    ids=["foreign", "newer", "newer-killed", "truncated", "torn", "garbage", "folder"],
)
def test_an_unusable_database_prevents_the_start(internet: Internet, tmp_path: Path, make, code):
    """An error message, exit status 1, no packet sent; every byte and time stamp in the folder is unchanged."""
    current = tmp_path / "current"
    current.mkdir()
    make(current)
    before, began_at = contents(current), time.time()

    process = crawls.crawl(internet.domains_file, internet.settings() | crawls.folders(tmp_path) | FEW)

    assert 1 == process.returncode
    assert f"[{code}]" in process.stderr
    assert "Traceback" not in process.stderr
    assert before == contents(current)
    # Only the resolver was queried.
    assert all(map(is_control, internet.queries(since=began_at)))


def test_a_read_only_folder_prevents_the_start(internet: Internet, tmp_path: Path):
    """On a file system that is mounted read-only, the error names the folder and the fix."""
    current = tmp_path / "current"
    current.mkdir()
    ours(current)
    before = contents(current)
    command = crawls.command(internet.domains_file, internet.settings() | crawls.folders(tmp_path) | FEW)
    script = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0"'
    process = run_mounted(script, current, command)

    assert 1 == process.returncode
    assert f"JOBDIR '{current}' (Read-only file system)" in process.stderr
    assert "JOBDIR_NOT_WRITABLE" in process.stderr
    assert "Traceback" not in process.stderr
    assert before == contents(current)


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two lists of existing domains: the second has half of the first, and as many new ones."""
    place = tmp_path_factory.mktemp("lists")
    names = [f"{label}.example" for label in ("open", "web", "silent", "filtered", "nodata", "no-mx")]
    more = [f"{label}.example" for label in ("one-address", "every-guess", "rotating", "ipv4-only", "cname", "open")]
    first, second = place / "first.txt", place / "second.txt"
    first.write_text("\n".join(names))
    second.write_text("\n".join([*names[3:], *more]))
    return first, second


def test_another_list_adds_to_a_crawl(internet: Internet, lists: tuple[Path, Path], tmp_path: Path):
    """After a kill, another list for the same JOBDIR: known requests are finished, new ones made, none twice."""
    began_at = time.time()
    settings = internet.settings() | crawls.folders(tmp_path) | FEW
    killed_at = kill_when_domains_are_stored(lists[0], settings, tmp_path)

    process = crawls.crawl(lists[1], settings)

    assert 0 == process.returncode, process.stderr
    store = Store.read(next(tmp_path.glob("ips-*.db")))
    names = set(lists[0].read_text().split()) | set(lists[1].read_text().split())
    assert names == {name for (name,) in store.query("SELECT name FROM domains")}
    assert [(0,)] == store.query("SELECT count(*) FROM requests WHERE done_at IS NULL")
    ((of_the_first,),) = store.query("SELECT count(*) FROM pings JOIN addresses ON addresses.id = address_id")
    assert of_the_first > 0
    assert str(lists[1]) == store.crawl()["list"]
    store.close()
    asked = Counter((query.name, query.type) for query in internet.queries(since=began_at) if query.type == "SOA")
    assert dict.fromkeys(((name, "SOA") for name in names), 1) == {
        key: number for key, number in asked.items() if key[0] in names
    }
    later = {query.name for query in internet.queries(since=killed_at + 0.2) if query.type == "SOA"}
    assert names - set(lists[0].read_text().split()) == later & names


def test_a_new_folder_starts_over(internet: Internet, lists: tuple[Path, Path], tmp_path: Path):
    """The list of a finished crawl, with a new JOBDIR, is requested again and leads to the same names."""
    results = []
    for number in (1, 2):
        began_at, place = time.time(), tmp_path / str(number)
        process = crawls.crawl(lists[0], internet.settings() | crawls.folders(place) | FEW)
        assert 0 == process.returncode, process.stderr
        asked = {(query.name, query.type) for query in internet.queries(since=began_at) if query.name}
        store = Store.read(next(place.glob("ips-*.db")))
        results.append((asked, store.query("SELECT name FROM domains ORDER BY name")))
        store.close()

    assert results[0][1] == results[1][1]
    for name in lists[0].read_text().split():
        assert (name, "SOA") in results[1][0]


def kill_when_domains_are_stored(domains: Path, settings: dict[str, object], place: Path) -> float:
    """Run a crawl until all its domains, and not all of their probes, are committed; return the time of the kill."""
    with (place / "killed.log").open("w") as log:
        process = subprocess.Popen(
            crawls.command(domains, settings | {"COMMIT_INTERVAL": 0.1}),
            cwd=ROOT,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        give_up_at = time.monotonic() + 60
        while time.monotonic() < give_up_at:
            if committed(place / "current" / "ips.db", "SELECT count(*) FROM domains") == 6:
                break
            time.sleep(0.02)
        else:
            pytest.fail((place / "killed.log").read_text())
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert committed(place / "current" / "ips.db", "SELECT count(*) FROM requests WHERE done_at IS NULL") > 0
    return time.time()


def committed(path: Path, sql: str) -> int:
    if not path.exists():
        return 0
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        return int(connection.execute(sql).fetchone()[0])
    except sqlite3.OperationalError:
        # Created, but still empty.
        return 0
    finally:
        connection.close()


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    """
    Return every file of a folder, with its age, except the lock of the start and SQLite's shared memory, which is not
    data.
    """
    return {
        file.name: (file.read_bytes() if file.is_file() else b"", file.stat().st_mtime_ns)
        for file in folder.iterdir()
        if file.name not in ("lock", "ips.db-shm")
    }


def test_damaged_requests_prevent_the_start(internet: Internet, tmp_path: Path):
    """An error with the fix, and exit status 1, if the pending requests cannot be read."""
    (tmp_path / "current").mkdir()
    broken_requests(tmp_path / "current")

    process = crawls.crawl(internet.domains_file, internet.settings() | crawls.folders(tmp_path) | FEW)

    assert 1 == process.returncode
    assert "database disk image is malformed" in process.stderr
    assert "DATABASE_FAILED" in process.stderr
    assert "Traceback" not in process.stderr


def test_a_full_disk_is_reported_as_such(internet: Internet, tmp_path: Path):
    """A crawl on a full disk stops with an error that names the fix, and blames no other process."""
    current = tmp_path / "current"
    current.mkdir()
    command = crawls.command(internet.domains_file, internet.settings() | crawls.folders(tmp_path) | FEW)
    script = 'mount -t tmpfs -o size=600k none "$0"'
    process = run_mounted(script, current, command)

    assert 1 == process.returncode
    assert "free disk space" in process.stderr
    assert "DATABASE_FAILED" in process.stderr
    assert "another process" not in process.stderr
    assert "Traceback" not in process.stderr
