"""
Rows as Parquet, in parts that can be sent as they come.

Sources: the Parquet format, https://parquet.apache.org/.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import Any, Final

import pyarrow as pa
from pyarrow.parquet import ParquetWriter
from sqlalchemy import Date, Double, Integer, Table

# Rows that lie together; readers skip what they do not need of them.
_GROUP: Final = 50_000

Rows = list[tuple[Any, ...]]


def write(table: Table, pages: Iterable[Rows]) -> Iterator[bytes]:
    """Write all rows; memory holds one group of them."""
    schema, sink = _schema(table), _Sink()
    with ParquetWriter(sink, schema, compression="zstd") as writer:
        for rows in _groups(pages):
            columns = zip(schema, zip(*rows, strict=True), strict=True)
            writer.write_table(pa.table([pa.array(values, field.type) for field, values in columns], schema=schema))
            yield sink.taken()
    yield sink.taken()


def _groups(pages: Iterable[Rows]) -> Iterator[Rows]:
    held: Rows = []
    for rows in pages:
        held += rows
        if len(held) >= _GROUP:
            yield held
            held = []
    if held:
        yield held


def _schema(table: Table) -> pa.Schema:
    kinds = ((Date, pa.date32()), (Double, pa.float64()), (Integer, pa.int64()))
    return pa.schema(
        [
            pa.field(
                column.name,
                next((arrow for kind, arrow in kinds if isinstance(column.type, kind)), pa.string()),
                nullable=False,
            )
            for column in table.columns
        ]
    )


class _Sink(io.RawIOBase):
    """A file that can only be written, and is emptied from time to time."""

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

    def taken(self) -> bytes:
        taken, self._parts = b"".join(self._parts), []
        return taken
