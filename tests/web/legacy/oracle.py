"""
The answers of the API of 2022, worked out in plain Python from the rows of the summaries.

Written from the table of resources in docs/api.md, field by field, and from
nothing of the package but the rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, Final

from ipv6matrix.summaries.rows import DomainPenetration, DomainRow, HostData, Reachability
from tests.web.summaries import ROWS

Row = dict[str, Any]
Fields = dict[str, Callable[[Any], float]]

# By resource: whose rows, the groups, and how each field comes of a row.
FIGURES: Final[dict[str, tuple[type, tuple[str, ...], Fields]]] = {
    "hosts": (
        HostData,
        ("tld", "country", "type"),
        {"hosts": lambda row: row.hosts, "hosts6": lambda row: row.hosts6 + row.dualstack},
    ),
    "dualstack": (
        HostData,
        ("tld", "country", "type"),
        {
            "hosts": lambda row: row.hosts,
            "hosts4": lambda row: row.hosts4,
            "hosts6": lambda row: row.hosts6,
            "dualstack": lambda row: row.dualstack,
            "noip": lambda row: row.noip,
        },
    ),
    "ping": (
        HostData,
        ("tld", "country", "type"),
        {
            "hosts": lambda row: row.pinghosts,
            "faster": lambda row: row.faster,
            "ping4": lambda row: row.ping4,
            "ping6": lambda row: row.ping6,
        },
    ),
    "path": (
        HostData,
        ("tld", "country", "type"),
        {
            "hosts": lambda row: row.pathhosts,
            "fewer": lambda row: row.fewer,
            "hops4": lambda row: row.hops4,
            "hops6": lambda row: row.hops6,
        },
    ),
    "reach": (
        Reachability,
        ("tld", "country", "service"),
        {
            "hosts4": lambda row: row.hosts4,
            "hosts6": lambda row: row.hosts6,
            "reach4": lambda row: row.reach4,
            "reach6": lambda row: row.reach6,
        },
    ),
    "domains": (
        DomainPenetration,
        ("tld", "country"),
        {
            "domains": lambda row: row.domains,
            "domains6": lambda row: row.domains6,
            "www": lambda row: row.www,
            "ns": lambda row: row.ns,
            "mx": lambda row: row.mx,
            "ntp": lambda row: row.ntp,
        },
    ),
}
COUNTRY: Final[Fields] = {
    "hosts": lambda row: row.hosts,
    "hosts4": lambda row: row.hosts4,
    "hosts6": lambda row: row.hosts6 + row.dualstack,
    "hosts6only": lambda row: row.hosts6,
    "dualstack": lambda row: row.dualstack,
    "noip": lambda row: row.noip,
    "pinghosts": lambda row: row.pinghosts,
    "faster": lambda row: row.faster,
    "ping4": lambda row: row.ping4,
    "ping6": lambda row: row.ping6,
    "pathhosts": lambda row: row.pathhosts,
    "fewer": lambda row: row.fewer,
    "hops4": lambda row: row.hops4,
    "hops6": lambda row: row.hops6,
}
DOMAIN: Final = (
    *("domain", "country", "www_hosts", "www_hosts6", "mx_hosts", "mx_hosts6", "ns_hosts", "ns_hosts6", "ntp_hosts"),
    *("ntp_hosts6", "http4", "http6", "https4", "https6", "smtp4", "smtp6", "faster", "pingratio", "fewer", "hopratio"),
)


def figures(
    resource: str,
    group: str | None = None,
    country: str | None = None,
    tlds: Iterable[str] = (),
    types: Iterable[str] = (),
    least: int = 0,
) -> list[Row]:
    """Give the rows of one of the first six resources."""
    kind, _, fields = FIGURES[resource]
    rows = [
        row
        for row in ROWS
        if isinstance(row, kind)
        and (country is None or row.country == country)
        and (not tlds or row.tld in tlds)
        and (not types or kind is not HostData or row.type in types)
    ]
    found = []
    for key, members in _by_key(rows, group):
        sums = _sums(members, fields)
        if next(iter(sums.values())) >= least:
            found.append({"date": key[0], **sums, **({group: key[1]} if group else {})})
    return found


def of_country(code: str, tlds: Iterable[str] = (), types: Iterable[str] = (), least: int = 0) -> list[Row]:
    """Give the rows of /country-."""
    rows = [
        row
        for row in ROWS
        if isinstance(row, HostData)
        and row.country == code
        and (not tlds or row.tld in tlds)
        and (not types or row.type in types)
    ]
    found = [{"date": key[0], "country": code, **_sums(members, COUNTRY)} for key, members in _by_key(rows, None)]
    return [row for row in found if row["hosts"] >= least]


def of_domain(name: str) -> list[Row]:
    """Give the rows of /domain-."""
    rows = [row for row in ROWS if isinstance(row, DomainRow) and row.domain == name]
    return [{"date": row.date.isoformat(), **{field: _number(getattr(row, field)) for field in DOMAIN}} for row in rows]


def search(prefix: str) -> list[Row]:
    """Give the rows of /domain/search-."""
    names = {row.domain for row in ROWS if isinstance(row, DomainRow) and row.domain.startswith(prefix)}
    return [{"domain": name} for name in sorted(names)[:20]]


def nested(rows: list[Row], *keys: str) -> dict[str, Any]:
    """Nest rows by their keys; leaves are without them."""
    tree: dict[str, Any] = {}
    for row in rows:
        branch = tree
        for key in keys[:-1]:
            branch = branch.setdefault(row[key], {})
        branch[row[keys[-1]]] = {name: value for name, value in row.items() if name not in keys}
    return tree


def _by_key(rows: Iterable[Any], group: str | None) -> list[tuple[tuple[str, ...], list[Any]]]:
    by_key = defaultdict(list)
    for row in rows:
        by_key[row.date.isoformat(), *([getattr(row, group)] if group else [])].append(row)
    return sorted(by_key.items())


def _sums(rows: Iterable[Any], fields: Fields) -> dict[str, float]:
    return {name: _number(round(sum(map(field, rows)), 3)) for name, field in fields.items()}


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value
