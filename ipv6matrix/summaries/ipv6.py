"""
The one definition of "a domain has IPv6": for the summaries, the report, the website, its APIs and `scrapy summary`.

A domain has IPv6 on a kind of host if one of its hosts of that kind has a usable IPv6 address. It is unknown if
none has, as far as is known, and a lookup failed: an error is not an absence. A domain without such a host, or
whose hosts have no address at all, is not counted for that kind. A share is one of the domains that are known.
`ipv6_conditions` has the same for rows, `store.queries.ipv6` for the facts of a crawl; tests compare them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from ipv6matrix.store import dataset

KINDS: Final = ("WWW", "MX", "NS", "NTP")

State = Literal["yes", "no", "unknown"]

COLUMNS: Final = ("www_hosts6", "mx_hosts6", "ns_hosts6", "ntp_hosts6")


def of_kind(domain: dataset.Domain, kind: str) -> State | None:
    """Return whether a domain has IPv6 on a kind of host; None if it has no such host."""
    hosts = domain.of_kind(kind)
    if any(host.ip6 for host in hosts):
        return "yes"
    if domain.is_unknown(kind) or any(host.is_unknown(6) for host in hosts):
        return "unknown"
    return "no" if any(host.has_address for host in hosts) else None


def of_domain(domain: dataset.Domain) -> State:
    """Return whether a domain has IPv6 on any host."""
    if any(host.ip6 for host in domain.hosts):
        return "yes"
    is_unknown = domain.failed_lookups or any(host.is_unknown(6) for host in domain.hosts)
    return "unknown" if is_unknown else "no"


def of_row(row: Mapping[Any, Any]) -> State:
    """Return whether a row of Domains has IPv6 on any host."""
    if any(row[name] for name in COLUMNS):
        return "yes"
    return "unknown" if row["unknown"] else "no"
