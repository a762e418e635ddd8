"""
Hosts, with their lookups and addresses.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from ipv6matrix.items import Answered, Host, HostsItem
from ipv6matrix.measurements.base import Failed
from ipv6matrix.measurements.hosts import label_of
from ipv6matrix.store.tables.addresses import save_addresses
from ipv6matrix.store.tables.base import Rows, Tables
from ipv6matrix.store.tables.https import save_https
from ipv6matrix.store.tables.lookups import look, ordered, replaced, save_lookups
from ipv6matrix.targets.policy import family

_CREATE: Final = (
    """
    CREATE TABLE hosts (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        wildcard INTEGER NOT NULL DEFAULT 0,
        refusal TEXT,
        asked_at INTEGER
    )""",
    """
    CREATE TABLE host_addresses (
        host_id INTEGER NOT NULL REFERENCES hosts,
        family INTEGER NOT NULL,
        position INTEGER NOT NULL,
        address_id INTEGER NOT NULL REFERENCES addresses,
        choice INTEGER,
        PRIMARY KEY (host_id, family, position)
    ) WITHOUT ROWID""",
)


def save_hosts(connection: sqlite3.Connection, hosts: Sequence[Host]) -> None:
    """
    Write hosts with their lookups and addresses.

    A host that was looked up or excluded before does not change, except that it may turn out to be a wildcard.
    """
    if not hosts:
        return
    new: dict[int, Host] = {}
    for host in hosts:
        number = _unsettled(connection, host.name)
        if number is not None:
            new.setdefault(number, host)
    connection.executemany(
        "UPDATE hosts SET wildcard = ?, refusal = ?, asked_at = ? WHERE id = ?",
        [(int(host.wildcard), host.refusal, _asked_at(host), number) for number, host in new.items()],
    )
    save_lookups(
        connection,
        "host",
        [(number, lookup) for number, host in new.items() for lookup in (host.a, host.aaaa)],
    )
    connection.executemany(
        "UPDATE hosts SET wildcard = 1 WHERE name = ? AND refusal IS NULL",
        [(host.name,) for host in hosts if host.wildcard],
    )
    _save_host_addresses(connection, new)
    _save_https(connection, hosts)


def _save_https(connection: sqlite3.Connection, hosts: Sequence[Host]) -> None:
    """Write HTTPS lookups, also of hosts that are known: a host may have been found in a role without them."""
    answers = [
        (number, host.https)
        for host in hosts
        if host.https
        for (number,) in connection.execute("SELECT id FROM hosts WHERE name = ?", (host.name,))
    ]
    save_lookups(connection, "host", answers)
    save_https(connection, answers)


def host_id(connection: sqlite3.Connection, name: str) -> int:
    """Return the id of a host, which is added if it is new."""
    connection.execute("INSERT INTO hosts (name) VALUES (?) ON CONFLICT DO NOTHING", (name,))
    ((number,),) = connection.execute("SELECT id FROM hosts WHERE name = ?", (name,))
    return int(number)


def _unsettled(connection: sqlite3.Connection, name: str) -> int | None:
    """Return the id of a host, which is added if it is new; None if it was looked up or excluded before."""
    row = connection.execute("SELECT id, asked_at, refusal FROM hosts WHERE name = ?", (name,)).fetchone()
    if row:
        return int(row[0]) if row[1] is None and row[2] is None else None
    return connection.execute("INSERT INTO hosts (name) VALUES (?)", (name,)).lastrowid


def _asked_at(host: Host) -> int | None:
    asked = host.a or host.aaaa
    return int(asked.asked_at) if asked else None


def _save_host_addresses(connection: sqlite3.Connection, hosts: Mapping[int, Host]) -> None:
    if rows := [row for number, host in hosts.items() for row in _host_addresses(number, host)]:
        connection.executemany(
            "INSERT INTO host_addresses (host_id, family, position, choice, address_id)"
            " VALUES (?, ?, ?, ?, (SELECT id FROM addresses WHERE address = ?))",
            rows,
        )


def _host_addresses(number: int, host: Host) -> Iterator[tuple[int, int, int, int | None, str]]:
    choices: dict[int, int] = {}
    rank: dict[str, int] = {}
    for address in host.chosen:
        choices[family(address)] = rank[address] = choices.get(family(address), 0) + 1
    for of_family, lookup in ((4, host.a), (6, host.aaaa)):
        if lookup and lookup.records:
            for position, address in enumerate(lookup.texts, start=1):
                yield number, of_family, position, rank.get(address), address


def _renew(connection: sqlite3.Connection, host: Host) -> None:
    """Write the lookups of a host that replace temporary failures, and their addresses."""
    row = connection.execute("SELECT id FROM hosts WHERE name = ?", (host.name,)).fetchone()
    if row is None:
        return
    lookups = (host.a, host.aaaa, host.https)
    renewed = {lookup.type: lookup for lookup in replaced(connection, "host", row[0], host.name, lookups)}
    if any(lookup.texts for lookup in renewed.values()):
        connection.execute("UPDATE hosts SET wildcard = ? WHERE id = ?", (host.wildcard, row[0]))
    _save_host_addresses(connection, {row[0]: replace(host, a=renewed.get("A"), aaaa=renewed.get("AAAA"))})
    save_https(connection, [(row[0], renewed.get("HTTPS"))])


def _save(connection: sqlite3.Connection, item: HostsItem) -> None:
    save_addresses(connection, item.addresses)
    if not item.second:
        save_hosts(connection, item.hosts)
        return
    for host in item.hosts:
        _renew(connection, host)


def _failed(item: type[Answered], rows: Rows) -> Iterator[Failed]:
    """Yield failures; hosts guessed for one domain are one request, and one guessed for two domains is in both."""
    requests: dict[tuple[str | None, tuple[str, ...]], list[tuple[str, int]]] = {}
    for name, asked_at, types, domains in rows:
        for domain in sorted(domains.split(",")) if domains else (None,):
            requests.setdefault((domain, ordered(types)), []).append((name, asked_at))
    for (domain, types), hosts in requests.items():
        if domain is None:
            yield from (Failed(item=item, subject=name, parts=types, asked_at=asked_at) for name, asked_at in hosts)
        else:
            labels = tuple(label_of(name, domain) for name, _ in hosts)
            last = max(asked_at for _, asked_at in hosts)
            yield Failed(item=item, subject=domain, labels=labels, parts=types, asked_at=last)


# With the domains for which a host was guessed: a wildcard shows only next to the other guesses of a domain.
_GUESSED_FOR: Final = """
    (SELECT group_concat(DISTINCT domains.name) FROM roles JOIN domains ON domains.id = domain_id
     WHERE host_id = hosts.id AND kind IN ('WWW', 'NTP', 'APEX'))"""

TABLES: Final = Tables(create=_CREATE, save={HostsItem: _save}, looks=(look("host", HostsItem, _failed, _GUESSED_FOR),))
