"""The progress of the crawl in a folder."""

from __future__ import annotations

import sqlite3
import time

import pytest

from ipv6matrix.exceptions import StoreError
from ipv6matrix.measurements import REGISTRY
from ipv6matrix.progress.status import status
from ipv6matrix.store.database import Store
from tests.samples import domain_item, domain_url

ROW = {"run": "2024-05-06__07-08-09", "version": "1", "settings": "{}", "list": "x", "list_sha256": ""}
ROW |= {"started_at": 1_714_979_289, "starts": 2, "resolver": "", "skipped": "{}"}
NOTED = {
    "listing": {"lines": 10, "read": 2, "ended": False},
    "pace": {"per_second": {"dns": 2.0, "domains": 2.0}, "per_domain": {"dns": 1.0}},
    "waits_for": ["ipv6"],
    "second_pass": True,
}


def crawl(path, *, noted_ago_s=1, **columns):
    """Create the database of a crawl in which one of two domains is answered."""
    store = Store(path)
    store.add_request(domain_url("a.example"))
    store.add_request(domain_url("b.example"))
    store.complete(domain_item("a.example"))
    store.note(at=int(time.time()) - noted_ago_s, **NOTED)
    if columns:
        store.record_crawl(**(ROW | columns))
    store.close()
    return path


@pytest.fixture
def database(tmp_path):
    return tmp_path / "ips.db"


@pytest.mark.parametrize(
    ("row", "process", "expected"),
    [
        ({}, "7", "starting"),
        ({"end_reason": None}, "7", "running"),
        ({"end_reason": "shutdown"}, "7", "running"),
        ({"end_reason": "finished"}, "7", "publishing"),
        ({}, None, "stopped"),
        ({"end_reason": None}, None, "killed"),
        ({"end_reason": "shutdown"}, None, "stopped"),
        ({"end_reason": "incomplete"}, None, "stopped"),
        ({"end_reason": "finished"}, None, "finished"),
    ],
)
def test_lock_and_row_determine_the_state(database, row, process, expected):
    """The holder of the lock and the recorded end are sufficient."""
    assert expected == status(crawl(database, **row), process).state


@pytest.mark.parametrize(("process", "expected"), [(None, "none"), ("7", "starting")])
def test_a_folder_without_a_database(database, process, expected):
    """There is no crawl, unless another process is just starting one; nothing is created."""
    now = status(database, process)

    assert (expected, None) == (now.state, now.figures)
    assert not database.exists()


def test_a_running_crawl_has_a_speed(database):
    """Counts are those of the last commit, speed and outages those last stored."""
    now = status(crawl(database, end_reason=None), "7")

    assert (1, 9, 1, 2.0) == (
        now.figures.domains.done,
        now.figures.domains.left,
        now.figures.domains.pending,
        now.figures.domains.per_second,
    )
    assert ("ipv6",) == now.waits_for
    assert (ROW["run"], ROW["starts"], "7") == (now.run, now.starts, now.process)


@pytest.mark.parametrize(("process", "ago_s"), [(None, 1), ("7", 1000)])
def test_an_old_speed_is_ignored(database, process, ago_s):
    """A crawl that is not running, or has an old sample, has counts and no rate."""
    now = status(crawl(database, noted_ago_s=ago_s, end_reason=None), process)

    assert 1 == now.figures.domains.done
    assert None is now.figures.domains.per_second
    assert None is now.figures.seconds_left
    assert () == now.waits_for


def test_no_growing_table_is_read(database):
    """
    The status takes as long for a million domains as for one: only the rows of the crawl and the frontier are read.
    """
    crawl(database, end_reason=None)
    connection = sqlite3.connect(database)
    for table in ("requests", "domains", "hosts", "addresses", "pings", "ports", "traces", "hops"):
        connection.execute(f"DROP TABLE {table}")
    connection.close()

    assert 1 == status(database, "7").figures.domains.done


def test_the_writer_is_not_blocked(database):
    """The status leaves nothing open: the whole log of the writer can be folded."""
    store = Store(database)
    store.add_request(domain_url("a.example"))
    store.commit()
    before = sorted(path.name for path in database.parent.iterdir())

    now = status(database, "7")

    assert 1 == now.figures.domains.pending
    assert before == sorted(path.name for path in database.parent.iterdir())
    assert store.close() is True


def test_a_foreign_file_is_reported(database):
    """A file of another program is an error."""
    database.write_text("no database" * 100)

    with pytest.raises(StoreError, match="DATABASE_FAILED"):
        status(database, None)


def test_a_status_can_be_serialized(database):
    """Programs read figures by name."""
    dumped = status(crawl(database, end_reason=None), "7").dump()

    assert {"done": 1, "left": 9, "pending": 1, "per_second": 2.0} == dumped["figures"]["domains"]
    assert set(REGISTRY.slots) == set(dumped["figures"]["slots"])
