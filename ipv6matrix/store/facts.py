"""
Writes items: one function per kind, all within the open transaction.

Each fact is written once: existing rows do not change, so an answer that arrives
twice (a request repeated after a kill) changes nothing. An answer of the retry
pass replaces a temporary failure, which moves to first_answers, and nothing else.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from typing import Any, Final

from ipv6matrix.items import (
    NO_REPLY,
    TRANSIENT_ADDRESS_FAILURES,
    TRANSIENT_LOOKUP_FAILURES,
    Address,
    Answered,
    Certificate,
    DomainItem,
    ExclusionItem,
    Failure,
    Host,
    HostsItem,
    LookupObservation,
    PingItem,
    ReverseItem,
    Role,
    SmtpObservation,
    SoaRecord,
    TcpItem,
    TraceItem,
)
from ipv6matrix.targets.policy import family


def save(connection: sqlite3.Connection, item: Answered) -> None:
    """Write the facts of one item."""
    _writers[type(item)](connection, item)


def _replaces(
    connection: sqlite3.Connection, subject: str, request: str, outcome: str | None, asked_at: int | None
) -> bool:
    """Store the outcome of a first request; return False if it is not a temporary failure, or is stored already."""
    temporary = (
        TRANSIENT_ADDRESS_FAILURES | {NO_REPLY} if request.startswith(("ping", "tcp")) else TRANSIENT_LOOKUP_FAILURES
    )
    if outcome not in temporary:
        return False
    cursor = connection.execute(
        "INSERT INTO first_answers VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", (subject, request, outcome, asked_at)
    )
    return cursor.rowcount == 1


def _save_domain(connection: sqlite3.Connection, item: DomainItem) -> None:
    if item.second:
        _renew_domain(connection, item)
        return
    cursor = connection.execute(
        "INSERT INTO domains (name, tld, ns_status, ns_ttl_s, mx_status, mx_ttl_s, soa_status, soa_ttl_s,"
        " ns_hosts, mx_hosts, inferred, refusal, asked_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        (
            item.name,
            item.tld,
            *_status_and_ttl(item.ns),
            *_status_and_ttl(item.mx),
            *_status_and_ttl(item.soa),
            _hosts_named(item.ns),
            _hosts_named(item.mx),
            _inferred(item.ns, item.mx, item.soa),
            item.refusal,
            int(item.asked_at),
        ),
    )
    if cursor.rowcount == 0:
        return
    domain_id = cursor.lastrowid
    assert domain_id is not None
    _save_soa(connection, domain_id, item.soa)
    _save_roles(connection, domain_id, item.roles)
    for host in item.hosts:
        _save_host(connection, host)


def _renew_domain(connection: sqlite3.Connection, item: DomainItem) -> None:
    row = connection.execute(
        "SELECT id, asked_at, ns_status, mx_status, soa_status FROM domains WHERE name = ?", (item.name,)
    ).fetchone()
    if row is None:
        return
    domain_id, asked_at, *outcomes = row
    renewed: list[LookupObservation] = []
    for lookup, outcome in zip((item.ns, item.mx, item.soa), outcomes, strict=True):
        if lookup and _replaces(connection, item.name, lookup.type, outcome, asked_at):
            renewed.append(lookup)
            column = lookup.type.lower()
            connection.execute(
                f"UPDATE domains SET {column}_status = ?, {column}_ttl_s = ? WHERE id = ?",
                (*_status_and_ttl(lookup), domain_id),
            )
            if lookup.type != "SOA":
                connection.execute(
                    f"UPDATE domains SET {column}_hosts = ? WHERE id = ?", (_hosts_named(lookup), domain_id)
                )
            _save_roles(connection, domain_id, tuple(role for role in item.roles if role.kind == lookup.type))
            _save_soa(connection, domain_id, lookup if lookup is item.soa else None)
    _add_inferred(connection, "domains", domain_id, _inferred(*renewed))
    for host in item.hosts:
        _save_host(connection, host)


def _status_and_ttl(lookup: LookupObservation | None) -> tuple[str | None, int | None]:
    return (lookup.status, lookup.ttl_s) if lookup else (None, None)


def _hosts_named(lookup: LookupObservation | None) -> int | None:
    """Return the number of hosts that an NS or MX answer names, stored or not; None without an answer."""
    if lookup is None or isinstance(lookup.status, Failure):
        return None
    return len({host for host in (*lookup.texts, *(host for _, host in lookup.exchangers)) if host})


def _addresses_held(lookup: LookupObservation | None) -> int | None:
    """Return the number of addresses in an answer, stored or not; None without an answer."""
    if lookup is None or isinstance(lookup.status, Failure):
        return None
    return len(lookup.records) + lookup.omitted


def _inferred(*lookups: LookupObservation | None) -> str | None:
    """Return the types of the lookups that were not sent; None if all were."""
    return ",".join(lookup.type for lookup in lookups if lookup and lookup.inferred) or None


def _add_inferred(connection: sqlite3.Connection, table: str, row_id: int, types: str | None) -> None:
    if types:
        connection.execute(
            f"UPDATE {table} SET inferred = ifnull(inferred || ',', '') || ? WHERE id = ?", (types, row_id)
        )


def _save_soa(connection: sqlite3.Connection, domain_id: int, lookup: LookupObservation | None) -> None:
    for record in (lookup.records if lookup else ())[:1]:
        assert isinstance(record, SoaRecord)
        connection.execute(
            "INSERT INTO soa_records VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                domain_id,
                _spelled(record.mname),
                _spelled(record.rname),
                record.serial,
                record.refresh_s,
                record.retry_s,
                record.expire_s,
                record.minimum_s,
            ),
        )


def _save_roles(connection: sqlite3.Connection, domain_id: int, roles: tuple[Role, ...]) -> None:
    connection.executemany(
        "INSERT INTO roles (domain_id, kind, host_id, priority) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [(domain_id, role.kind, _host_id(connection, role.host), role.priority) for role in roles],
    )


def _spelled(name: str | None) -> str | None:
    """Return a name with the root spelled as a dot: an empty text would look like a missing name."""
    return "." if name == "" else name


def _host_id(connection: sqlite3.Connection, name: str) -> int:
    row = connection.execute("SELECT id FROM hosts WHERE name = ?", (name,)).fetchone()
    if row:
        return int(row[0])
    host_id = connection.execute("INSERT INTO hosts (name) VALUES (?)", (name,)).lastrowid
    assert host_id is not None
    return host_id


def _save_hosts(connection: sqlite3.Connection, item: HostsItem) -> None:
    for address in item.addresses:
        _save_address(connection, address)
    for host in item.hosts:
        (_renew_host if item.second else _save_host)(connection, host)


def _renew_host(connection: sqlite3.Connection, host: Host) -> None:
    row = connection.execute(
        "SELECT id, asked_at, a_status, aaaa_status FROM hosts WHERE name = ?", (host.name,)
    ).fetchone()
    if row is None:
        return
    host_id, asked_at, *outcomes = row
    renewed: dict[str, LookupObservation] = {}
    for lookup, outcome in zip((host.a, host.aaaa), outcomes, strict=True):
        if lookup and _replaces(connection, host.name, lookup.type, outcome, asked_at):
            column = lookup.type.lower()
            renewed[column] = lookup
            connection.execute(
                f"UPDATE hosts SET {column}_status = ?, {column}_ttl_s = ?, {column}_addresses = ?,"
                " canonical_name = ifnull(canonical_name, ?), wildcard = iif(?, ?, wildcard) WHERE id = ?",
                (
                    *_status_and_ttl(lookup),
                    _addresses_held(lookup),
                    _spelled(lookup.canonical_name),
                    bool(lookup.texts),
                    host.wildcard,
                    host_id,
                ),
            )
    _add_inferred(connection, "hosts", host_id, _inferred(*renewed.values()))
    renewed_host = Host(name=host.name, a=renewed.get("a"), aaaa=renewed.get("aaaa"), chosen=host.chosen)
    _save_host_addresses(connection, host_id, renewed_host)


def _save_host(connection: sqlite3.Connection, host: Host) -> None:
    host_id = _host_id(connection, host.name)
    asked = host.a or host.aaaa
    known = connection.execute(
        "UPDATE hosts SET a_status = ?, a_ttl_s = ?, aaaa_status = ?, aaaa_ttl_s = ?, a_addresses = ?,"
        " aaaa_addresses = ?, inferred = ?, canonical_name = ?, wildcard = ?, refusal = ?, asked_at = ?"
        " WHERE id = ? AND asked_at IS NULL AND refusal IS NULL",
        (
            *_status_and_ttl(host.a),
            *_status_and_ttl(host.aaaa),
            _addresses_held(host.a),
            _addresses_held(host.aaaa),
            _inferred(host.a, host.aaaa),
            next(filter(None, (_spelled(lookup.canonical_name) for lookup in (host.a, host.aaaa) if lookup)), None),
            host.wildcard,
            host.refusal,
            int(asked.asked_at) if asked else None,
            host_id,
        ),
    )
    if known.rowcount:
        _save_host_addresses(connection, host_id, host)


def _save_host_addresses(connection: sqlite3.Connection, host_id: int, host: Host) -> None:
    choices: dict[int, int] = {}
    rank: dict[str, int] = {}
    for address in host.chosen:
        choices[family(address)] = rank[address] = choices.get(family(address), 0) + 1
    for number, lookup in ((4, host.a), (6, host.aaaa)):
        connection.executemany(
            "INSERT INTO host_addresses (host_id, family, position, address_id, choice) VALUES (?, ?, ?, ?, ?)",
            [
                (host_id, number, position, _address_id(connection, address), rank.get(address))
                for position, address in enumerate(lookup.texts if lookup else (), start=1)
            ],
        )


def _save_address(connection: sqlite3.Connection, address: Address) -> None:
    connection.execute(
        "INSERT INTO addresses (address, family, kind, refusal, tunnel_id, asn, as_organisation, city, region,"
        " country_code, latitude, longitude, found_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (address) DO UPDATE SET kind = excluded.kind, refusal = excluded.refusal,"
        " tunnel_id = excluded.tunnel_id, asn = excluded.asn, as_organisation = excluded.as_organisation,"
        " city = excluded.city, region = excluded.region, country_code = excluded.country_code,"
        " latitude = excluded.latitude, longitude = excluded.longitude, found_at = excluded.found_at"
        " WHERE found_at IS NULL",
        (
            address.address,
            address.family,
            address.kind,
            address.refusal,
            address.tunnel_id,
            address.asn,
            address.as_organisation,
            address.city,
            address.region,
            address.country_code,
            address.latitude,
            address.longitude,
            int(address.found_at),
        ),
    )


def _address_id(connection: sqlite3.Connection, address: str) -> int:
    row = connection.execute("SELECT id FROM addresses WHERE address = ?", (address,)).fetchone()
    if row:
        return int(row[0])
    # An address seen only as a router on a path; found_at stays empty.
    address_id = connection.execute(
        "INSERT INTO addresses (address, family) VALUES (?, ?)", (address, family(address))
    ).lastrowid
    assert address_id is not None
    return address_id


def _save_reverse(connection: sqlite3.Connection, item: ReverseItem) -> None:
    address_id, names = _address_id(connection, item.address), item.lookup.texts
    if item.second:
        row = connection.execute("SELECT status, asked_at FROM reverse_names WHERE address_id = ?", (address_id,))
        if not _replaces(connection, item.address, "PTR", *(row.fetchone() or (None, None))):
            return
        connection.execute("DELETE FROM reverse_names WHERE address_id = ?", (address_id,))
    connection.execute(
        "INSERT INTO reverse_names VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (
            address_id,
            item.lookup.status,
            # Servers rotate the order of names; the smallest one is the same in every crawl.
            _spelled(min(names, default=None)),
            len(names),
            item.lookup.ttl_s,
            int(item.lookup.asked_at),
        ),
    )


def _save_ping(connection: sqlite3.Connection, item: PingItem) -> None:
    address_id = _address_id(connection, item.address)
    if item.second:
        row = connection.execute(
            "SELECT ifnull(failure, iif(rtts_ms = '[]', ?, NULL)), asked_at FROM pings WHERE address_id = ?",
            (NO_REPLY, address_id),
        )
        if not _replaces(connection, item.address, "ping", *(row.fetchone() or (None, None))):
            return
        connection.execute("DELETE FROM pings WHERE address_id = ?", (address_id,))
    connection.execute(
        "INSERT INTO pings VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (
            address_id,
            item.ping.sent,
            json.dumps(item.ping.rtts_ms, separators=(",", ":")),
            item.ping.failure,
            int(item.ping.asked_at),
        ),
    )


def _save_tcp(connection: sqlite3.Connection, item: TcpItem) -> None:
    address_id = _address_id(connection, item.address)
    ports = item.tcp.ports
    if item.second:
        ports = tuple(port for port in ports if _removes_failure(connection, address_id, item.address, port.port))
    connection.executemany(
        "INSERT INTO ports VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [(address_id, port.port, port.open, port.connect_ms, port.failure, int(port.asked_at)) for port in ports],
    )
    if item.tcp.smtp and (ports or not item.second):
        _save_smtp(connection, address_id, item.tcp.smtp)


def _removes_failure(connection: sqlite3.Connection, address_id: int, address: str, port: int) -> bool:
    """Delete the row of a port if its outcome is to be replaced; return False if it is not."""
    where, key = "FROM ports WHERE address_id = ? AND port = ?", (address_id, port)
    row = connection.execute(f"SELECT failure, asked_at {where}", key).fetchone() or (None, None)
    if not _replaces(connection, address, f"tcp {port}", *row):
        return False
    connection.execute(f"DELETE {where}", key)
    return True


def _save_smtp(connection: sqlite3.Connection, address_id: int, smtp: SmtpObservation) -> None:
    connection.execute(
        "INSERT INTO smtp_sessions (address_id, greeting_code, greeting, hello, starttls, tls_version,"
        " certificate_sha256, certificate_subject, certificate_issuer, certificate_not_before, certificate_not_after,"
        " certificate_names, certificate_names_total, failure, asked_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (
            address_id,
            smtp.greeting_code,
            smtp.greeting,
            smtp.hello,
            smtp.starttls,
            smtp.tls_version,
            *_certificate(smtp.certificate),
            smtp.failure,
            int(smtp.asked_at),
        ),
    )


def _certificate(certificate: Certificate | None) -> tuple[Any, ...]:
    if certificate is None:
        return (None,) * 7
    return (
        certificate.sha256,
        certificate.subject,
        certificate.issuer,
        _seconds(certificate.not_before),
        _seconds(certificate.not_after),
        None if certificate.names is None else json.dumps(certificate.names, ensure_ascii=False),
        certificate.names_total,
    )


def _seconds(time: float | None) -> int | None:
    return None if time is None else int(time)


def _save_trace(connection: sqlite3.Connection, item: TraceItem) -> None:
    address_id, trace = _address_id(connection, item.address), item.trace
    cursor = connection.execute(
        "INSERT INTO traces VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (address_id, trace.reached_ttl, trace.stop, trace.failure, int(trace.asked_at)),
    )
    if cursor.rowcount:
        connection.executemany(
            "INSERT INTO hops VALUES (?, ?, ?, ?)",
            [
                (address_id, hop.ttl, _address_id(connection, hop.address) if hop.address else None, hop.rtt_ms)
                for hop in trace.hops
            ],
        )


def _save_refusal(connection: sqlite3.Connection, item: ExclusionItem) -> None:
    connection.execute(
        "UPDATE addresses SET refusal = ? WHERE address = ? AND refusal IS NULL", (item.reason, item.address)
    )


_writers: Final[dict[type[Answered], Callable[[sqlite3.Connection, Any], None]]] = {
    DomainItem: _save_domain,
    HostsItem: _save_hosts,
    ReverseItem: _save_reverse,
    PingItem: _save_ping,
    TcpItem: _save_tcp,
    TraceItem: _save_trace,
    ExclusionItem: _save_refusal,
}
