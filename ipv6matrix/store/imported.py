"""
Facts as older formats contain them, and the statements that write them.

These formats have the mean of a ping but not its round trips, an absence but not
its reason. What they do not state is the word `unrecorded` in the tables. A fact
that occurs twice changes nothing; of two that differ, the more detailed one wins.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any, Final, NamedTuple

from ipv6matrix.items import UNRECORDED, Status
from ipv6matrix.targets.policy import family, kind

# Priority of a host of which only the role is known: the highest preference that an MX record can have.
LAST: Final = 65_535


class Role(NamedTuple):
    """The role of a host for a domain."""

    kind: str
    domain: str
    host: str | None
    "None: the domain was looked up, and no host in this role is known."
    priority: int = LAST


class HostAddress(NamedTuple):
    """An address of a host."""

    host: str
    address: str
    refusal: str | None
    "Why it cannot represent the host; None if it can."


class Place(NamedTuple):
    """Location of an address."""

    address: str
    asn: int | None
    as_organisation: str | None
    city: str | None
    region: str | None
    country_code: str | None
    latitude: float | None
    longitude: float | None


class Tunnel(NamedTuple):
    """The tunnel prefix that contains an address."""

    address: str
    tunnel_id: str


class ReverseName(NamedTuple):
    """The PTR name of an address; None if it has none, or none was found."""

    address: str
    name: str | None


class Ping(NamedTuple):
    """A series of Echo Requests; times in milliseconds, None without a reply."""

    address: str
    sent: int | None
    "None: not pinged."
    min_ms: float | None
    avg_ms: float | None
    max_ms: float | None
    mdev_ms: float | None
    weight: int
    "If two differ, the one with the higher weight wins."


class Port(NamedTuple):
    """Whether a port of an address is open."""

    address: str
    port: int
    open: bool


class SmtpSession(NamedTuple):
    """What is known of an SMTP session."""

    address: str
    greeting_code: int | None
    starttls: str | None


class Trace(NamedTuple):
    """A path to an address, as text."""

    address: str
    mtu: int | None
    reached_ttl: int | None
    path: str | None


class Soa(NamedTuple):
    """The start of authority of a domain; times in seconds."""

    domain: str
    mname: str
    rname: str
    serial: int
    refresh_s: int
    retry_s: int
    expire_s: int
    minimum_s: int


Fact = Role | HostAddress | Place | Tunnel | ReverseName | Ping | Port | SmtpSession | Trace | Soa


# Pings and names are collected here until everything about an address is known; the
# ping with the highest weight is then copied to ping_summaries.
_COLLECTED: Final = (
    """
    CREATE TEMP TABLE heard (
        address_id INTEGER PRIMARY KEY, weight INTEGER, sent INTEGER,
        min_ms REAL, avg_ms REAL, max_ms REAL, mdev_ms REAL, asked_at INTEGER
    )""",
    "CREATE TEMP TABLE named (address_id INTEGER PRIMARY KEY, name TEXT, asked_at INTEGER)",
)


def prepare(connection: sqlite3.Connection) -> None:
    """Prepare an empty database for the statements below."""
    for statement in _COLLECTED:
        connection.execute(statement)
    connection.create_function("kind_of", 1, kind, deterministic=True)
    connection.create_function("octets", 1, lambda address: ip_address(address).packed, deterministic=True)


def save(connection: sqlite3.Connection, facts: Iterable[Fact], asked_at: int) -> None:
    """Write facts within the open transaction: names and addresses first, then the facts about them."""
    by_type: dict[type[Fact], list[Any]] = {}
    for fact in facts:
        by_type.setdefault(type(fact), []).append(fact)
    _save_names(connection, by_type.pop(Role, []), by_type.get(Soa, []), asked_at)
    _save_host_addresses(connection, by_type.pop(HostAddress, []), asked_at)
    for of_type, group in by_type.items():
        if of_type is not Soa:
            connection.executemany(_ADDRESS, {(fact.address, family(fact.address)) for fact in group})
        when = (asked_at,) if "asked_at" in _WRITERS[of_type] else ()
        connection.executemany(_WRITERS[of_type], [(*fact, *when) for fact in group])


def _save_names(connection: sqlite3.Connection, roles: list[Role], records: list[Soa], asked_at: int) -> None:
    domains = dict.fromkeys([role.domain for role in roles] + [record.domain for record in records])
    hosts = dict.fromkeys(role.host for role in roles if role.host)
    connection.executemany(_DOMAIN, [(name, name.rpartition(".")[2], asked_at) for name in domains])
    connection.executemany(_HOST, [(name, asked_at) for name in hosts])
    connection.executemany(_ROLE, [role for role in roles if role.host])


def _save_host_addresses(connection: sqlite3.Connection, facts: list[HostAddress], asked_at: int) -> None:
    refusals = {fact.address: fact.refusal for fact in facts}
    connection.executemany(_HOST, [(name, asked_at) for name in dict.fromkeys(fact.host for fact in facts)])
    connection.executemany(_ADDRESS, [(address, family(address)) for address in refusals])
    connection.executemany(_FOUND, [(address, refusal, asked_at) for address, refusal in refusals.items()])
    connection.executemany(_HOST_ADDRESS, [(fact.host, fact.address) for fact in facts])


_DOMAIN: Final = "INSERT INTO domains (name, tld, asked_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_HOST: Final = "INSERT INTO hosts (name, asked_at) VALUES (?, ?) ON CONFLICT DO NOTHING"
_ROLE: Final = """
    INSERT INTO roles
    SELECT domains.id, ?1, hosts.id, ?4 FROM domains JOIN hosts WHERE domains.name = ?2 AND hosts.name = ?3
    ON CONFLICT DO UPDATE SET priority = excluded.priority WHERE excluded.priority < roles.priority"""
_ADDRESS: Final = "INSERT INTO addresses (address, family) VALUES (?, ?) ON CONFLICT DO NOTHING"
_FOUND: Final = """
    UPDATE addresses SET kind = kind_of(?1), refusal = ?2, found_at = ?3 WHERE address = ?1 AND found_at IS NULL"""
_HOST_ADDRESS: Final = """
    INSERT INTO host_addresses (host_id, family, position, address_id)
    SELECT hosts.id, addresses.family,
           (SELECT 1 + count(*) FROM host_addresses WHERE host_id = hosts.id AND family = addresses.family),
           addresses.id
    FROM hosts JOIN addresses WHERE hosts.name = ? AND addresses.address = ?
          AND NOT EXISTS (SELECT 1 FROM host_addresses WHERE host_id = hosts.id AND family = addresses.family
                                                             AND address_id = addresses.id)"""
# Parameters are the fields of the fact, followed by the time where the table stores one.
_WRITERS: Final[dict[type[Fact], str]] = {
    Place: """
        UPDATE addresses SET asn = ?2, as_organisation = ?3, city = ?4, region = ?5, country_code = ?6, latitude = ?7,
                             longitude = ?8
        WHERE address = ?1 AND coalesce(asn, city, region, country_code, latitude, longitude) IS NULL""",
    Tunnel: "UPDATE addresses SET tunnel_id = ?2 WHERE address = ?1 AND tunnel_id IS NULL",
    ReverseName: """
        INSERT INTO named (address_id, name, asked_at) SELECT id, ?2, ?3 FROM addresses WHERE address = ?1
        ON CONFLICT DO UPDATE SET name = excluded.name WHERE named.name IS NULL AND excluded.name IS NOT NULL""",
    Ping: """
        INSERT INTO heard (address_id, sent, min_ms, avg_ms, max_ms, mdev_ms, weight, asked_at)
        SELECT id, ?2, ?3, ?4, ?5, ?6, ?7, ?8 FROM addresses WHERE address = ?1
        ON CONFLICT DO UPDATE SET sent = excluded.sent, min_ms = excluded.min_ms, avg_ms = excluded.avg_ms,
            max_ms = excluded.max_ms, mdev_ms = excluded.mdev_ms, weight = excluded.weight
        WHERE excluded.weight > heard.weight""",
    Port: f"""
        INSERT INTO ports (address_id, port, open, failure, asked_at)
        SELECT id, ?2, ?3, iif(?3, NULL, '{UNRECORDED}'), ?4 FROM addresses WHERE address = ?1
        ON CONFLICT DO UPDATE SET open = 1, failure = NULL WHERE excluded.open AND NOT ports.open""",
    SmtpSession: """
        INSERT INTO smtp_sessions (address_id, greeting_code, starttls, asked_at)
        SELECT id, ?2, ?3, ?4 FROM addresses WHERE address = ?1
        ON CONFLICT DO UPDATE SET greeting_code = ifnull(smtp_sessions.greeting_code, excluded.greeting_code),
            starttls = ifnull(smtp_sessions.starttls, excluded.starttls)
        WHERE smtp_sessions.greeting_code IS NULL OR smtp_sessions.starttls IS NULL""",
    Trace: """
        INSERT INTO trace_summaries (address_id, mtu, reached_ttl, path, asked_at)
        SELECT id, ?2, ?3, ?4, ?5 FROM addresses WHERE address = ?1 ON CONFLICT DO NOTHING""",
    Soa: """
        INSERT INTO soa_records SELECT id, ?2, ?3, ?4, ?5, ?6, ?7, ?8 FROM domains WHERE name = ?1
        ON CONFLICT DO NOTHING""",
}


def _lookups(owner: str, rdtype: str, records: str) -> str:
    return f"""
        INSERT INTO lookups (owner, owner_id, type, status, asked_at)
        SELECT '{owner}', id, '{rdtype}', iif(EXISTS (SELECT 1 FROM {records}), '{Status.OK}', '{UNRECORDED}'), asked_at
        FROM {owner}s ORDER BY id"""


# Derived from all facts together. The smallest address that may be probed
# represents a host, as in a crawl (docs/decisions/0005).
CONCLUDE: Final = (
    """
    INSERT INTO ping_summaries SELECT address_id, sent, min_ms, avg_ms, max_ms, mdev_ms, asked_at
    FROM heard WHERE sent IS NOT NULL ORDER BY address_id""",
    """
    UPDATE host_addresses SET choice = 1 WHERE address_id = (
        SELECT addresses.id FROM host_addresses AS one JOIN addresses ON addresses.id = one.address_id
        WHERE one.host_id = host_addresses.host_id AND one.family = host_addresses.family AND refusal IS NULL
        ORDER BY octets(address) LIMIT 1)""",
    "INSERT INTO reverse_names SELECT address_id, name FROM named WHERE name IS NOT NULL ORDER BY address_id",
    f"""
    INSERT INTO lookups (owner, owner_id, type, status, records, asked_at)
    SELECT 'address', address_id, 'PTR', iif(name IS NULL, '{UNRECORDED}', '{Status.OK}'), iif(name IS NULL, NULL, 1),
           asked_at
    FROM named ORDER BY address_id""",
    *(
        _lookups("host", rdtype, f"host_addresses WHERE host_id = hosts.id AND family = {of_family}")
        for rdtype, of_family in (("A", 4), ("AAAA", 6))
    ),
)
# By record type: the lookups of domains that were looked up for it.
LOOKUPS: Final = {
    rdtype: _lookups("domain", rdtype, records)
    for rdtype, records in (
        ("NS", "roles WHERE domain_id = domains.id AND kind = 'NS'"),
        ("MX", "roles WHERE domain_id = domains.id AND kind = 'MX'"),
        ("SOA", "soa_records WHERE domain_id = domains.id"),
    )
}
