"""
Totals a column at a time: the values of one column, of all rows of a date, as one value of the database.

A question that reads ten thousand rows reads a hundred values instead, which
matters most where a driver takes its time for each. Rows stand together in
parts: all of a level that one word tells apart, else those of one TLD, country
and so on. Parts of few rows are left out; they are read as rows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, combinations
from operator import itemgetter
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa
from sqlalchemy import Column, Connection, Table, select

from ipv6matrix.summaries import totals
from ipv6matrix.summaries.prepared.tables import COLUMNS

# Parts with fewer rows are no quicker to read in columns.
LEAST: Final = 50
# Rows of this table in one statement.
_BATCH: Final = 500
_CODEC: Final = "lz4_raw"
_LENGTH: Final = 4

Row = Sequence[Any]


def parts(table: Table, words: Iterable[str]) -> tuple[str, ...]:
    """Name the key columns by whose words the rows of a level are parted; none where they stand all in one."""
    there = [name for name in totals.keys(table) if name in set(words)]
    # The whole table is never asked for all TLDs of all countries; by kind its parts would be as large.
    return tuple(there if len(there) < len(totals.keys(table)) else there[:2]) if len(there) > 1 else ()


def name_of(column: str, word: str) -> str:
    """Name the part of a word."""
    return f"{column}={word}"


def is_figure(column: Column[Any]) -> bool:
    return not column.primary_key


def kind(column: Column[Any]) -> pa.DataType:
    """Give the type of a column's values."""
    if not is_figure(column):
        return pa.string()
    return pa.float64() if isinstance(column.type, sa.Double) else pa.int64()


def write(connection: Connection, date: dt.date) -> None:
    """Write the columns of a date anew, from its totals."""
    remove(connection, date)
    batch: list[dict[str, Any]] = []
    for row in _made(connection, date):
        batch.append(row)
        if len(batch) == _BATCH:
            connection.execute(sa.insert(COLUMNS), batch)
            batch.clear()
    if batch:
        connection.execute(sa.insert(COLUMNS), batch)


def remove(connection: Connection, date: dt.date) -> None:
    """Delete the columns of a date."""
    connection.execute(sa.delete(COLUMNS).where(COLUMNS.c.date == date))


def differences(connection: Connection) -> Iterator[set[dt.date]]:
    """Give, table by table, the dates that have rows and no columns, or columns and no rows."""
    for table in totals.TOTALS:
        word = totals.keys(table)[0]
        there = COLUMNS.c
        where = [there.summary == table.name, there.level == word, there.part == "", there.name == word]
        yield set(connection.scalars(select(there.date).where(*where))) ^ set(totals.dates(connection, table))


def _made(connection: Connection, date: dt.date) -> Iterator[dict[str, Any]]:
    for table in totals.TOTALS:
        keys = totals.keys(table)
        for words in (found for size in range(1, len(keys) + 1) for found in combinations(keys, size)):
            names = [*words, *(column.name for column in table.c if is_figure(column))]
            level = totals.level(table, words)
            rows = _rows(connection, table, words, names, date)
            for part, chosen in _parted(rows, parts(table, words), words):
                for name, values in zip(names, zip(*chosen, strict=True), strict=True):
                    if part != name_of(name, values[0]):
                        packed = pack(values, kind(table.c[name]))
                        key = {"summary": table.name, "level": level, "part": part, "name": name, "date": date}
                        yield {**key, "length": len(values), "data": packed}


def _rows(connection: Connection, table: Table, words: Sequence[str], names: Sequence[str], date: dt.date) -> list[Row]:
    """Read a level, in the order of its words."""
    is_whole = len(words) == len(totals.keys(table))
    source = table if is_whole else totals.TOTALS[table]
    query = select(*(source.c[name] for name in names)).where(source.c.date == date)
    if not is_whole:
        query = query.where(source.c.level == totals.level(table, words))
    return sorted(map(tuple, connection.execute(query)), key=itemgetter(slice(len(words))))


def _parted(rows: list[Row], columns: Sequence[str], words: Sequence[str]) -> Iterator[tuple[str, list[Row]]]:
    """Give each part with its rows."""
    if len(words) == 1 and rows:
        yield "", rows
    for column in columns:
        place = words.index(column)
        found: dict[str, list[Row]] = {}
        for row in rows:
            found.setdefault(row[place], []).append(row)
        yield from ((name_of(column, word), those) for word, those in found.items() if len(those) >= LEAST)


def pack(values: Sequence[Any], of: pa.DataType) -> bytes:
    """Make one value of many."""
    _, first, *text = pa.array(values, of).buffers()
    plain = b"".join([first.to_pybytes()[: _first(len(values), of)], *(part.to_pybytes() for part in text)])
    block: bytes = pa.compress(plain, codec=_CODEC, asbytes=True)
    return len(plain).to_bytes(_LENGTH, "little") + block


def unpack(packed: Iterable[tuple[int, bytes]], of: pa.DataType) -> pa.Array:
    """Make one column of several values and their lengths."""
    counted = [(length, _plain(data)) for length, data in packed]
    if pa.types.is_string(of):
        return pa.concat_arrays([pa.array([], of), *(_text(*one) for one in counted)])
    total = sum(length for length, _ in counted)
    return pa.Array.from_buffers(of, total, [None, pa.py_buffer(b"".join(plain for _, plain in counted))])


def repeated(values: Sequence[Any], times: Sequence[int], of: pa.DataType) -> pa.Array:
    """Make a column that has each value as often as is told."""
    runs = [(value, count) for value, count in zip(values, times, strict=True) if count]
    ends = pa.array(accumulate(count for _, count in runs), pa.int32())
    encoded = pa.RunEndEncodedArray.from_arrays(ends, pa.array([value for value, _ in runs], of))
    return pc.run_end_decode(encoded)


def _text(length: int, plain: bytes) -> pa.Array:
    buffer, begin = pa.py_buffer(plain), _first(length, pa.string())
    return pa.Array.from_buffers(pa.string(), length, [None, buffer.slice(0, begin), buffer.slice(begin)])


def _first(length: int, of: pa.DataType) -> int:
    """Count the octets of the first buffer that so many values have in memory."""
    return 4 * (length + 1) if pa.types.is_string(of) else 8 * length


def _plain(data: bytes) -> bytes:
    size = int.from_bytes(data[:_LENGTH], "little")
    return bytes(pa.decompress(data[_LENGTH:], decompressed_size=size, codec=_CODEC, asbytes=True))


Found = Mapping[tuple[str, dt.date], Mapping[str, tuple[int, bytes]]]


def find(
    connection: Connection,
    table: Table,
    level: str,
    parts: Sequence[str],
    names: Sequence[str],
    dates: Sequence[dt.date],
) -> Found:
    """Read columns of parts: by part and date, then by name, with the count of their values."""
    there = COLUMNS.c
    where = [there.summary == table.name, there.level == level, there.part.in_(parts), there.name.in_(names)]
    query = select(there.part, there.date, there.name, there.length, there.data).where(
        *where, there.date >= dates[0], there.date <= dates[-1]
    )
    found: dict[tuple[str, dt.date], dict[str, tuple[int, bytes]]] = {}
    for part, date, name, length, data in connection.execute(query):
        found.setdefault((part, date), {})[name] = (length, bytes(data))
    return found
