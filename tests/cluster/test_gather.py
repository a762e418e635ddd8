"""Gathering the answers of a shared crawl."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from ipv6matrix.cluster.batch import Batch
from ipv6matrix.cluster.gather import gather
from ipv6matrix.cluster.session import Session
from ipv6matrix.exceptions import StoreError
from ipv6matrix.frontier.postgres import PostgresFrontier
from ipv6matrix.store.database import Store
from tests import opened, rows, urls
from tests.postgres import Postgres
from tests.samples import domain_item, host, hosts_item, ping_item

ROW = {
    "id": 1,
    "run": "of one machine",
    "version": "1",
    "settings": "{}",
    "list": "list",
    "list_sha256": "0",
    "started_at": 5,
    "starts": 1,
    "resolver": "192.0.2.53",
    "skipped": "{}",
}


@pytest.fixture
def url(postgres: Postgres, tmp_path: Path) -> str:
    """A crawl in which a machine has stored a probe before the lookup that another one has stored, and a retry."""
    url = postgres.url()
    retry = ping_item("192.0.2.1", 2.0)
    retry.url, retry.second = urls.again(retry.url), True
    items = [retry, ping_item("192.0.2.1"), hosts_item(host("www.a.example", "192.0.2.1")), domain_item("a.example")]
    for number, item in enumerate(items):
        session = Session(url, f"machine-{number}")
        session.join("plan")
        store = Store(tmp_path / f"{number}.db")
        frontier = PostgresFrontier(store, {"dns": 5, "ping": 5})
        frontier.own(range(4096), ())
        frontier.add(item.url)
        frontier.complete(item)
        batch = frontier.take_batch()
        batch.record = json.dumps({"crawl": ROW})
        session.exchange(batch, ())
        session.close()
        store.close()
    return url


def test_facts_are_those_of_one_machine(url: str, tmp_path: Path):
    """Whatever the order in which the answers came, they are written as one machine would have."""
    store = Store(tmp_path / "expected.db")
    retry = ping_item("192.0.2.1", 2.0)
    retry.url, retry.second = urls.again(retry.url), True
    for item in (
        domain_item("a.example"),
        hosts_item(host("www.a.example", "192.0.2.1")),
        ping_item("192.0.2.1"),
        retry,
    ):
        store.add_request(item.url)
        store.complete(item)
    store.close()

    expected = rows.facts(tmp_path / "expected.db")
    assert expected["pings"]
    assert [] == rows.differences(expected, rows.facts(gather(url, tmp_path / "results")))


def test_gathering_twice_changes_nothing(url: str, tmp_path: Path):
    """The second time, everything is there."""
    first = rows.facts(gather(url, tmp_path))
    path = gather(url, tmp_path)
    counts = opened.read(path).counts

    assert [] == rows.differences(first, rows.facts(path))
    assert 1 == counts.done["domains"]


def test_the_row_is_that_of_the_whole_crawl(url: str, tmp_path: Path):
    """Its name and start are those of the crawl, and it has no end before all machines have ended."""
    path = gather(url, tmp_path)
    row = opened.read(path).crawl()

    assert row is not None
    assert path.name == f"ips-{row['run']}.db"
    assert (4, None) == (row["starts"], row["end_reason"])


def test_pending_requests_are_included(url: str, tmp_path: Path):
    """A crawl that goes on can be looked at."""
    session = Session(url, "machine")
    session.join("plan")
    batch = Batch()
    with closing(Store(tmp_path / "more.db")) as store:
        frontier = PostgresFrontier(store, {"dns": 5})
        frontier.add(urls.host("mx.b.example"))
    batch.requests = frontier.batch.requests
    batch.record = json.dumps({"crawl": ROW})
    session.exchange(batch, ())
    session.close()

    assert opened.read(gather(url, tmp_path)).is_pending(urls.host("mx.b.example"))


def test_a_crawl_without_machines_is_reported(postgres: Postgres, tmp_path: Path):
    """There is nothing to gather."""
    url = postgres.url()
    session = Session(url, "machine")
    session.join("plan")
    session.close()

    with pytest.raises(StoreError) as error:
        gather(url, tmp_path)

    assert "STORE_EMPTY" == error.value.code
