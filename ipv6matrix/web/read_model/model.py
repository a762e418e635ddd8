"""
A read model, opened: SQL in, rows out. Nothing is ever written.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import duckdb
import pyarrow as pa
from duckdb import DuckDBPyConnection, DuckDBPyRelation
from sqlalchemy import Select
from sqlalchemy.engine.default import DefaultDialect

from ipv6matrix import __version__

# Seconds that a query may take.
QUERY_LIMIT_S: Final = 10.0
# Memory that all queries of a process share; what does not fit is refused, not swapped.
LIMITS: Final[dict[str, str | bool | int | float | list[str]]] = {
    "memory_limit": "256MB",
    "threads": 2,
    "preserve_insertion_order": True,
}
# Rows of a batch that is streamed.
_BATCH: Final = 20_000
_DIALECT: Final = DefaultDialect(paramstyle="qmark")


class TooSlowError(Exception):
    """A query took longer than it may, or needs more memory than there is for it."""


@dataclass(frozen=True)
class DataVersion:
    """Which data a model has."""

    dates: tuple[dt.date, ...]
    "Of the crawls, the earliest first."
    tag: str
    "Changes when any row does."
    built_at: dt.datetime

    def etag(self, *parts: str) -> str:
        """Return the entity tag of an answer; weak, for compression changes the bytes (RFC 9110 section 8.8.1)."""
        return f'W/"{_digest(self.tag, *parts)}"'


class ReadModel:
    """The summaries at one time; for many threads."""

    def __init__(self, file: Path, query_limit_s: float = QUERY_LIMIT_S) -> None:
        self.file = file
        self._limit_s = query_limit_s
        self._answers: dict[Any, list[dict[str, Any]]] | None = None
        self._connection = duckdb.connect(str(file), read_only=True, config=LIMITS)

        with self._cursor() as cursor:
            ((built_at,),) = cursor.execute("SELECT built_at FROM About").fetchall()
            versions = cursor.execute("SELECT date, tag FROM Versions ORDER BY date").fetchall()
            dates = cursor.execute("SELECT DISTINCT date FROM DomainPenetration ORDER BY date").fetchall()
        self.versions: Final[dict[dt.date, str]] = dict(versions)
        self.version: Final = DataVersion(
            tuple(date for (date,) in dates), _digest(__version__, repr(versions)), built_at.replace(tzinfo=dt.UTC)
        )

    def rows(self, query: Select[Any]) -> list[tuple[Any, ...]]:
        """Return all rows of a query. Raises TooSlowError."""
        with self._relation(query) as relation:
            return relation.fetchall()

    def mappings(self, query: Select[Any]) -> list[dict[str, Any]]:
        """Return all rows of a query by name."""
        if self._answers is None:
            return self._mappings(query)
        statement, parameters = compiled(query)
        key = (statement, *parameters)
        if key not in self._answers:
            self._answers[key] = self._mappings(query)
        return self._answers[key]

    def for_one_page(self) -> Self:
        """Return this model for a page, which asks some questions several times: each is answered once."""
        remembering = copy(self)
        remembering._answers = {}
        return remembering

    def scalars(self, query: Select[Any]) -> list[Any]:
        """Return the first value of each row."""
        return [row[0] for row in self.rows(query)]

    def table(self, query: Select[Any]) -> pa.Table:
        """Return all rows of a query as a table of Arrow."""
        with self._relation(query) as relation:
            return relation.to_arrow_table()

    def batches(self, query: Select[Any]) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a query in batches: memory holds one of them."""
        statement, parameters = compiled(query)
        cursor = self._connection.cursor()
        try:
            yield from cursor.sql(statement, params=parameters).to_arrow_reader(_BATCH)
        finally:
            cursor.close()

    def _mappings(self, query: Select[Any]) -> list[dict[str, Any]]:
        names = [column.name for column in query.selected_columns]
        return [dict(zip(names, row, strict=True)) for row in self.rows(query)]

    @contextmanager
    def _relation(self, query: Select[Any]) -> Iterator[DuckDBPyRelation]:
        statement, parameters = compiled(query)
        with self._cursor() as cursor:
            yield cursor.sql(statement, params=parameters)

    @contextmanager
    def _cursor(self) -> Iterator[DuckDBPyConnection]:
        cursor = self._connection.cursor()
        timer = threading.Timer(self._limit_s, cursor.interrupt)
        timer.daemon = True
        timer.start()
        try:
            yield cursor
        except duckdb.InterruptException as error:
            raise TooSlowError(f"a query took longer than {self._limit_s:g} s") from error
        except duckdb.OutOfMemoryException as error:
            raise TooSlowError("a query needs more memory than all queries may take") from error
        finally:
            timer.cancel()
            cursor.close()


def compiled(query: Select[Any]) -> tuple[str, list[Any]]:
    """Return a statement for DuckDB, and its parameters in order."""
    statement = query.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    values: Mapping[str, Any] = statement.params
    return str(statement), [values[name] for name in statement.positiontup or ()]


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:20]
