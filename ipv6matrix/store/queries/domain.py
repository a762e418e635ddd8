"""
All facts about one domain, as nested dictionaries with the names of the tables' columns.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from itertools import groupby
from typing import Any, Final

from ipv6matrix.exceptions import StoreError
from ipv6matrix.store.database import Store

Facts = dict[str, Any]

ADDRESSES: Final = 500
"Addresses of one page: a domain may have tens of thousands, of which each takes a dozen queries."

_DOMAIN: Final = ("name", "tld", "refusal", "asked_at")
_LOOKUP: Final = ("status", "ttl_s", "records", "canonical_name", "inferred", "security", "asked_at")
_SOA: Final = ("mname", "rname", "serial", "refresh_s", "retry_s", "expire_s", "minimum_s")
_HOST: Final = ("kind", "priority", "name", "wildcard", "refusal", "asked_at")
_ADDRESS: Final = (
    *("address", "family", "position", "choice", "kind", "refusal", "tunnel_id", "asn", "as_organisation", "city"),
    *("region", "country_code", "latitude", "longitude"),
)
# Tables with at most one row per address.
_MEASURED: Final = {
    "reverse_names": ("name",),
    "pings": ("sent", "rtts_ms", "failure", "asked_at"),
    "ping_summaries": ("sent", "min_ms", "avg_ms", "max_ms", "mdev_ms", "asked_at"),
    "smtp_sessions": (
        *("greeting_code", "greeting", "hello", "starttls", "tls_version", "certificate_sha256"),
        *("certificate_subject", "certificate_issuer", "certificate_not_before", "certificate_not_after"),
        *("certificate_names", "certificate_names_total", "failure", "asked_at"),
    ),
    "traces": ("reached_ttl", "stop", "failure", "asked_at"),
    "trace_summaries": ("mtu", "reached_ttl", "path", "asked_at"),
    "ntp_replies": ("status", "stratum", "reference_id", "offset_ms", "delay_ms", "asked_at"),
    "path_mtus": ("status", "mtu_bytes", "sent", "asked_at"),
}
# Tables of what is measured of a host at one of its addresses.
_PAIRED: Final = {
    "tls_handshakes": (
        *("status", "version", "cipher", "alpn", "certificate_sha256", "certificate_subject", "certificate_issuer"),
        *("certificate_not_before", "certificate_not_after", "certificate_names", "certificate_names_total"),
        *("handshake_ms", "asked_at"),
    ),
    "web_pages": (
        *("scheme", "tls", "certificate_sha256", "status_code", "location", "server", "length_bytes", "end"),
        *("sha256", "title", "failure", "hosts", "asked_at"),
    ),
}
_PORT: Final = ("port", "open", "connect_ms", "mss_bytes", "failure", "asked_at")
_HOP: Final = ("ttl", "address", "asn", "as_organisation", "country_code", "name", "rtt_ms")
# Types that SQLite does not have.
_TYPES: Final[dict[str, Callable[[Any], Any]]] = {
    "rtts_ms": json.loads,
    "certificate_names": json.loads,
    "open": bool,
    "wildcard": bool,
    "inferred": bool,
}


def facts(store: Store, name: str, offset: int = 0) -> Facts | None:
    """
    Return the facts about a domain of the list; None for a name that is not in it.

    Measurements that were not made are missing. A domain with very many addresses is returned page by page, from
    an offset; the key `next_offset` is present if there are more. Raises StoreError for a file that cannot be read.
    """
    try:
        return _domain(store, name, offset)
    except (sqlite3.DatabaseError, ValueError) as error:
        raise StoreError(
            f"Cannot read {str(store.path)!r} ({error}): check the disk, or use another file",
            code="DATABASE_NOT_READABLE",
        ) from error


def _domain(store: Store, name: str, offset: int) -> Facts | None:
    domain_rows = store.query(f"SELECT id, {', '.join(_DOMAIN)} FROM domains WHERE name = ?", (name,))
    if not domain_rows:
        return None
    ((number, *values),) = domain_rows
    soa = store.query(f"SELECT {', '.join(_SOA)} FROM soa_records WHERE domain_id = ?", (number,))
    rows = store.query(_HOSTS, (number, ADDRESSES + 1, offset))
    return {
        "run": (store.crawl() or {}).get("run"),
        **_named(_DOMAIN, values),
        "lookups": _lookups(store, "domain", number),
        **({"soa": _named(_SOA, soa[0])} if soa else {}),
        "hosts": [_host(store, list(of_host)) for _, of_host in groupby(rows[:ADDRESSES], _host_key)],
        **({"next_offset": offset + ADDRESSES} if len(rows) > ADDRESSES else {}),
    }


def _of(table: str, *columns: str) -> list[str]:
    return [f"{table}.{column}" for column in columns]


# One row for each address of a host, or for a host without any.
_HOSTS: Final = f"""
    SELECT {", ".join(_of("roles", "kind", "priority"))}, {", ".join(_of("hosts", *_HOST[2:]))}, hosts.id,
           addresses.id, addresses.address, {", ".join(_of("host_addresses", *_ADDRESS[1:4]))},
           {", ".join(_of("addresses", *_ADDRESS[4:]))}
    FROM roles JOIN hosts ON hosts.id = roles.host_id
    LEFT JOIN host_addresses ON host_addresses.host_id = hosts.id
    LEFT JOIN addresses ON addresses.id = address_id
    WHERE domain_id = ? ORDER BY roles.kind, priority, hosts.name, host_addresses.family, position
    LIMIT ? OFFSET ?"""

_HOPS: Final = """
    SELECT ttl, address, asn, as_organisation, country_code, reverse_names.name, rtt_ms
    FROM hops LEFT JOIN addresses ON addresses.id = router_id
    LEFT JOIN reverse_names ON reverse_names.address_id = router_id
    WHERE hops.address_id = ? ORDER BY ttl"""


def _host_key(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return row[: len(_HOST) + 1]


def _host(store: Store, rows: list[tuple[Any, ...]]) -> Facts:
    *values, number = _host_key(rows[0])
    addresses = [row[len(_HOST) + 1 :] for row in rows]
    address_facts = [
        {**_address(store, *row), **_paired(store, number, row[0])} for row in addresses if row[0] is not None
    ]
    return {**_named(_HOST, values), "lookups": _lookups(store, "host", number), "addresses": address_facts}


def _lookups(store: Store, owner: str, number: int) -> Facts:
    """Return the lookups of a domain, host or address, by record type."""
    rows = store.query(
        f"SELECT type, {', '.join(_LOOKUP)} FROM lookups WHERE owner = ? AND owner_id = ?", (owner, number)
    )
    return {rdtype: _named(_LOOKUP, values) for rdtype, *values in rows}


def _address(store: Store, number: int, *values: Any) -> Facts:
    measured: Facts = {"lookups": _lookups(store, "address", number)}
    for table, columns in _MEASURED.items():
        rows = store.query(f"SELECT {', '.join(columns)} FROM {table} WHERE address_id = ?", (number,))
        if rows:
            measured[table] = _named(columns, rows[0])
    if "traces" in measured:
        measured["traces"]["hops"] = [_named(_HOP, row) for row in store.query(_HOPS, (number,))]
    ports = store.query(f"SELECT {', '.join(_PORT)} FROM ports WHERE address_id = ? ORDER BY port", (number,))
    return {**_named(_ADDRESS, values), **measured, "ports": [_named(_PORT, row) for row in ports]}


def _paired(store: Store, host: int, address: int) -> Facts:
    """Return what was measured of a host at an address: a list for each kind that was."""
    measured: Facts = {}
    for table, columns in _PAIRED.items():
        where = "host_id = ? AND address_id = ?"
        if rows := store.query(f"SELECT {', '.join(columns)} FROM {table} WHERE {where}", (host, address)):
            measured[table] = [_named(columns, row) for row in rows]
    return measured


def _named(names: tuple[str, ...], values: Any) -> Facts:
    return {
        name: _TYPES[name](value) if name in _TYPES and value is not None else value
        for name, value in zip(names, values, strict=True)
    }
