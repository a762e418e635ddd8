"""
The four summary tables as SQLAlchemy objects: one for each kind of row.

Keys begin with the date, so the rows of a crawl lie together and are replaced as a whole.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any, Final, get_type_hints

from sqlalchemy import Column, Date, Double, Index, Integer, MetaData, String, Table
from sqlalchemy.types import TypeEngine

from ipv6matrix.summaries.rows import DomainPenetration, DomainRow, HostData, Reachability, Row

METADATA: Final = MetaData()

# A name has up to 253 octets (RFC 1035 section 2.3.4), a label 63; the table of 2022 cut domains at 128.
_LENGTHS: Final = {"domain": 253, "tld": 64, "country": 2, "type": 3, "service": 5}
_KEY: Final = {"date", *_LENGTHS}
# Names are ASCII in lower case, countries in upper case: octets compare right, and the same in every database.
_SERVER: Final = {"engine": "InnoDB", "charset": "utf8mb4", "collate": "utf8mb4_bin"}
STORAGE: Final[dict[str, Any]] = {
    **{f"{server}_{name}": value for server in ("mysql", "mariadb") for name, value in _SERVER.items()},
    "sqlite_with_rowid": False,
}


def _table(name: str, row: type[Row], *key: str) -> Table:
    hints = get_type_hints(row)
    columns = [_column(field.name, hints[field.name], is_key=field.name in key) for field in dataclasses.fields(row)]
    return Table(name, METADATA, *columns, **STORAGE)


def _column(name: str, kind: Any, *, is_key: bool) -> Column[Any]:
    if name in _KEY:
        return Column(name, _key_type(name, kind), primary_key=is_key, nullable=False)
    if kind == int | None:
        return Column(name, Integer())
    # A four-byte float would lose the last digits of a sum of a million round-trip times.
    return Column(name, Double() if kind is float else Integer(), nullable=False, server_default="0")


def _key_type(name: str, kind: type) -> TypeEngine[Any]:
    return Date() if kind is dt.date else String(_LENGTHS[name])


DOMAINS: Final = _table("Domains", DomainRow, "date", "domain")
DOMAIN_PENETRATION: Final = _table("DomainPenetration", DomainPenetration, "date", "country", "tld")
HOST_DATA: Final = _table("HostData", HostData, "date", "country", "tld", "type")
REACHABILITY: Final = _table("Reachability", Reachability, "date", "country", "tld", "service")

TABLES: Final[dict[type[Row], Table]] = {
    DomainRow: DOMAINS,
    DomainPenetration: DOMAIN_PENETRATION,
    HostData: HOST_DATA,
    Reachability: REACHABILITY,
}

# For people and programs that look up one domain in the database itself; the website reads its own copy.
Index("Domains_domain", DOMAINS.c.domain, DOMAINS.c.date)

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
