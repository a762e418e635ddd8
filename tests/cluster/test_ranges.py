"""A shared crawl as one Parquet data set."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from ipv6matrix.cluster import owner
from ipv6matrix.cluster.gather import gather
from ipv6matrix.cluster.ranges import gather_parquet
from ipv6matrix.cluster.session import Session
from ipv6matrix.exceptions import StoreError
from ipv6matrix.exporters import parquet
from ipv6matrix.exporters.registry import Target
from ipv6matrix.frontier.postgres import PostgresFrontier
from ipv6matrix.items import Answered, NameServerAnswer, NameServerItem, NameServerObservation
from ipv6matrix.measurements import REGISTRY
from ipv6matrix.store.database import Store
from ipv6matrix.store.numbers import NAMED
from simnet.internet import Internet
from tests import crawls, typed, urls
from tests.cluster.test_gather import ROW
from tests.docs.texts import fenced, read
from tests.exporters.test_parquet import duckdb
from tests.postgres import Postgres
from tests.samples import domain_item, host, hosts_item, ping_item
from tests.store import everything
from tools import killing

pytestmark = [pytest.mark.crawl, pytest.mark.database]

# Their ranges differ: names of several domains, addresses of several networks, and a zone of another domain's host.
RETRY = ping_item("2001:db8:7::1", 2.0)
RETRY.url, RETRY.second = urls.again(RETRY.url), True
MORE: tuple[Answered, ...] = (
    domain_item("b.example"),
    hosts_item(host("www.b.example", "198.51.100.1", "2001:db8:7::1"), host("www.b.example")),
    hosts_item(host("mx.c.example", "198.51.100.1")),
    ping_item("198.51.100.1", 1.0),
    ping_item("2001:db8:7::1"),
    RETRY,
    NameServerItem(
        url="dns://198.51.100.1/b.example?type=NS",
        zones=(
            NameServerObservation(
                zone="b.example",
                address="198.51.100.1",
                tcp=False,
                answer=NameServerAnswer.AUTHORITATIVE,
                serial=1,
                rtt_ms=2.0,
                asked_at=5.0,
            ),
        ),
    ),
)


def stored(url: str, folder: Path, items: tuple[Answered, ...]) -> None:
    """Store the answers of a whole crawl."""
    session = Session(url, "machine")
    session.join("plan")
    store = Store(folder / "copy.db")
    frontier = PostgresFrontier(store, dict.fromkeys(REGISTRY.slots, 5))
    frontier.own(range(owner.BUCKETS), ())
    for item in items:
        frontier.add(item.url)
        frontier.complete(item)
    batch = frontier.take_batch()
    batch.record = json.dumps({"crawl": ROW})
    batch.listed = batch.settled = set(range(owner.BUCKETS))
    session.exchange(batch, ())
    session.exchange(batch, ())
    session._connection.execute("UPDATE run SET ended_at = started_at + 60")
    session.close()
    store.close()


@pytest.fixture(scope="module")
def url(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A finished crawl, which is only read."""
    url = postgres.url()
    stored(url, tmp_path_factory.mktemp("stored"), (*everything.EVERYTHING, *MORE))
    return url


@pytest.fixture(scope="module")
def data_set(url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its data set."""
    return gathered(url, tmp_path_factory.mktemp("set"))


def gathered(url: str, folder: Path) -> Path:
    """Write a data set with two processes, and return its folder."""
    *_, place = gather_parquet(url, folder, 2)
    return Path(place)


def exported(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of each table of a folder, with names in place of row numbers."""
    tables = {
        entry.stem if entry.is_file() else entry.name: pq.read_table(entry).to_pylist()
        for entry in path.iterdir()
        if entry.name[0] != "."
    }
    names = {table: {row["id"]: row[name] for row in tables[table]} for table, (name, _) in NAMED.items()}
    for table, rows in tables.items():
        for row in rows:
            for column in row.keys() & COLUMNS.keys():
                row[column] = names[COLUMNS[column]].get(row[column], row[column])
            if "owner_id" in row:
                (target,) = [owner_table for owner_table, (_, kind) in NAMED.items() if kind == row["owner"]]
                row["owner_id"] = names[target][row["owner_id"]]
            if table in NAMED:
                del row["id"]
            # Of several lookups that found an address, which came first depends on their order.
            row.pop("found_at", None)
    return tables


COLUMNS = {"domain_id": "domains", "host_id": "hosts", "address_id": "addresses", "router_id": "addresses"}


def counted(rows: list[dict[str, Any]]) -> Counter[str]:
    return Counter(map(repr, rows))


def complaints(url: str, place: Path, folder: Path) -> list[str]:
    """Return the tables that differ between a data set and an export of the database of the same crawl."""
    store = Store.read(gather(url, folder))
    parquet.export(store, Target(output_dir=folder, summary_url=""))
    store.close()
    (export,) = (folder / "parquet").iterdir()
    expected, actual = exported(export), exported(place)
    del expected[parquet.READINESS]
    assert expected.keys() == actual.keys()
    assert all(expected[table] for table in ("hosts", "hops", "name_servers"))
    return [
        f"{table}: lost {counted(expected[table]) - counts}, gained {counts - counted(expected[table])}"
        for table in expected
        if (counts := counted(actual[table])) != counted(expected[table])
    ]


def test_facts_are_those_of_an_export_of_one_database(url: str, data_set: Path, tmp_path: Path):
    """Whatever range a row was in, it is there once, and refers to the same rows."""
    assert [] == complaints(url, data_set, tmp_path)


def test_facts_of_a_real_crawl_are_those_of_an_export(internet: Internet, postgres: Postgres, tmp_path: Path):
    """Also of measurements whose facts several ranges have in common."""
    names = tmp_path / "domains.txt"
    names.write_text("".join(f"{name}\n" for name in list(internet.scenario.domains)[::12]))
    settings = internet.settings() | killing.SETTINGS | crawls.folders(tmp_path)
    shared = {"STORE_URL": (url := postgres.url()), "METRICS": "default,https,web,pmtu"}
    process = crawls.crawl(names, settings | shared)
    assert 0 == process.returncode, process.stderr[-3000:]

    assert [] == complaints(url, gathered(url, tmp_path / "set"), tmp_path)


def test_queries_of_the_documents_run_on_the_data_set(data_set: Path, monkeypatch: pytest.MonkeyPatch):
    """A folder of files takes the place of a file."""
    monkeypatch.chdir(data_set)
    queries = fenced(read("docs/outputs.md"), "duckdb")

    assert queries
    for query in queries:
        assert duckdb(query.replace(".parquet'", "/*.parquet'"))


def test_an_interrupted_run_goes_on(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Ranges that are complete are not written again, and a complete data set not at all."""
    steps = gather_parquet(url, tmp_path / "set", 1)
    assert next(steps).startswith("range 0000")
    steps.close()
    (place,) = (tmp_path / "set").iterdir()
    marks = sorted(place.glob(".ranges/*"))
    times = {
        file: file.stat().st_mtime_ns
        for file in place.glob("pings/*.parquet")
        if (place / ".ranges" / file.stem).exists()
    }
    rest = list(gather_parquet(url, tmp_path / "set", 2))

    assert 0 < len(marks) <= 16
    assert 16 - len(marks) == sum(step.startswith("range") for step in rest)
    assert times == {file: file.stat().st_mtime_ns for file in times}
    assert [str(place)] == list(gather_parquet(url, tmp_path / "set", 2))


def test_a_crawl_that_goes_on_is_reported(postgres: Postgres, tmp_path: Path):
    """Its ranges would be out of date."""
    session = Session(url := postgres.url(), "machine")
    session.join("plan")
    session.close()
    stored(url, tmp_path, MORE)
    postgres.execute(url.rpartition("/")[2], "UPDATE run SET ended_at = NULL")

    with pytest.raises(StoreError) as error:
        list(gather_parquet(url, tmp_path, 1))

    assert "STORE_UNFINISHED" == error.value.code


def test_the_command_prints_the_place(url: str, tmp_path: Path):
    """Each range has a line, and the last line is the folder."""
    process = typed.run("gather", url, "--parquet", tmp_path / "set", "--jobs", "2")

    assert 0 == process.returncode, process.stderr
    assert (tmp_path / "set").joinpath(process.stdout.splitlines()[-1]).is_dir()
    assert 2 == typed.run("gather", url, "--parquet", tmp_path, "--jobs", "0").returncode
