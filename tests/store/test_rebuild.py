"""A database that is made again: whole or not at all."""

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


def test_a_database_is_made(tmp_path):
    """
    It is one of ours: it opens, it is sound, and it says what it holds. Nothing lies beside it.
    """
    target = tmp_path / "new" / "ips.db"

    assert 2 == made(target, ["a.test", "b.test", "a.test"])

    assert [target] == list(target.parent.iterdir())
    assert [] == rows.unsound(target)
    store = Store.read(target)
    assert CRAWL["run"] == store.crawl()["run"]
    assert [("a.test", "ns.test."), ("b.test", "ns.test.")] == store.query("SELECT domain, host FROM job ORDER BY 1")
    store.close()


def test_name_servers_are_known_at_once(tmp_path):
    """
    Those that were added, by rank; a domain without any has none.
    """
    with rebuilding(tmp_path / "ips.db", 1000) as rebuild:
        rebuild.write([Role("NS", "a.test", "ns2.test", 2), Role("NS", "a.test", "ns1.test", 1)])

        assert ["ns1.test", "ns2.test"] == rebuild.name_servers("a.test")
        assert [] == rebuild.name_servers("b.test")


def test_an_error_leaves_nothing(tmp_path):
    """
    What is not whole has no name.
    """
    with pytest.raises(RuntimeError, match="source"), rebuilding(tmp_path / "ips.db", 1000) as rebuild:
        rebuild.write([Role("NS", "a.test", None)])
        raise RuntimeError("the source broke off")

    assert [] == list(tmp_path.iterdir())


def test_what_is_there_stays(tmp_path):
    """
    A file of that name is refused at the beginning, and one that has come meanwhile at the end.
    """
    target = tmp_path / "ips.db"
    with pytest.raises(StoreError, match="OUTPUT_EXISTS"), rebuilding(target, 1000) as rebuild:
        rebuild.finish([], **CRAWL)
        target.write_text("precious")
    with pytest.raises(StoreError, match="OUTPUT_EXISTS"):
        made(target, ["a.test"])

    assert "precious" == target.read_text()
    assert [target] == list(tmp_path.iterdir())


def test_two_do_not_make_the_same(tmp_path):
    """
    The second one is told to wait; the first ends whole.
    """
    target = tmp_path / "ips.db"
    with rebuilding(target, 1000) as rebuild:
        with pytest.raises(StoreError, match="OUTPUT_EXISTS"):
            made(target, ["b.test"])
        rebuild.write([Role("NS", "a.test", None)])
        rebuild.finish([], **CRAWL)

    assert [] == rows.unsound(target)


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path):
    """
    Where no folder can be there is no database.
    """
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


def test_what_was_killed_is_begun_afresh(tmp_path):
    """
    What a kill leaves has another name, and does not hinder the next one.
    """
    target = tmp_path / "ips.db"
    killed = subprocess.run([sys.executable, "-c", KILLED, target], cwd=ROOT, check=False)
    assert -signal.SIGKILL == killed.returncode
    assert [tmp_path / "ips.db.part"] == list(tmp_path.iterdir())

    assert 1 == made(target, ["a.test"])

    assert [target] == list(tmp_path.iterdir())
    assert [] == rows.unsound(target)


def test_a_full_disk_is_a_sentence(full_disk):
    """
    No room: a sentence that names the file, and nothing is left.
    """
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
