"""
Which data are there: the dates of the crawls, and a tag that changes when any figure does.

Caches of readers live on that tag, so it is looked at for each request and
worked out only when the database has changed: from the totals, which are few
rows, or in databases that have none from all rows.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, Select, func, select

from ipv6matrix import __version__
from ipv6matrix.summaries import totals
from ipv6matrix.summaries.prepared import writing
from ipv6matrix.summaries.tables import DOMAIN_PENETRATION, HOST_DATA, REACHABILITY

# Seconds after which a server is asked again. SQLite itself tells when a file has changed.
_KEPT_S: Final = 60.0
_TABLES: Final = (DOMAIN_PENETRATION, HOST_DATA, REACHABILITY)
# Of servers. A file tells each connection by itself whether it has changed.
_KNOWN: Final[WeakKeyDictionary[Engine, tuple[int, Edition]]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Edition:
    """The data at one time."""

    dates: tuple[dt.date, ...]
    "Of the crawls, the earliest first."
    tag: str
    has_totals: bool = False
    "Everything is prepared, of every date."
    by_table: Mapping[str, tuple[dt.date, ...]] = field(default_factory=dict)
    "Of each table that is summed up, the dates that it has rows of."

    def etag(self, *parts: str) -> str:
        """Give the entity tag of an answer; weak, for compression changes the octets (RFC 9110 section 8.8.1)."""
        return f'W/"{_digest(self.tag, *parts)}"'


def edition(connection: Connection) -> Edition:
    """Give the edition that a connection sees; the last one is remembered."""
    version = _version(connection)
    is_file = connection.dialect.name == "sqlite"
    known = connection.info.get("edition") if is_file else _KNOWN.get(connection.engine)
    if known is None or known[0] != version:
        known = version, _read(connection)
        if is_file:
            connection.info["edition"] = known
        else:
            _KNOWN[connection.engine] = known
    return known[1]


def _version(connection: Connection) -> int:
    if connection.dialect.name == "sqlite":
        return int(connection.exec_driver_sql("PRAGMA data_version").scalar_one())
    return int(time.monotonic() // _KEPT_S)


def _read(connection: Connection) -> Edition:
    has_totals = writing.are_complete(connection)
    queries = list(_prepared() if has_totals else _sums())
    rows = [[tuple(row) for row in connection.execute(query)] for query in queries]
    # The first one is of domains: every crawl has some.
    dates = [tuple(row[0] for row in found) for found in rows]
    by_table = {table.name: there for table, there in zip(_TABLES, dates, strict=False)}
    return Edition(dates[0], _digest(__version__, repr(rows)), has_totals, by_table)


def _prepared() -> Iterator[Select[Any]]:
    for table in _TABLES:
        found = totals.TOTALS[table]
        counts = [column for column in found.columns if not column.primary_key]
        yield select(found.c.date, *counts).where(found.c.level == "").order_by(found.c.date)
    yield select(totals.EDITIONS).order_by(totals.EDITIONS.c.date)


def _sums() -> Iterator[Select[Any]]:
    """Ask for sums that hardly stay the same when a crawl is put in the place of another."""
    for table in _TABLES:
        counts = [func.sum(column) for column in table.columns if not column.primary_key]
        yield select(table.c.date, func.count(), *counts).group_by(table.c.date).order_by(table.c.date)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:20]
