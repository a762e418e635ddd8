"""The status of a shared crawl."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from ipv6matrix.cluster import owner
from ipv6matrix.cluster.batch import Batch
from ipv6matrix.cluster.overview import overview
from ipv6matrix.cluster.session import Session
from ipv6matrix.exceptions import StoreError
from tests.cluster.test_gather import ROW
from tests.cluster.test_session import answered, found
from tests.postgres import Postgres
from tests.samples import domain_url
from tests.urls import ping
from tests.waiting import until

RECORD = {
    "pace": {"per_second": {"domains": 2.0, "ping": 4.0}, "per_domain": {"ping": 3.0}, "parked_s": 0.0},
    "pending": {"dns": 0, "ping": 1},
    "noted": {"listing": {"lines": 10, "read": 0, "ended": False}, "waits_for": ["ipv6"], "second_pass": True},
    "crawl": ROW,
}
Join = Callable[[str], Session]


@pytest.fixture
def url(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(owner, "BUCKETS", 16)
    return postgres.url()


@pytest.fixture
def join(url: str) -> Iterator[Join]:
    """Return a function that makes a session of one more machine."""
    sessions: list[Session] = []

    def joined(name: str) -> Session:
        sessions.append(Session(url, name))
        sessions[-1].join("plan")
        return sessions[-1]

    yield joined
    for session in sessions:
        session.close()


def works(session: Session, batch: Batch, buckets: int = 0) -> Session:
    """Exchange a batch with a record, and a second one that is empty."""
    owned = session.take(buckets)
    for each in (batch, Batch(leaves=batch.leaves)):
        each.owned, each.record = len(owned), json.dumps(RECORD)
        session.exchange(each, owned)
    return session


def test_a_running_crawl(join: Join, url: str):
    """Figures are those of all machines, speeds add up, and each machine has what it did and has to do."""
    works(join("one:1"), found(ping("192.0.2.1"), ping("192.0.2.2"), domain_url("a.example")), 10)
    works(join("two:2"), answered(ping("192.0.2.1")), 6)
    now = overview(url)

    assert ("running", 2, 0) == (now.state, now.starts, now.unowned)
    assert now.figures is not None
    slot = now.figures.slots["ping"]
    assert (1, 1, 8.0) == (slot.done, slot.pending, slot.per_second)
    # Nine more lines, with three pings each.
    assert (10, 28) == (now.figures.domains.left, slot.left)
    first, second = now.workers
    assert ("one", "1", "running", 10) == (first.host, first.process, first.state, first.buckets)
    assert (0, 1) == (first.done.get("ping", 0), second.done["ping"])
    assert ({"dns": 0, "ping": 1}, ("ipv6",)) == (second.pending, second.waits_for)
    assert 2.0 == second.per_second["domains"]


def test_machines_that_are_gone(join: Join, url: str):
    """One that has left is told from one that was lost; their answers count, their speed and buckets do not."""
    works(join("lost:1"), answered(ping("192.0.2.1")), 10).close()
    left = answered(ping("192.0.2.2"))
    left.leaves = True
    works(join("left:2"), left).close()
    until(lambda: overview(url).state == "stopped")
    now = overview(url)

    assert [("left", "left"), ("lost", "lost")] == [(worker.host, worker.state) for worker in now.workers]
    assert [0, 0] == [worker.buckets for worker in now.workers]
    assert 16 == now.unowned
    assert now.figures is not None
    assert (2, None) == (now.figures.slots["ping"].done, now.figures.slots["ping"].per_second)


def test_a_finished_crawl(join: Join, url: str):
    """When nothing is left, the crawl has ended, and so have its machines."""
    session = join("one:1")
    owned = session.take(16)
    last = Batch(listed=set(owned), settled=set(owned), record=json.dumps(RECORD))
    assert session.exchange(last, owned).has_ended
    session.exchange(Batch(released=set(owned), leaves=True, record=json.dumps(RECORD)), ())
    now = overview(url)

    assert ("finished", "finished", 0) == (now.state, now.end_reason, now.unowned)
    assert ["finished"] == [worker.state for worker in now.workers]
    assert now.ended_at is not None
    assert now.figures is not None
    assert 0 == now.figures.seconds_left


def test_a_machine_that_has_just_joined(join: Join, url: str):
    """Before its first message it is not known; before its first figures, it has none."""
    session = join("one:1")
    assert () == overview(url).workers
    session.exchange(Batch(), ())

    assert [("running", {})] == [(worker.state, worker.per_second) for worker in overview(url).workers]


def test_a_crawl_of_another_version_is_reported(join: Join, url: str, postgres: Postgres):
    """Its tables may have other columns."""
    join("one:1")
    postgres.execute(url.rpartition("/")[2], "UPDATE run SET version = 1")

    with pytest.raises(StoreError) as error:
        overview(url)

    assert "STORE_VERSION" == error.value.code
