"""
Exports a crawl as typed Parquet in parts, each from a database with the answers of a part of the requests.

The data set has a folder for each table, `<table>/<part>.parquet`, which DuckDB and Spark read as one
table. Row numbers follow from names (`store.numbers`), so that rows of different parts can be joined.

A host or an address can be in several parts: where it was found, and where it was looked up or
probed. Rows of the tables in `_MERGED` wait in a folder of their own until all parts are there.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

import duckdb
import pyarrow.parquet as pq

from ipv6matrix.exporters import parquet, row_groups
from ipv6matrix.exporters.outputs import whole
from ipv6matrix.store import numbers
from ipv6matrix.store.database import Store

_WAITING: Final = ".parts"
_ROWS: Final = 100_000
_OF_CRAWL: Final = "crawl"
# Which of several rows counts: the one that was looked up, or found, and not only mentioned, and the first of these.
_MERGED: Final = {
    "domains": "SELECT * FROM {rows}"
    " QUALIFY row_number() OVER (PARTITION BY id ORDER BY epoch(asked_at) = 0, asked_at) = 1",
    "hosts": "SELECT * REPLACE (bool_or(wildcard) OVER of_host AS wildcard,"
    " coalesce(refusal, max(refusal) OVER of_host) AS refusal) FROM {rows} WINDOW of_host AS (PARTITION BY id)"
    " QUALIFY row_number() OVER (PARTITION BY id ORDER BY asked_at NULLS LAST) = 1",
    "addresses": "SELECT * REPLACE (coalesce(refusal, max(refusal) OVER of_address) AS refusal) FROM {rows}"
    " WINDOW of_address AS (PARTITION BY id)"
    " QUALIFY row_number() OVER (PARTITION BY id ORDER BY found_at NULLS LAST) = 1",
    "page_hosts": "SELECT DISTINCT * FROM {rows}",
}


def write(store: Store, folder: Path, part: str) -> int:
    """Write the tables of one part, and return the number of rows; raises ExportError."""
    return sum(
        parquet.write(store, name, _folder(folder, name) / f"{part}.parquet", numbers.columns(store, name))
        for name in parquet.tables(store)
        if name != _OF_CRAWL
    )


def merge(store: Store, folder: Path) -> int:
    """Write the tables whose rows are in several parts, and the row of the crawl; return the number of rows."""
    rows = sum(_merge(folder, table, sql) for table, sql in _MERGED.items())
    rows += parquet.write(store, _OF_CRAWL, folder / _OF_CRAWL / "all.parquet")
    shutil.rmtree(folder / _WAITING)
    return rows


def is_complete(folder: Path) -> bool:
    """Return whether all parts have been written and merged."""
    return (folder / _OF_CRAWL / "all.parquet").exists() and not (folder / _WAITING).exists()


def _folder(folder: Path, table: str) -> Path:
    return folder / _WAITING / table if table in _MERGED else folder / table


def _merge(folder: Path, table: str, sql: str) -> int:
    waiting = folder / _WAITING / table
    files = sorted(waiting.glob("*.parquet"))
    merged = waiting / "merged"
    with duckdb.connect(config={"temp_directory": str(waiting / "spilled")}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        query = sql.format(rows="read_parquet($files)")
        names = {"files": [str(file) for file in files], "merged": str(merged)}
        connection.execute(f"COPY ({query}) TO $merged (FORMAT parquet)", names)
    # Written again with the types and the metadata of an export.
    with pq.ParquetFile(merged) as rows, whole(folder / table / "all.parquet") as temporary:
        batches = rows.iter_batches(_ROWS)
        return sum(row_groups.write(temporary, pq.read_schema(files[0]), batches, parquet.GROUP_BYTES))
