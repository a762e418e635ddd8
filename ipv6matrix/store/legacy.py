"""
Reads the database of the 2022 crawler, which is recognised by its tables.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Self

from ipv6matrix.exceptions import StoreError
from ipv6matrix.store import schema

# The columns that are read, by table.
TABLES: Final = {
    "job": ("type", "domain", "host", "priority"),
    "soa": ("host", "primaryBySOA", "soa"),
    "ip4": ("host", "ip", "asn", "city", "region_name", "country_code", "longitude"),
    "ip6": ("host", "ip"),
    "ping": ("ip", "count", "min", "avg", "max", "mdev"),
    "rdns": ("ip", "reverse"),
    "tcp": ("ip", "port25", "port80", "port443", "starttls"),
    "tracert": ("ip", "mtu", "hops", "path"),
}


class Legacy:
    """A database of the 2022 crawler; every error is a StoreError."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_file():
            raise StoreError(
                f"{str(path)!r} does not exist: name an ips.db of the 2022 crawler", code="IMPORT_NOT_READABLE"
            )
        self._connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        self._connection.text_factory = lambda octets: octets.decode("utf-8", "replace")
        try:
            self._must_be_known()
        except BaseException as error:
            self._connection.close()
            if isinstance(error, sqlite3.DatabaseError):
                raise self._unreadable(error) from error
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def rows(self, table: str) -> Iterator[tuple[str, ...]]:
        """Yield the columns of `TABLES`, each as the text that the CSV files of that time contain; NULL is `n/a`."""
        try:
            for row in self._connection.execute(f"SELECT {', '.join(TABLES[table])} FROM {table}"):
                yield tuple("n/a" if value is None else str(value) for value in row)
        except sqlite3.DatabaseError as error:
            raise self._unreadable(error) from error

    def _must_be_known(self) -> None:
        (application,) = self._connection.execute("PRAGMA application_id").fetchone()
        if application == schema.APPLICATION_ID:
            raise StoreError(f"{str(self.path)!r} needs no import: exports read it as it is", code="IMPORT_NOT_NEEDED")
        for table, columns in TABLES.items():
            existing = {row[1] for row in self._connection.execute(f"PRAGMA table_info({table})")}
            for column in columns:
                if column not in existing:
                    raise StoreError(
                        f"{str(self.path)!r} has no column {column} in a table {table}:"
                        " name an ips.db of the 2022 crawler",
                        code="IMPORT_NOT_READABLE",
                    )

    def _unreadable(self, error: sqlite3.DatabaseError) -> StoreError:
        return StoreError(
            f"Cannot read {str(self.path)!r} ({error}): name an undamaged ips.db of the 2022 crawler",
            code="IMPORT_NOT_READABLE",
        )
