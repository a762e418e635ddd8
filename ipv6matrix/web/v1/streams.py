"""
Batches of rows as CSV and Parquet, as a stream of parts: memory holds one of them.

Sources: RFC 4180 (CSV); the Parquet format, https://parquet.apache.org/.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import pyarrow as pa
from sqlalchemy import Column, Date, Double, Integer

from ipv6matrix.exporters import row_groups
from ipv6matrix.web.formats import csv_lines

# Of a row group: what a download holds in memory.
_GROUP_BYTES: Final = 4 * 2**20


def csv(columns: Sequence[Column[Any]], batches: Iterable[pa.RecordBatch]) -> Iterator[bytes]:
    """Yield a line of names, then the rows."""
    yield csv_lines([[column.name for column in columns]]).encode()
    for batch in batches:
        yield csv_lines(zip(*(column.to_pylist() for column in batch.columns), strict=True)).encode()


def parquet(columns: Sequence[Column[Any]], batches: Iterable[pa.RecordBatch]) -> Iterator[bytes]:
    """Yield the row groups, then the footer."""
    sink = _Sink()
    for _ in row_groups.write(sink, _schema(columns), batches, _GROUP_BYTES):
        yield sink.take()
    yield sink.take()


def _schema(columns: Sequence[Column[Any]]) -> pa.Schema:
    kinds = ((Date, pa.date32()), (Double, pa.float64()), (Integer, pa.int64()))
    return pa.schema(
        [
            pa.field(
                column.name,
                next((arrow for kind, arrow in kinds if isinstance(column.type, kind)), pa.string()),
                nullable=False,
            )
            for column in columns
        ]
    )


class _Sink(io.RawIOBase):
    """A write-only file whose content is taken from time to time."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._written = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._written

    def write(self, data: Any) -> int:
        part = bytes(data)
        self._parts.append(part)
        self._written += len(part)
        return len(part)

    def take(self) -> bytes:
        content, self._parts = b"".join(self._parts), []
        return content
