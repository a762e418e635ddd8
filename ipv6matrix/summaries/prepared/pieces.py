"""
Long answers of the API of 2022, written with each crawl: what a date contributes, as text and compressed.

By TLD over all crawls there are a hundred thousand rows. Put together from one
piece a crawl they are sent as fast as they are read.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, Final

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy import Connection, Table, select

from ipv6matrix.summaries import totals
from ipv6matrix.summaries.prepared import columns, deflate, rows, texts
from ipv6matrix.summaries.prepared.deflate import Piece
from ipv6matrix.summaries.prepared.figures import Figures, Slice
from ipv6matrix.summaries.prepared.resources import FIGURES
from ipv6matrix.summaries.prepared.tables import COLUMNS, PIECES

# Of countries with fewer TLDs the rows are written when they are asked for.
LEAST: Final = 200
GROUP: Final = "tld"


def names(figures: Figures, group: str | None, first: str | None = None) -> list[str]:
    """Name what a row has, in its order."""
    return ["date", *([first] if first else []), *figures.fields, *([group] if group and group != first else [])]


@cache
def tag() -> str:
    """Give a word for the way in which rows are written; a version that writes another way finds nothing."""
    digest = hashlib.sha256()
    for figures in _resources().values():
        values = {name: pa.array([1], pa.int64()) for name in figures.fields}
        sample = pa.table({"date": pa.array([0], pa.int32()), **values, GROUP: pa.array(['a"&'])})
        for form in texts.FORMS:
            digest.update(b"".join(texts.pieces(form, sample, {0: "2022-07-20"}, names(figures, GROUP), GROUP)))
    return digest.hexdigest()[:12]


def write(connection: Connection, date: dt.date) -> None:
    """Write the pieces of a date anew, from its columns."""
    remove(connection, date)
    for resource, figures in _resources().items():
        for country in ("", *_countries(connection, figures.table, date)):
            if made := list(_made(connection, resource, country, date)):
                connection.execute(sa.insert(PIECES), made)


def remove(connection: Connection, date: dt.date) -> None:
    """Delete the pieces of a date."""
    connection.execute(sa.delete(PIECES).where(PIECES.c.date == date))


def differences(connection: Connection) -> Iterator[set[dt.date]]:
    """Give, resource by resource, the dates that have rows and no pieces, or pieces and no rows."""
    there = PIECES.c
    for resource, figures in _resources().items():
        where = [there.tag == tag(), there.resource == resource, there.country == "", there.form == "json"]
        yield set(connection.scalars(select(there.date).where(*where))) ^ set(totals.dates(connection, figures.table))


def find(
    connection: Connection, resource: str, country: str, form: str, dates: Sequence[dt.date]
) -> list[Piece] | None:
    """Give the pieces of an answer, the earliest first; None where not every date has one."""
    there = PIECES.c
    where = [there.tag == tag(), there.resource == resource, there.country == country, there.form == form]
    query = select(there.date, there.data, there.crc, there.length).where(*where)
    found = {date: Piece(bytes(data), crc, length) for date, data, crc, length in connection.execute(query)}
    return [found[date] for date in dates] if dates and all(date in found for date in dates) else None


def _resources() -> dict[str, Figures]:
    return {name: figures for name, figures in FIGURES.items() if GROUP in figures.groups}


def _countries(connection: Connection, table: Table, date: dt.date) -> list[str]:
    there = COLUMNS.c
    level = totals.level(table, ("country", GROUP))
    where = [there.summary == table.name, there.level == level, there.name == GROUP, there.date == date]
    query = select(there.part).where(*where, there.length >= LEAST)
    begin = columns.name_of("country", "")
    return [part.removeprefix(begin) for part in connection.scalars(query) if part.startswith(begin)]


def _made(connection: Connection, resource: str, country: str, date: dt.date) -> Iterator[dict[str, Any]]:
    figures = FIGURES[resource]
    asked = Slice(group=GROUP, only={"country": (country,)} if country else {})
    found = rows.rows(connection, figures, asked, [date])
    if not found:
        return
    key = {"tag": tag(), "resource": resource, "country": country, "date": date}
    for form in texts.FORMS:
        (text,) = texts.pieces(form, found, {0: date.isoformat()}, names(figures, GROUP), GROUP)
        piece = deflate.compress(text)
        yield {**key, "form": form, "crc": piece.crc, "length": piece.length, "data": piece.data}
