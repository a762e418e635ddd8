"""Batches of rows as CSV and Parquet."""

from __future__ import annotations

import io

import pyarrow as pa
from pyarrow import parquet
from sqlalchemy import Column, Date, Double, Integer, String

from ipv6matrix.web.v1 import streams

COLUMNS = [Column("date", Date()), Column("tld", String()), Column("hosts", Integer()), Column("ping4", Double())]
ROWS = [{"date": None, "tld": f"t{number}", "hosts": number, "ping4": number / 2} for number in range(7)]


def batches(size):
    return (pa.RecordBatch.from_pylist(ROWS[begin : begin + size]) for begin in range(0, len(ROWS), size))


def test_parquet_is_written_in_parts(monkeypatch):
    """Each batch is a row group, with the types of the table."""
    monkeypatch.setattr(streams, "_GROUP_BYTES", 60)
    columns, rows = COLUMNS[1:], [{name: row[name] for name in ("tld", "hosts", "ping4")} for row in ROWS]
    parts = list(streams.parquet(columns, (batch.select(["tld", "hosts", "ping4"]) for batch in batches(2))))
    file = parquet.ParquetFile(io.BytesIO(b"".join(parts)))

    assert 2 == file.metadata.num_row_groups
    assert ["string", "int64", "double"] == [str(field.type) for field in file.schema_arrow]
    assert rows == file.read().to_pylist()


def test_no_rows_are_a_table_all_the_same():
    """A table without rows has its columns."""
    assert [b"date,tld,hosts,ping4\n"] == list(streams.csv(COLUMNS, []))
    assert [] == parquet.read_table(io.BytesIO(b"".join(streams.parquet(COLUMNS, [])))).to_pylist()
