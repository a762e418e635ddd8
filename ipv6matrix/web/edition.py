"""
Which data are there: the dates of the crawls, and a tag that changes when any figure does.

Caches of readers live on that tag, so it is looked at for each request and
worked out only when the database has changed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, func, select

from ipv6matrix import __version__
from ipv6matrix.summaries.tables import DOMAIN_PENETRATION, HOST_DATA, REACHABILITY

# Seconds after which a server is asked again. SQLite itself tells when a file has changed.
_KEPT_S: Final = 60.0
# Counts and sums that hardly stay the same when a crawl is put in the place of another.
_SUMS: Final = (
    (DOMAIN_PENETRATION, ("domains", "domains6", "unknown")),
    (HOST_DATA, ("hosts", "dualstack", "ping4", "ping6", "hops6")),
    (REACHABILITY, ("hosts6", "reach4", "reach6")),
)


@dataclass(frozen=True, slots=True)
class Edition:
    """The data at one time."""

    dates: tuple[dt.date, ...]
    "Of the crawls, the earliest first."
    tag: str

    def etag(self, *parts: str) -> str:
        """Give the entity tag of an answer; weak, for compression changes the octets (RFC 9110 section 8.8.1)."""
        return f'W/"{_digest(self.tag, *parts)}"'


def edition(connection: Connection) -> Edition:
    """Give the edition that a connection sees; it remembers the last one."""
    version = _version(connection)
    known: tuple[int, Edition] | None = connection.info.get("edition")
    if known is None or known[0] != version:
        known = version, _read(connection)
        connection.info["edition"] = known
    return known[1]


def _version(connection: Connection) -> int:
    if connection.dialect.name == "sqlite":
        return int(connection.exec_driver_sql("PRAGMA data_version").scalar_one())
    return int(time.monotonic() // _KEPT_S)


def _read(connection: Connection) -> Edition:
    rows = list(_sums(connection))
    dates = {row[0] for table, row in rows if table == DOMAIN_PENETRATION.name}
    return Edition(tuple(sorted(dates)), _digest(__version__, *(f"{table} {tuple(row)}" for table, row in rows)))


def _sums(connection: Connection) -> Iterator[tuple[str, Any]]:
    for table, names in _SUMS:
        sums = [func.sum(table.c[name]) for name in names]
        query = select(table.c.date, func.count(), *sums).group_by(table.c.date).order_by(table.c.date)
        yield from ((table.name, row) for row in connection.execute(query))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:20]
