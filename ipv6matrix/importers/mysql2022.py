"""
Copies the summaries of the system of 2022, in its MySQL database, into a database of summaries of this version.

The tables are read once, in no order: those of 2022 have no index by date. They go into a read model in a folder
of its own, which is cleaned date by date. A date that the target has is left alone, and each date is written in
one transaction, so the command can be rerun after an interruption.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Table, case, func, literal_column, or_, select

from ipv6matrix.exceptions import ImportRefusedError
from ipv6matrix.summaries import source
from ipv6matrix.summaries.database import Database
from ipv6matrix.summaries.publication import publish
from ipv6matrix.summaries.rows import NO_COUNTRY, Row
from ipv6matrix.summaries.staging import dates
from ipv6matrix.summaries.tables import DOMAIN_PENETRATION, DOMAINS, HOST_DATA, METADATA, TABLES
from ipv6matrix.web.read_model.build import build
from ipv6matrix.web.read_model.model import ReadModel

# The table of 2022 cut names at this length.
_CUT: Final = 128
# What the crawler of 2022 wrote where it had nothing.
_PLACEHOLDERS: Final = ("", "n/a", ".")


@dataclass(frozen=True, slots=True, kw_only=True)
class DateContents:
    """What a database of 2022 has of one date."""

    date: dt.date
    rows: Mapping[str, int]
    "By table."
    is_there: bool
    "The target has this date already."
    oddities: tuple[str, ...]


class Import:
    """A database of 2022, read into a folder."""

    def __init__(self, url: str, target: Database, folder: Path) -> None:
        with Database(url) as database:
            if database.place == target.place:
                raise ImportRefusedError(
                    f"{database.name} is SUMMARY_URL itself: name the database of 2022, and another SUMMARY_URL"
                )
        self._target = target
        _check(url)
        self._model = ReadModel(build(url, folder))

    def find(self) -> list[DateContents]:
        """Return what the database has of each date, the earliest first."""
        existing = self._dates_of_target()
        counts = {table.name: dict(self._model.rows(_count(table))) for table in METADATA.sorted_tables}
        every = sorted({date for of in counts.values() for date in of})
        return [
            DateContents(
                date=date,
                rows={name: of.get(date, 0) for name, of in counts.items()},
                is_there=date in existing,
                oddities=tuple(self._oddities(date)),
            )
            for date in every
        ]

    def copy(self, date: dt.date) -> int:
        """Write a date into the target, and return the number of its domains."""
        return publish(self._target, date, self._rows(date)).domains

    def _dates_of_target(self) -> set[dt.date]:
        if not self._target.has_tables():
            return set()
        with self._target.read() as connection:
            return {*dates(connection)}

    def _rows(self, date: dt.date) -> Iterator[Row]:
        for kind, table in TABLES.items():
            for batch in self._model.batches(_cleaned(table, date)):
                yield from (kind(**row) for row in batch.to_pylist())

    def _oddities(self, date: dt.date) -> Iterator[str]:
        for words, query in _ODDITIES.items():
            ((number,),) = self._model.rows(query.where(query.get_final_froms()[0].c.date == date))
            if number:
                yield f"{number:,} {words}"


def _check(url: str) -> None:
    with Database(url, for_reading=True) as database, database.read() as connection:
        existing = source.columns(connection)
        missing = sorted(METADATA.tables.keys() - existing.keys())
        if missing:
            raise ImportRefusedError(
                f"{database.name} has no table {missing[0]}: name the database of the 2022 system, not its staging"
            )


def _count(table: Table) -> Select[Any]:
    return select(table.c.date, func.count()).group_by(table.c.date)


def _cleaned(table: Table, date: dt.date) -> Select[Any]:
    """Return the query for rows of today's form: names in one case, and each key once, with the sums of its rows."""
    keys = [name for name in _keys(table) if name != "date"]
    others = [column for column in table.columns if column.name not in ("date", *keys) and not column.nullable]
    one_case = (
        select(table.c.date, *(_word(table, name).label(name) for name in keys), *others)
        .where(table.c.date == date, *_is_name(table))
        .subquery()
    )
    merge = func.first if table is DOMAINS else _summed
    merged = [merge(one_case.c[column.name]).label(column.name) for column in others]
    words = [one_case.c[name] for name in ("date", *keys)]
    return select(*words, *merged).group_by(*words).order_by(*words)


def _keys(table: Table) -> dict[str, ColumnElement[Any]]:
    return {column.name: _word(table, column.name) for column in table.columns if column.primary_key}


def _word(table: Table, name: str) -> ColumnElement[Any]:
    column = table.c[name]
    if name in ("domain", "tld"):
        return func.lower(func.rtrim(func.trim(column), "."))
    if name == "country":
        return case((func.length(func.trim(column)) == 2, func.upper(func.trim(column))), else_=NO_COUNTRY)
    return func.upper(column) if name in ("type", "service") else column


def _summed(column: Any) -> ColumnElement[Any]:
    # Negative counts are the overflow of something; nothing is known of them.
    positive = case((column > 0, column), else_=0)
    kind = "DOUBLE" if column.type.python_type is float else "BIGINT"
    return func.sum(positive).op("::")(literal_column(kind))


def _is_name(table: Table) -> list[ColumnElement[bool]]:
    return [_word(table, "domain").not_in(_PLACEHOLDERS)] if table is DOMAINS else []


def _duplicates(table: Table) -> Select[Any]:
    keys = [expression for name, expression in _keys(table).items() if name != "date"]
    return select(func.count() - func.count(func.concat_ws("\x1f", *keys).distinct())).select_from(table)


_COUNTS: Final = [column for column in HOST_DATA.columns if not column.primary_key]
_KINDS_OF_HOSTS: Final = HOST_DATA.c.hosts4 + HOST_DATA.c.hosts6 + HOST_DATA.c.dualstack + HOST_DATA.c.noip

_ODDITIES: Final[Mapping[str, Select[Any]]] = {
    "rows of Domains name one domain in several spellings: the first one is kept": _duplicates(DOMAINS),
    "rows of HostData differ from another one in spelling only: they are added up": _duplicates(HOST_DATA),
    "rows of DomainPenetration differ from another one in spelling only: they are added up": _duplicates(
        DOMAIN_PENETRATION
    ),
    "rows of Domains name no domain: they are left out": select(func.count())
    .select_from(DOMAINS)
    .where(_word(DOMAINS, "domain").in_(_PLACEHOLDERS)),
    f"names have {_CUT} characters, and may have been cut": select(func.count())
    .select_from(DOMAINS)
    .where(func.length(DOMAINS.c.domain) == _CUT),
    "rows of HostData have a negative figure: it counts as 0": select(func.count())
    .select_from(HOST_DATA)
    .where(or_(*(column < 0 for column in _COUNTS))),
    "rows of HostData have hosts that are of no kind: they stay as they are": select(func.count())
    .select_from(HOST_DATA)
    .where(HOST_DATA.c.hosts != _KINDS_OF_HOSTS),
}
