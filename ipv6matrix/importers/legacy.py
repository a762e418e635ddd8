"""
Reads an ips.db of the 2022 crawler into one of this project.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from ipv6matrix.config.plan import FEATURES
from ipv6matrix.importers import facts
from ipv6matrix.importers.complaints import Complaints
from ipv6matrix.importers.eras import Ours
from ipv6matrix.importers.texts import UNKNOWN, BrokenError, address, counted, decimal, domain, host, whole
from ipv6matrix.store.imported import LAST, Fact, Role, Trace
from ipv6matrix.store.legacy import Legacy
from ipv6matrix.store.rebuild import Rebuild

_Row = tuple[str, ...]


def load(source: Legacy, rebuild: Rebuild, era: Ours, complaints: Complaints) -> set[str]:
    """Add all facts of a database, and return the features and metrics that it covers; raises StoreError."""
    words: set[str] = set()
    for table, (read, words_of) in _TABLES.items():
        complain = complaints.about(f"{source.path}, table {table}:")
        for number, row in enumerate(source.rows(table), start=1):
            try:
                row_facts = list(read(era, row))
            except BrokenError as error:
                complain(number, str(error))
            else:
                rebuild.write(row_facts)
                words.update(words_of(row))
    return words


# --- rows, by table ---


def _job(_: Ours, row: _Row) -> Iterator[Fact]:
    kind, name, host_name, priority = row
    if kind not in FEATURES:
        raise BrokenError(f"{kind!r} is not one of {', '.join(FEATURES)}")
    yield Role(kind, domain(name), host(host_name), counted(priority, LAST))


def _soa(_: Ours, row: _Row) -> Iterator[Fact]:
    name, mname, soa = row
    rname, *numbers = soa.rsplit(",", 5)
    if len(numbers) != 5:
        raise BrokenError(f"{soa!r} is not a SOA record")
    yield facts.soa(domain(name), mname, rname, numbers)


def _ip4(era: Ours, row: _Row) -> Iterator[Fact]:
    ip = address(row[1], 4)
    yield from facts.host_addresses(era, host(row[0]), ip)
    if ip:
        yield from facts.place(era, ip, row[2:])


def _ip6(era: Ours, row: _Row) -> Iterator[Fact]:
    ip = address(row[1], 6)
    yield from facts.host_addresses(era, host(row[0]), ip)
    if ip:
        yield from era.tunnel(ip)


def _ping(era: Ours, row: _Row) -> Iterator[Fact]:
    if ip := address(row[0]):
        yield era.ping(facts.ping(ip, whole(row[1]), [decimal(text) for text in row[2:]]))


def _rdns(era: Ours, row: _Row) -> Iterator[Fact]:
    if ip := address(row[0]):
        yield era.reverse_name(ip, row[1])


def _tcp(_: Ours, row: _Row) -> Iterator[Fact]:
    if ip := address(row[0]):
        yield from facts.starttls(ip, row[1], row[4])
        yield from facts.port(ip, row[2], number=80)
        yield from facts.port(ip, row[3], number=443)


def _tracert(_: Ours, row: _Row) -> Iterator[Trace]:
    if ip := address(row[0]):
        yield facts.trace(ip, *row[1:])


# --- the settings of the crawl, as a row shows them ---


def _measured(metric: str) -> Callable[[_Row], Iterable[str]]:
    return lambda row: () if row[0] == UNKNOWN else (metric,)


def _ports(row: _Row) -> Iterator[str]:
    for metric, text in zip(("tcp25", "tcp80", "tcp443", "tls"), row[1:], strict=True):
        if text != UNKNOWN:
            yield metric


def _located(row: _Row) -> Iterable[str]:
    return () if set(row[2:]) == {UNKNOWN} else ("geoip",)


_TABLES: Final[dict[str, tuple[Callable[[Ours, _Row], Iterable[Fact]], Callable[[_Row], Iterable[str]]]]] = {
    "job": (_job, lambda row: row[:1]),
    "ip4": (_ip4, _located),
    "ip6": (_ip6, lambda row: () if row[1] == UNKNOWN else ("ip6Type",)),
    "soa": (_soa, _measured("soa")),
    "ping": (_ping, _measured("ping")),
    "rdns": (_rdns, _measured("reverse")),
    "tcp": (_tcp, _ports),
    "tracert": (_tracert, _measured("path")),
}
