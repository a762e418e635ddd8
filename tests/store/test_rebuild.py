"""Rebuilding a database: complete or not at all."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ipv6matrix.exceptions import StoreError
from ipv6matrix.store.database import Store
from ipv6matrix.store.imported import HostAddress, Role
from ipv6matrix.store.rebuild import rebuilding
from tests import rows
from tests.typed import ROOT

CRAWL = {
    "run": "2022-05-06__07-08-09",
    "version": "2022",
    "settings": "{}",
    "list": "list",
    "list_sha256": "",
    "started_at": 1000,
    "starts": 1,
    "resolver": "",
    "skipped": "{}",
    "end_reason": "finished",
}


def made(target: Path, names: list[str]) -> int:
    with rebuilding(target, 1000) as rebuild:
        for name in names:
            rebuild.write([Role("NS", name, "ns.test", 1), HostAddress("ns.test", "192.0.2.1", None)])
        return rebuild.finish(["NS"], **CRAWL)


def test_a_database_is_created(tmp_path):
    """The new database opens, is intact, contains its facts, and leaves no other file next to it."""
    target = tmp_path / "new" / "ips.db"

    assert 2 == made(target, ["a.test", "b.test", "a.test"])

    assert [target] == list(target.parent.iterdir())
    assert [] == rows.unsound(target)
    store = Store.read(target)
    assert CRAWL["run"] == store.crawl()["run"]
    assert [("a.test", "ns.test."), ("b.test", "ns.test.")] == store.query("SELECT domain, host FROM job ORDER BY 1")
    store.close()


def test_name_servers_are_available_immediately(tmp_path):
    """Name servers that were added are returned by rank; a domain without any has none."""
    with rebuilding(tmp_path / "ips.db", 1000) as rebuild:
        rebuild.write([Role("NS", "a.test", "ns2.test", 2), Role("NS", "a.test", "ns1.test", 1)])

        assert ["ns1.test", "ns2.test"] == rebuild.name_servers("a.test")
        assert [] == rebuild.name_servers("b.test")


def test_an_error_leaves_nothing(tmp_path):
    """An incomplete database has no final name."""
    with pytest.raises(RuntimeError, match="source"), rebuilding(tmp_path / "ips.db", 1000) as rebuild:
        rebuild.write([Role("NS", "a.test", None)])
        raise RuntimeError("the source broke off")

    assert [] == list(tmp_path.iterdir())


def test_an_existing_file_stays(tmp_path):
    """An existing file is rejected at the start, and one that appeared later at the end."""
    target = tmp_path / "ips.db"
    with pytest.raises(StoreError, match="OUTPUT_EXISTS"), rebuilding(target, 1000) as rebuild:
        rebuild.finish([], **CRAWL)
        target.write_text("precious")
    with pytest.raises(StoreError, match="OUTPUT_EXISTS"):
        made(target, ["a.test"])

    assert "precious" == target.read_text()
    assert [target] == list(tmp_path.iterdir())


def test_two_processes_do_not_create_the_same_database(tmp_path):
    """The second process gets an error that asks it to wait; the first completes."""
    target = tmp_path / "ips.db"
    with rebuilding(target, 1000) as rebuild:
        with pytest.raises(StoreError, match="OUTPUT_EXISTS"):
            made(target, ["b.test"])
        rebuild.write([Role("NS", "a.test", None)])
        rebuild.finish([], **CRAWL)

    assert [] == rows.unsound(target)


def test_a_read_only_folder_is_reported(tmp_path):
    """A folder that cannot be created is an error."""
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError, match=r"file/ips.db'.*\[OUTPUT_NOT_WRITABLE\]"):
        made(tmp_path / "file" / "ips.db", ["a.test"])


KILLED = """
import os, signal, sys
from pathlib import Path
from ipv6matrix.store.imported import Role
from ipv6matrix.store.rebuild import rebuilding
with rebuilding(Path(sys.argv[1]), 1000) as rebuild:
    for number in range(100_000):
        rebuild.write([Role("NS", f"domain{number}.test", f"ns{number}.test", 1)])
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.crawl
def test_a_killed_rebuild_starts_over(tmp_path):
    """The file left by a kill has another name and does not block the next rebuild."""
    target = tmp_path / "ips.db"
    killed = subprocess.run([sys.executable, "-c", KILLED, target], cwd=ROOT, check=False)
    assert -signal.SIGKILL == killed.returncode
    assert [tmp_path / "ips.db.part"] == list(tmp_path.iterdir())

    assert 1 == made(target, ["a.test"])

    assert [target] == list(tmp_path.iterdir())
    assert [] == rows.unsound(target)


def test_a_full_disk_is_reported(full_disk):
    """The error names the file, and nothing is left behind."""
    with pytest.raises(StoreError, match=r"ips\.db.*full.*\[\w+_\w+\]"):
        made(full_disk / "ips.db", [f"domain{number}.test" for number in range(60_000)])

    assert [] == list(full_disk.iterdir())


@pytest.fixture
def full_disk(tmp_path) -> Iterator[Path]:
    """A file system of one megabyte."""
    place = tmp_path / "small"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", place], check=True)
    yield place
    subprocess.run(["umount", place], check=True)
