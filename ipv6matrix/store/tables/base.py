"""
What each module of tables provides.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ipv6matrix.items import Answered

# Any: each function takes the type of item under which it is registered.
Save = Callable[[sqlite3.Connection, Any], None]


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
    save: Mapping[type[Answered], Save] = field(default_factory=dict)
    """
    By type of item: the function that writes it, within the open transaction.

    Each fact is written once: an answer that arrives twice (a request repeated after
    a kill) changes nothing. An answer of the retry pass replaces a temporary failure,
    which `retries` stores, and nothing else.
    """
