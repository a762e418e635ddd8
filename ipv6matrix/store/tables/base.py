"""
What each module of tables provides.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ipv6matrix.items import Answered
from ipv6matrix.measurements.base import Failed

# Any: each function takes the type of item under which it is registered.
Save = Callable[[sqlite3.Connection, Any], None]
Rows = list[tuple[Any, ...]]


def words(words: Iterable[str]) -> str:
    """Return a list of words for SQL."""
    return ", ".join(f"'{word}'" for word in sorted(words))


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How the retry pass finds the requests of one kind that failed."""

    item: type[Answered]
    "The type of their items."
    key: str
    "The table and integer column by which it is read in chunks, e.g. `addresses.id`."
    sql: str
    """
    The failures whose key is above the first parameter and not above the second.

    Columns: subject, time of the last request, and the parts that failed, separated by
    commas, or NULL. What `first_answers` has is left out: it has been retried.
    """
    read: Callable[[type[Answered], Rows], Iterator[Failed]] | None = None
    "Reads other columns, or makes one request of several rows."

    def failed(self, rows: Rows) -> Iterator[Failed]:
        """Yield the failures in rows of `sql`."""
        return self.read(self.item, rows) if self.read else map(self._failed, rows)

    def _failed(self, row: tuple[Any, ...]) -> Failed:
        subject, asked_at, parts = row
        return Failed(
            item=self.item, subject=subject, parts=tuple(parts.split(",")) if parts else (), asked_at=asked_at
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OfAddresses:
    """
    What rows of a table say about an address that answers nothing.

    Such an address is probed again by every measurement that probed it; an address that has
    answered any of them is not. Each field is SQL over `addresses.id`.
    """

    answered: str
    "Condition: the address has answered."
    item: type[Answered] | None = None
    "The type of the items to retry; None for a measurement that is not repeated."
    parts: str = "NULL"
    "The parts to retry, separated by commas; empty for a request without parts, NULL if there was no request."
    asked_at: str = "0"
    "Time of the last request."
    question: str = ""
    "Pattern (LIKE) of its requests in `first_answers`."


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """
    The tables of one kind of fact, and how items are written to them.

    The key of a table is what it describes, by id: a domain, a host or an address.
    What is measured of a host at one of its addresses has the key (host_id,
    address_id), of a zone at one of its name servers (domain_id, address_id), as
    PRIMARY KEY of a table WITHOUT ROWID.
    """

    create: tuple[str, ...]
    "Statements, each of which begins with CREATE TABLE or CREATE INDEX and a name."
    looks: tuple[Look, ...] = ()
    "What the retry pass repeats."
    of_addresses: OfAddresses | None = None
    asked: tuple[str, ...] = ()
    "Queries of the number of requests by kind."
    errors: tuple[str, ...] = ()
    "Queries of the kind and the word of each request that failed or was not answered."
    figures: Mapping[str, str] = field(default_factory=dict)
    "What `scrapy summary` prints, by title: queries of one number."
    outcomes: Mapping[str, str] = field(default_factory=dict)
    """
    What the report charts, by title: queries with a row for each request.

    Columns: the family, or NULL for a request that has none, and the word of its outcome.
    """
    save: Mapping[type[Answered], Save] = field(default_factory=dict)
    """
    By type of item: the function that writes it, within the open transaction.

    Each fact is written once: an answer that arrives twice (a request repeated after
    a kill) changes nothing. An answer of the retry pass replaces a temporary failure,
    which `retries` stores, and nothing else.
    """
