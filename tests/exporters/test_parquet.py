"""Parquet files, as DuckDB and pandas read them, compared with the tables."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
import subprocess
import sys

import pandas as pd
import pytest
from pyarrow import parquet as pq

import ipv6matrix
from ipv6matrix.exceptions import ExportError, ReadStoppedError
from ipv6matrix.exporters import parquet
from ipv6matrix.exporters.registry import Target
from ipv6matrix.store.queries.summary import summary
from tests import opened
from tests.exporters import made
from tests.finished import Finished
from tests.samples import domain_item, ping_item
from tools import made_up

LISTS = dict.fromkeys(("rtts_ms", "certificate_names", "alpn", "ipv4hint", "ipv6hint"), json.loads)
FLAGS = ("open", "wildcard")


def target(folder):
    return Target(output_dir=folder, summary_url="")


@pytest.fixture(scope="module")
def folder(finished: Finished, tmp_path_factory: pytest.TempPathFactory):
    """The files of the finished crawl."""
    place = tmp_path_factory.mktemp("parquet")
    message = parquet.export(finished.store, target(place))
    (made_folder,) = (place / "parquet").iterdir()
    assert message.startswith(f"{made_folder} (")
    return made_folder


def is_time(column):
    return column.endswith("_at") or column in ("certificate_not_before", "certificate_not_after")


def python(column, value):
    """Return the Python value that a value of SQLite stands for."""
    if value is None:
        return None
    if is_time(column):
        return dt.datetime.fromtimestamp(value, dt.UTC)
    if column in FLAGS:
        return bool(value)
    return LISTS[column](value) if column in LISTS else value


def test_every_table_of_facts_is_exported(finished: Finished, folder):
    """Each table has a file named after the run, except the table of requests; readiness has one, too."""
    expected = {name for (name,) in finished.store.query("SELECT name FROM sqlite_schema WHERE type = 'table'")}

    assert expected - {"requests", "frontier"} | {"readiness"} == {path.stem for path in folder.iterdir()}
    assert finished.store.crawl()["run"] == folder.name


def test_files_match_the_tables(finished: Finished, folder):
    """Row by row and column by column, pyarrow reads what SQLite has."""
    for path in folder.iterdir():
        if path.stem == "readiness":
            continue
        names = [column[1] for column in finished.store.query(f"PRAGMA table_info({path.stem})")]
        rows = finished.store.query(f"SELECT * FROM {path.stem}")
        expected = [{name: python(name, value) for name, value in zip(names, row, strict=True)} for row in rows]
        assert expected == pq.read_table(path).to_pylist(), path.stem


def duckdb(sql):
    """Query DuckDB in a separate process: when the library is unloaded it writes to stderr, after all tests."""
    code = "import duckdb, json, sys; print(json.dumps(duckdb.sql(sys.argv[1]).fetchall()))"
    asked = subprocess.run([sys.executable, "-c", code, sql], capture_output=True, text=True, check=True)
    return [tuple(row) for row in json.loads(asked.stdout)]


@pytest.mark.crawl
def test_duckdb_knows_the_types(folder):
    """Times, flags, lists and numbers have these types in DuckDB."""
    types = {
        f"{path.stem}.{name}": kind
        for path in folder.iterdir()
        for name, kind, *_ in duckdb(f"DESCRIBE SELECT * FROM '{path}'")
    }

    assert {
        "pings.rtts_ms": "DOUBLE[]",
        "smtp_sessions.certificate_names": "VARCHAR[]",
        "smtp_sessions.certificate_not_after": "TIMESTAMP WITH TIME ZONE",
        "pings.asked_at": "TIMESTAMP WITH TIME ZONE",
        "crawl.started_at": "TIMESTAMP WITH TIME ZONE",
        "ports.open": "BOOLEAN",
        "ports.port": "INTEGER",
        "ports.connect_ms": "DOUBLE",
        "hosts.wildcard": "BOOLEAN",
        "hosts.id": "BIGINT",
        "addresses.family": "TINYINT",
        "addresses.asn": "BIGINT",
        "addresses.latitude": "DOUBLE",
        "addresses.tunnel_id": "VARCHAR",
        "hops.ttl": "SMALLINT",
    }.items() <= types.items()
    assert {name for name, kind in types.items() if kind.startswith("TIMESTAMP")} == {
        name for name in types if is_time(name.partition(".")[2])
    }


@pytest.mark.crawl
def test_duckdb_reads_the_values(finished: Finished, folder):
    """Lists and times are unchanged: their sums in DuckDB equal those in SQLite."""
    sql = "SELECT sum(len(rtts_ms)), round(sum(list_sum(rtts_ms)), 3), sum(epoch(asked_at))::BIGINT FROM '{}'"
    (counted,) = duckdb(sql.format(folder / "pings.parquet"))

    assert finished.store.query(
        "SELECT sum(json_array_length(rtts_ms)), (SELECT round(sum(value), 3) FROM pings, json_each(rtts_ms)),"
        " sum(asked_at) FROM pings"
    ) == [counted]


@pytest.mark.crawl
def test_a_join_matches_the_summary(finished: Finished, folder):
    """Open ports by family, and addresses by family, are those of `scrapy summary`."""
    figures = summary(finished.store)
    ports = duckdb(
        f"SELECT port, family, sum(open::INT), count(*) FROM '{folder}/ports.parquet' AS ports"
        f" JOIN '{folder}/addresses.parquet' AS addresses ON addresses.id = address_id GROUP BY ALL"
    )
    addresses = duckdb(
        f"SELECT family, count(*) FROM '{folder}/addresses.parquet' WHERE found_at IS NOT NULL GROUP BY family"
    )

    assert figures.ports == {(port, family): (is_open, asked) for port, family, is_open, asked in ports}
    assert figures.addresses == dict(addresses)


def test_pandas_reads_the_files(finished: Finished, folder):
    """A frame has the same number of rows, times with a zone, and Boolean flags."""
    ports = pd.read_parquet(folder / "ports.parquet")

    assert finished.store.query("SELECT count(*), sum(open) FROM ports") == [(len(ports), ports["open"].sum())]
    assert "bool" == str(ports["open"].dtype)
    assert "UTC" == str(ports["asked_at"].dt.tz)
    assert finished.store.query("SELECT min(asked_at) FROM ports") == [(ports["asked_at"].min().timestamp(),)]


def test_a_file_has_metadata(finished: Finished, folder):
    """Table, run and software are in the schema, and columns that are never NULL are required."""
    schema = pq.read_schema(folder / "pings.parquet")

    assert {
        b"ipv6matrix.table": b"pings",
        b"ipv6matrix.run": finished.store.crawl()["run"].encode(),
        b"ipv6matrix.software": f"ipv6matrix {ipv6matrix.__version__}".encode(),
    }.items() <= schema.metadata.items()
    assert {"address_id": False, "failure": True} == {
        name: schema.field(name).nullable for name in ("address_id", "failure")
    }


def test_a_second_export_is_identical(finished: Finished, folder, tmp_path):
    """Exporting again over the first export changes no byte."""
    for _ in range(2):
        parquet.export(finished.store, target(tmp_path))

    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        path.name: path.read_bytes() for path in (tmp_path / "parquet" / folder.name).iterdir()
    }


def test_large_tables_have_several_row_groups(tmp_path, monkeypatch):
    """A group ends at a number of bytes, so memory does not grow with a table; no row is lost."""
    monkeypatch.setattr(parquet, "_ROWS", 10)
    monkeypatch.setattr(parquet, "GROUP_BYTES", 600)
    names = [f"d{number}.example" for number in range(95)]
    parquet.export(made.crawl(tmp_path / "ips.db", *map(domain_item, names)), target(tmp_path))

    file = pq.ParquetFile(tmp_path / "parquet" / made.RUN / "domains.parquet")
    groups = [file.metadata.row_group(number).num_rows for number in range(file.num_row_groups)]
    assert 3 < len(groups)
    assert 30 > max(groups)
    assert names == file.read().column("name").to_pylist()


def test_tables_of_future_versions_are_exported(tmp_path):
    """A table that this version does not know is not left out."""
    made.crawl(tmp_path / "ips.db").close()
    connection = sqlite3.connect(tmp_path / "ips.db")
    connection.execute("CREATE TABLE novelties (novelty INTEGER)")
    connection.execute("INSERT INTO novelties VALUES (7)")
    connection.commit()
    connection.close()

    parquet.export(opened.read(tmp_path / "ips.db"), target(tmp_path))

    assert [{"novelty": 7}] == pq.read_table(tmp_path / "parquet" / made.RUN / "novelties.parquet").to_pylist()


def test_a_value_of_another_type_is_reported(tmp_path):
    """A text in a column of numbers is an error that names file, table and column; no partial file stays."""
    made.crawl(tmp_path / "ips.db", ping_item("192.0.2.1", 1.0)).close()
    connection = sqlite3.connect(tmp_path / "ips.db")
    connection.execute("UPDATE pings SET sent = 'five'")
    connection.commit()
    connection.close()

    with pytest.raises(ExportError, match=r"ips.db'.*pings\.sent.*int32.*CRAWL_INVALID"):
        parquet.export(opened.read(tmp_path / "ips.db"), target(tmp_path))

    assert [] == [path.name for path in tmp_path.rglob("pings*")]
    assert [] == list(tmp_path.rglob("*.part"))


def test_an_impossible_folder_is_reported(tmp_path):
    """If OUTPUT_DIR is a file, the error names it and the fix."""
    (tmp_path / "out").write_text("a file")

    with pytest.raises(ExportError, match=r"/out/parquet/.*OUTPUT_NOT_WRITABLE"):
        parquet.export(made.crawl(tmp_path / "ips.db"), target(tmp_path / "out"))


def test_a_stopped_export_leaves_no_partial_files(tmp_path):
    """Complete tables stay, the unfinished one has no file."""
    made_up.make(tmp_path / "ips.db", 500)
    out = tmp_path / "out"
    store = opened.read(tmp_path / "ips.db", lambda: len(list(out.rglob("*.parquet"))) > 3)

    with pytest.raises(ReadStoppedError):
        parquet.export(store, target(out))

    assert 3 < len(list(out.rglob("*.parquet"))) < len(parquet.tables(opened.read(tmp_path / "ips.db")))
    assert [] == list(out.rglob("*.part"))
