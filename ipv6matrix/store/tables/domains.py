"""
Domains of the list, with their lookups, their start of authority and the roles of their hosts.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from ipv6matrix.items import DomainItem, LookupObservation, Role, SoaRecord
from ipv6matrix.store.tables.base import Tables
from ipv6matrix.store.tables.hosts import save_hosts
from ipv6matrix.store.tables.lookups import failed_of, look, replaced, save_lookups, spelled

_CREATE: Final = (
    """
    CREATE TABLE domains (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        tld TEXT NOT NULL,
        refusal TEXT,
        asked_at INTEGER NOT NULL
    )""",
    """
    CREATE TABLE soa_records (
        domain_id INTEGER PRIMARY KEY REFERENCES domains,
        mname TEXT NOT NULL,
        rname TEXT NOT NULL,
        serial INTEGER NOT NULL,
        refresh_s INTEGER NOT NULL,
        retry_s INTEGER NOT NULL,
        expire_s INTEGER NOT NULL,
        minimum_s INTEGER NOT NULL
    )""",
    """
    CREATE TABLE roles (
        domain_id INTEGER NOT NULL REFERENCES domains,
        kind TEXT NOT NULL,
        host_id INTEGER NOT NULL REFERENCES hosts,
        priority INTEGER NOT NULL,
        PRIMARY KEY (domain_id, kind, host_id)
    ) WITHOUT ROWID""",
    "CREATE INDEX roles_host ON roles (host_id, kind)",
)

# The time of a lookup that is stored on another machine.
_ELSEWHERE: Final = 0


def _save(connection: sqlite3.Connection, item: DomainItem) -> None:
    if item.second:
        _renew(connection, item)
        return
    row = connection.execute(
        "INSERT INTO domains (name, tld, refusal, asked_at) VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET tld ="
        f" excluded.tld, refusal = excluded.refusal, asked_at = excluded.asked_at WHERE asked_at = {_ELSEWHERE}"
        " RETURNING id",
        (item.name, item.tld, item.refusal, int(item.asked_at)),
    ).fetchone()
    if row is None:
        return
    save_lookups(connection, "domain", [(row[0], lookup) for lookup in (item.ns, item.mx, item.soa)])
    _save_soa(connection, row[0], item.soa)
    _save_roles(connection, row[0], item.roles)
    save_hosts(connection, item.hosts)


def domain_id(connection: sqlite3.Connection, name: str) -> int:
    """Return the id of a domain, which is added if another machine of a shared crawl has looked it up."""
    row = connection.execute("SELECT id FROM domains WHERE name = ?", (name,)).fetchone()
    if row is None:
        row = connection.execute(
            "INSERT INTO domains (name, tld, asked_at) VALUES (?, '', ?) RETURNING id", (name, _ELSEWHERE)
        ).fetchone()
    return int(row[0])


def _renew(connection: sqlite3.Connection, item: DomainItem) -> None:
    """Write the lookups of a domain that replace temporary failures, and what follows from them."""
    row = connection.execute("SELECT id FROM domains WHERE name = ?", (item.name,)).fetchone()
    if row is None:
        return
    renewed = replaced(connection, "domain", row[0], item.name, (item.ns, item.mx, item.soa))
    types = {lookup.type for lookup in renewed}
    _save_roles(connection, row[0], [role for role in item.roles if role.kind in types])
    _save_soa(connection, row[0], item.soa if "SOA" in types else None)
    save_hosts(connection, item.hosts)


def _save_soa(connection: sqlite3.Connection, domain_id: int, lookup: LookupObservation | None) -> None:
    for record in (lookup.records if lookup else ())[:1]:
        assert isinstance(record, SoaRecord)
        connection.execute(
            "INSERT INTO soa_records VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                domain_id,
                spelled(record.mname),
                spelled(record.rname),
                record.serial,
                record.refresh_s,
                record.retry_s,
                record.expire_s,
                record.minimum_s,
            ),
        )


def _save_roles(connection: sqlite3.Connection, domain_id: int, roles: Sequence[Role]) -> None:
    connection.executemany(
        "INSERT INTO hosts (name) VALUES (?) ON CONFLICT DO NOTHING", [(role.host,) for role in roles]
    )
    connection.executemany(
        "INSERT INTO roles (domain_id, kind, priority, host_id)"
        " VALUES (?, ?, ?, (SELECT id FROM hosts WHERE name = ?)) ON CONFLICT DO NOTHING",
        [(domain_id, role.kind, role.priority, role.host) for role in roles],
    )


TABLES: Final = Tables(create=_CREATE, save={DomainItem: _save}, looks=(look("domain", DomainItem, failed_of),))
