"""
Exports the tables of ips.db as typed Parquet, one file each: OUTPUT_DIR/parquet/<run>/<table>.parquet.

All tables that the database has are exported, except for the frontier's own, and `readiness`, which follows from them.
Rows are streamed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

import ipv6matrix
from ipv6matrix.exceptions import ExportError
from ipv6matrix.exporters import columns, readiness, row_groups
from ipv6matrix.exporters.outputs import run_of, whole
from ipv6matrix.exporters.registry import Target
from ipv6matrix.store.database import Store

READINESS: Final = "readiness"
_TYPES: Final = {"date": pa.date32()} | dict.fromkeys(("bracket", "certain", "possible"), pa.int32())
# The frontier of a crawl, not its facts.
FRONTIER: Final = frozenset(("requests", "frontier"))
# Rows held as Python objects at a time, and bytes of Arrow per row group.
_ROWS: Final = 10_000
GROUP_BYTES: Final = 16 * 2**20


def export(store: Store, target: Target) -> str:
    """Write every table of facts; raises ExportError."""
    folder = target.output_dir / "parquet" / run_of(store)
    names = tables(store)
    rows = sum(write(store, name, folder / f"{name}.parquet") for name in names)
    rows += _write_readiness(store, folder / f"{READINESS}.parquet")
    return f"{folder} ({len(names) + 1} tables, {rows:,} rows)"


def tables(store: Store) -> list[str]:
    """Return the names of the tables to export."""
    rows = store.query(
        "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"
    )
    return [name for (name,) in rows if name not in FRONTIER]


def schema(store: Store, table: str) -> pa.Schema:
    """Return the schema of a table, with the run in its metadata."""
    fields = [
        pa.field(name, columns.arrow_type(table, name, declared), nullable=not (not_null or key))
        for _, name, declared, not_null, _, key in store.query(f"PRAGMA table_info({table})")
    ]
    return _about(store, table, fields)


def _about(store: Store, table: str, fields: list[pa.Field]) -> pa.Schema:
    about = {"table": table, "run": run_of(store), "software": f"ipv6matrix {ipv6matrix.__version__}"}
    return pa.schema(fields, {f"ipv6matrix.{key}": value for key, value in about.items()})


def _write_readiness(store: Store, path: Path) -> int:
    """Write the readiness of each domain and return the number of domains."""
    fields = [pa.field(name, _TYPES.get(name, pa.string()), nullable=False) for name in readiness.COLUMNS]
    of_table = _about(store, READINESS, fields)
    rows = map(attrgetter(*readiness.COLUMNS), readiness.rows(store))
    batches = (
        pa.record_batch(
            [pa.array(values, kind) for values, kind in zip(zip(*chunk, strict=True), of_table.types, strict=True)],
            schema=of_table,
        )
        for chunk in iter(lambda: list(islice(rows, _ROWS)), [])
    )
    with whole(path) as temporary:
        return sum(row_groups.write(temporary, of_table, batches, GROUP_BYTES))


def write(store: Store, table: str, path: Path, chosen: Sequence[str] = ()) -> int:
    """Write one table and return its number of rows; `chosen` is SQL for each column, by default its name."""
    of_table = schema(store, table)
    batches = _batches(store, table, of_table, chosen or of_table.names)
    with whole(path) as temporary:
        return sum(row_groups.write(temporary, of_table, batches, GROUP_BYTES))


def _batches(store: Store, table: str, of_table: pa.Schema, chosen: Sequence[str]) -> Iterator[pa.RecordBatch]:
    rows = store.stream(f"SELECT {', '.join(chosen)} FROM main.{table}")
    while chunk := list(islice(rows, _ROWS)):
        arrays = [_array(store, table, *column) for column in zip(of_table, zip(*chunk, strict=True), strict=True)]
        yield pa.record_batch(arrays, schema=of_table)


def _array(store: Store, table: str, field: pa.Field, values: tuple[Any, ...]) -> pa.Array:
    try:
        return columns.array(values, field.type)
    except (ValueError, TypeError, OverflowError) as error:
        raise ExportError(
            f"{str(store.path)!r} has a value in {table}.{field.name} that is not {field.type} ({error}):"
            " use an undamaged copy",
            code="CRAWL_INVALID",
        ) from error
