"""
Writes batches of rows as Parquet (https://github.com/apache/parquet-format): memory holds one row group.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import pyarrow as pa
from pyarrow.parquet import ParquetWriter

# Bytes of Arrow per row group; readers can skip a group that they do not need.
GROUP_BYTES: Final = 16 * 2**20


def write(
    sink: Any, schema: pa.Schema, batches: Iterable[pa.RecordBatch], group_bytes: int = GROUP_BYTES
) -> Iterator[int]:
    """Write to a path or a file, and yield the number of rows after each row group; the file ends with the iterator."""
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
