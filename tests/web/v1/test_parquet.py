"""Rows as Parquet."""

from __future__ import annotations

import datetime as dt
import io

import pyarrow as pa
from pyarrow import parquet

from ipv6matrix.summaries.tables import REACHABILITY
from ipv6matrix.web.v1 import parquet as module
from ipv6matrix.web.v1.parquet import write

DATE = dt.date(2022, 7, 20)


def rows(numbers):
    return [(DATE, "DE", "de", f"S{number}", number, 0, 0, 0, 2**31) for number in numbers]


def test_parts_make_up_one_file(monkeypatch):
    """
    A row group is sent as soon as it is full, and what remains at the end.
    """
    monkeypatch.setattr(module, "_GROUP", 4)
    parts = list(write(REACHABILITY, [rows(range(3)), rows(range(3, 6)), rows(range(6, 7))]))
    file = parquet.ParquetFile(io.BytesIO(b"".join(parts)))

    assert [6, 1] == [file.metadata.row_group(number).num_rows for number in range(file.num_row_groups)]
    assert list(range(7)) == file.read().column("hosts4").to_pylist()
    assert 3 == len([part for part in parts if part])


def test_columns_have_types():
    """
    A table without rows is a file, too.
    """
    schema = parquet.read_schema(io.BytesIO(b"".join(write(REACHABILITY, []))))

    assert [pa.date32(), pa.string(), pa.int64()] == [schema.field(name).type for name in ("date", "tld", "unknown")]
