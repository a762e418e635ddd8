"""
Computes the rows of the summary tables from the facts of a crawl.

Rows come TLD by TLD: those of its domains first, then its totals. Memory grows
with the countries of a TLD and the hosts that its domains share, not with its domains.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, Final

from ipv6matrix.exceptions import ExportError
from ipv6matrix.store import dataset
from ipv6matrix.store.database import Store
from ipv6matrix.summaries import hosts, ipv6, levels
from ipv6matrix.summaries.hosts import PORTS, Count
from ipv6matrix.summaries.rows import (
    NO_COUNTRY,
    DomainPenetration,
    DomainRow,
    HostData,
    Reachability,
    ReadinessRow,
    Row,
)

__all__ = [
    "NO_COUNTRY",
    "SERVICES",
    "DomainPenetration",
    "DomainRow",
    "HostData",
    "Reachability",
    "Row",
    "date_of",
    "rows",
    "rows_of",
    "services_of",
    "with_levels",
]

# By service: the kind of host that should offer it, its port, the metrics that probe
# the port. An SMTP session for STARTTLS shows whether a mail server greets.
_SERVICES: Final = {
    "HTTP": ("WWW", PORTS["http"], ("tcp80",)),
    "HTTPS": ("WWW", PORTS["https"], ("tcp443",)),
    "SMTPS": ("MX", PORTS["smtp"], ("tcp25", "tls")),
}
SERVICES: Final = frozenset(_SERVICES)


def rows_of(store: Store) -> Iterator[Row]:
    """
    Yield all rows of a crawl; of a list with a tag, those of its readiness.

    Raises ExportError if its file does not say when it began.
    """
    date = date_of(store)
    every = with_levels(store, date, rows(dataset.domains(store), date, services_of(store.crawl() or {})))
    return (row for row in every if isinstance(row, ReadinessRow)) if levels.tag_of(store) else every


def with_levels(store: Store, date: dt.date, figures: Iterable[Row]) -> Iterator[Row]:
    """Yield the rows of all domains of a crawl and, between them, those of their readiness."""
    passed: deque[Row] = deque()

    def domains() -> Iterator[DomainRow]:
        for row in figures:
            passed.append(row)
            if isinstance(row, DomainRow):
                yield row

    for row in levels.counted(store, date, levels.domains(store, domains())):
        while passed:
            yield passed.popleft()
        yield row
    yield from passed


def date_of(store: Store) -> dt.date:
    """
    Return the date of a crawl: its first start, in UTC.

    Raises ExportError if its file does not say when it began.
    """
    crawl = store.crawl()
    if crawl is None:
        raise ExportError(f"{str(store.path)!r} does not say when its crawl began: name the ips.db of a crawl")
    return dt.datetime.fromtimestamp(crawl["started_at"], dt.UTC).date()


def services_of(crawl: Mapping[str, Any]) -> frozenset[str]:
    """Return the services that a crawl probed, by its row in the table `crawl`."""
    metrics = json.loads(crawl.get("settings") or "{}").get("METRICS")
    words = metrics.split(",") if isinstance(metrics, str) else metrics
    # A file that does not say what was measured comes from a crawler that measured everything.
    measured = None if words is None else {word.strip() for word in words}
    skipped = json.loads(crawl.get("skipped") or "{}")
    return frozenset(
        name
        for name, (_, _, needed) in _SERVICES.items()
        if any(metric not in skipped and (measured is None or metric in measured) for metric in needed)
    )


def rows(domains: Iterable[dataset.Domain], date: dt.date, services: Collection[str] = SERVICES) -> Iterator[Row]:
    """Yield the rows of domains that come TLD by TLD; a service that was not probed has none."""
    for tld, of_tld in groupby(domains, lambda domain: domain.tld):
        totals = _Totals(services)
        for domain in of_tld:
            row = hosts.domain_row(domain, date)
            totals.add(domain, row.country)
            yield row
        yield from totals.rows(date, tld)


class _Totals:
    """Counts the domains and hosts of one TLD."""

    def __init__(self, services: Collection[str]) -> None:
        self._services = {name: service for name, service in _SERVICES.items() if name in services}
        self._domains: dict[str, Count] = _counts()
        self._hosts: dict[tuple[str, str], Count] = _counts()
        self._reached: dict[tuple[str, str], Count] = _counts()
        self._seen: set[tuple[str, str]] = set()

    def add(self, domain: dataset.Domain, country: str) -> None:
        _count_domain(self._domains[country], domain)
        for host in filter(hosts.is_there, domain.hosts):
            where = hosts.country(host)
            if where != NO_COUNTRY:
                counts = self._hosts[where, host.kind]
                _count_host(counts, host)
                if self._is_new(domain, host):
                    _count_measures(counts, host)
                self._count_reached(host, where)

    def _is_new(self, domain: dataset.Domain, host: dataset.Host) -> bool:
        """Check whether a host of this kind comes for the first time."""
        if _is_of_one_domain(domain, host):
            return True
        count_before = len(self._seen)
        self._seen.add((host.kind, host.name))
        return len(self._seen) > count_before

    def _count_reached(self, host: dataset.Host, country: str) -> None:
        for name, (kind, is_open, _) in self._services.items():
            if kind == host.kind:
                _count_service(self._reached[country, name], host, is_open)

    def rows(self, date: dt.date, tld: str) -> Iterator[Row]:
        for country, counts in sorted(self._domains.items()):
            yield DomainPenetration(date=date, country=country, tld=tld, **counts)
        for (country, kind), counts in sorted(self._hosts.items()):
            # Averages have three digits, and so have their sums.
            sums = {name: round(counts[name], 3) for name in ("ping4", "ping6")}
            yield HostData(date=date, country=country, tld=tld, type=kind, **(counts | sums))
        for (country, service), counts in sorted(self._reached.items()):
            yield Reachability(date=date, country=country, tld=tld, service=service, **counts)


def _counts() -> defaultdict[Any, Count]:
    return defaultdict(lambda: Count(int))


def _is_of_one_domain(domain: dataset.Domain, host: dataset.Host) -> bool:
    """
    Check whether no other domain can have this host, so that it need not be remembered.

    Two domains guess the same host only where www.ipv6 before a.example and www before
    ipv6.a.example meet; most domains have two labels, and most prefixes one.
    """
    return host.is_guessed and domain.name.count(".") == 1 and host.name.count(".") == 2


def _count_domain(counts: Count, domain: dataset.Domain) -> None:
    state = ipv6.of_domain(domain)
    counts["domains"] += 1
    counts["domains6"] += state == "yes"
    counts["unknown"] += state == "unknown"
    for kind in ipv6.KINDS:
        of_kind, name = ipv6.of_kind(domain, kind), kind.lower()
        counts[name] += of_kind == "yes"
        counts[f"{name}_known"] += of_kind in ("yes", "no")
        counts[f"{name}_unknown"] += of_kind == "unknown"


def _count_host(counts: Count, host: dataset.Host) -> None:
    counts["hosts"] += 1
    if hosts.is_unknown(host):
        counts["unknown"] += 1
    elif host.ip4:
        counts["dualstack" if host.ip6 else "hosts4"] += 1
    else:
        counts["hosts6" if host.ip6 else "noip"] += 1


def _count_measures(counts: Count, host: dataset.Host) -> None:
    if pings := hosts.averages(host):
        _count_pair(counts, pings, ("pinghosts", "faster", "ping4", "ping6"))
    if hops := hosts.hops(host):
        _count_pair(counts, hops, ("pathhosts", "fewer", "hops4", "hops6"))


def _count_pair(counts: Count, pair: hosts.Pair, names: tuple[str, str, str, str]) -> None:
    four, six = pair
    for name, value in zip(names, (1, four > six, four, six), strict=True):
        counts[name] += value


def _count_service(counts: Count, host: dataset.Host, is_open: Callable[[dataset.Address], bool | None]) -> None:
    states = {family: is_open(address) for family, address in hosts.addresses(host)}
    for family, state in states.items():
        counts[f"hosts{family}"] += 1
        counts[f"reach{family}"] += state is True
    counts["unknown"] += None in states.values()
