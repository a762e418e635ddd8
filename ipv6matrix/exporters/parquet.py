"""
Exports the tables of ips.db as Parquet, typed, one file each: OUTPUT_DIR/parquet/<run>/<table>.parquet.

The tables are those that the database has, so that none is forgotten; only what
is still to be asked, the frontier's own, stays behind. Rows are streamed.

Sources: the Parquet format, https://github.com/apache/parquet-format.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
from pyarrow import parquet

import ipv6matrix
from ipv6matrix.exceptions import ExportError
from ipv6matrix.exporters import columns
from ipv6matrix.exporters.outputs import run_of, whole
from ipv6matrix.exporters.registry import Target
from ipv6matrix.store.database import Store

# The work list of a crawl, not what it found.
FRONTIER: Final = frozenset(("requests", "frontier"))
# Rows that are Python objects at one time, and bytes of Arrow that make a row group.
_ROWS: Final = 10_000
_GROUP_BYTES: Final = 16 * 2**20


def export(store: Store, target: Target) -> str:
    """Write every table of facts; raises ExportError."""
    folder = target.output_dir / "parquet" / run_of(store)
    names = tables(store)
    rows = sum(_write(store, name, folder / f"{name}.parquet") for name in names)
    return f"{folder} ({len(names)} tables, {rows:,} rows)"


def tables(store: Store) -> list[str]:
    """Return the names of the tables that are exported."""
    found = store.query(
        "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"
    )
    return [name for (name,) in found if name not in FRONTIER]


def schema(store: Store, table: str) -> pa.Schema:
    """Return names and types of a table's columns, and which run they are of."""
    fields = [
        pa.field(name, columns.arrow_type(table, name, declared), nullable=not (not_null or key))
        for _, name, declared, not_null, _, key in store.query(f"PRAGMA table_info({table})")
    ]
    about = {"table": table, "run": run_of(store), "software": f"ipv6matrix {ipv6matrix.__version__}"}
    return pa.schema(fields, {f"ipv6matrix.{key}": value for key, value in about.items()})


def _write(store: Store, table: str, path: Path) -> int:
    """Write one table and count its rows."""
    of_table = schema(store, table)
    rows = 0
    with whole(path) as beside, parquet.ParquetWriter(beside, of_table, compression="zstd") as writer:
        for group in _groups(_batches(store, table, of_table)):
            writer.write_table(group, row_group_size=group.num_rows)
            rows += group.num_rows
    return rows


def _groups(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    held: list[pa.RecordBatch] = []
    for batch in batches:
        held.append(batch)
        if sum(one.nbytes for one in held) >= _GROUP_BYTES:
            yield pa.Table.from_batches(held)
            held.clear()
    if held:
        yield pa.Table.from_batches(held)


def _batches(store: Store, table: str, of_table: pa.Schema) -> Iterator[pa.RecordBatch]:
    rows = store.stream(f"SELECT {', '.join(of_table.names)} FROM main.{table}")
    while some := list(islice(rows, _ROWS)):
        arrays = [_array(store, table, *column) for column in zip(of_table, zip(*some, strict=True), strict=True)]
        yield pa.record_batch(arrays, schema=of_table)


def _array(store: Store, table: str, field: pa.Field, values: tuple[Any, ...]) -> pa.Array:
    try:
        return columns.array(values, field.type)
    except (ValueError, TypeError, OverflowError) as error:
        raise ExportError(
            f"{str(store.path)!r} holds in {table}.{field.name} what is no {field.type} ({error}): take a sound copy"
        ) from error
