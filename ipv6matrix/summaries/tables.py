"""
The summary tables as SQLAlchemy objects: one for each kind of row.

Keys begin with the date, so the rows of a crawl lie together and are replaced as a whole. A date has the four tables
of 2022 once, and readiness once for the main list and once for each tag: `of_crawl` is the condition for one of them.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any, Final, get_type_hints

from sqlalchemy import Column, ColumnElement, Date, Double, Index, Integer, MetaData, String, Table, Text, and_
from sqlalchemy.dialects.mysql import MEDIUMTEXT
from sqlalchemy.types import TypeEngine

from ipv6matrix.summaries.rows import (
    DomainPenetration,
    DomainRow,
    HostData,
    Reachability,
    Readiness,
    ReadinessBasis,
    ReadinessCounts,
    Row,
)

METADATA: Final = MetaData()
"The four tables of 2022."

READINESS_METADATA: Final = MetaData()
"Those about readiness, which a database of an earlier version lacks."

MAIN: Final = ""
"The tag of the main list."

_VERDICTS: Final = ("web", "dns", "mail", "chain", "path", "content")
# A name has up to 253 octets (RFC 1035 section 2.3.4), a label 63; the table of 2022 cut domains at 128.
_LENGTHS: Final = {"domain": 253, "tld": 64, "country": 2, "type": 3, "service": 5, "tag": 32} | dict.fromkeys(
    _VERDICTS, 7
)
# Names are ASCII in lower case, countries in upper case: octets compare right, and the same in every database.
_SERVER: Final = {"engine": "InnoDB", "charset": "utf8mb4", "collate": "utf8mb4_bin"}
STORAGE: Final[dict[str, Any]] = {
    **{f"{server}_{name}": value for server in ("mysql", "mariadb") for name, value in _SERVER.items()},
    "sqlite_with_rowid": False,
}


def _table(name: str, row: type[Row], *key: str, metadata: MetaData = METADATA) -> Table:
    hints = get_type_hints(row)
    columns = [_column(field.name, hints[field.name], is_key=field.name in key) for field in dataclasses.fields(row)]
    return Table(name, metadata, *columns, **STORAGE)


def _column(name: str, kind: Any, *, is_key: bool) -> Column[Any]:
    if is_key or kind is str:
        return Column(name, _type(name, kind), primary_key=is_key, nullable=False, autoincrement=False)
    if kind == int | None:
        return Column(name, Integer())
    return Column(name, _type(name, kind), nullable=False, server_default="0")


def _type(name: str, kind: type) -> TypeEngine[Any]:
    if kind is str:
        # The TEXT of MariaDB has room for 64 KB.
        return String(_LENGTHS[name]) if name in _LENGTHS else Text().with_variant(MEDIUMTEXT(), "mysql", "mariadb")
    if kind is dt.date:
        return Date()
    # A four-byte float would lose the last digits of a sum of a million round-trip times.
    return Double() if kind is float else Integer()


DOMAINS: Final = _table("Domains", DomainRow, "date", "domain")
DOMAIN_PENETRATION: Final = _table("DomainPenetration", DomainPenetration, "date", "country", "tld")
HOST_DATA: Final = _table("HostData", HostData, "date", "country", "tld", "type")
REACHABILITY: Final = _table("Reachability", Reachability, "date", "country", "tld", "service")

READINESS: Final = _table("Readiness", Readiness, "date", "tag", "domain", metadata=READINESS_METADATA)
READINESS_COUNTS: Final = _table(
    "ReadinessCounts",
    ReadinessCounts,
    *("date", "tag", "country", "tld", "bracket", "level"),
    metadata=READINESS_METADATA,
)
READINESS_BASIS: Final = _table("ReadinessBasis", ReadinessBasis, "date", "tag", metadata=READINESS_METADATA)

TABLES: Final[dict[type[Row], Table]] = {
    DomainRow: DOMAINS,
    DomainPenetration: DOMAIN_PENETRATION,
    HostData: HOST_DATA,
    Reachability: REACHABILITY,
}
READINESS_TABLES: Final[dict[type[Row], Table]] = {
    Readiness: READINESS,
    ReadinessCounts: READINESS_COUNTS,
    ReadinessBasis: READINESS_BASIS,
}
ALL_TABLES: Final = (*METADATA.sorted_tables, *READINESS_METADATA.sorted_tables)

# For people and programs that look up one domain in the database itself; the website reads its own copy.
Index("Domains_domain", DOMAINS.c.domain, DOMAINS.c.date)


def tables_of(tag: str) -> tuple[Table, ...]:
    """Return the tables that a crawl of the main list has, or of a list with a tag: only its readiness."""
    return ALL_TABLES if tag == MAIN else tuple(READINESS_METADATA.sorted_tables)


def of_crawl(table: Table, date: dt.date, tag: str = MAIN) -> ColumnElement[bool]:
    """Return the condition that a row belongs to the crawl of a date and a list."""
    of_date = table.c.date == date
    return and_(of_date, table.c.tag == tag) if table.metadata is READINESS_METADATA else of_date


ADDED_COLUMNS: Final = frozenset(
    ("unknown", *(f"{kind}_{state}" for kind in ("www", "mx", "ns", "ntp") for state in ("known", "unknown")))
)
"Columns that tables of earlier versions lack, and that are added to them."

VERSIONS_METADATA: Final = MetaData()
DATE_VERSIONS: Final = Table(
    "Editions",
    VERSIONS_METADATA,
    Column("date", Date(), primary_key=True),
    Column("tag", String(32), nullable=False),
    **STORAGE,
)
"A random tag for each date, new each time that the date is written: a copy of a date can be compared by it."

OBSOLETE_TABLES: Final = (
    *("DomainPenetrationTotals", "HostDataTotals", "ReachabilityTotals", "TotalsByColumn", "TotalsAsText"),
    *("DomainChanges", "Comparisons", "DomainStates", "RareDomains"),
)
"Tables of 0.1.0 that nothing reads any more (docs/decisions/0033-read-model.md)."
