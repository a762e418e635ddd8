"""
Writes batches of rows as Parquet (https://github.com/apache/parquet-format): memory holds one row group.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa
from pyarrow.parquet import ParquetWriter


def write(sink: Any, schema: pa.Schema, batches: Iterable[pa.RecordBatch], group_bytes: int) -> Iterator[int]:
    """
    Write row groups of a number of bytes to a path or a file, and yield the number of rows of each.

    The file is complete when the iterator ends.
    """
    with ParquetWriter(sink, schema, compression="zstd") as writer:
        for group in _groups(batches, group_bytes):
            writer.write_table(group.cast(schema), row_group_size=group.num_rows)
            yield group.num_rows


def _groups(batches: Iterable[pa.RecordBatch], group_bytes: int) -> Iterator[pa.Table]:
    collected: list[pa.RecordBatch] = []
    for batch in batches:
        collected.append(batch)
        if sum(batch.nbytes for batch in collected) >= group_bytes:
            yield pa.Table.from_batches(collected)
            collected.clear()
    if collected:
        yield pa.Table.from_batches(collected)
