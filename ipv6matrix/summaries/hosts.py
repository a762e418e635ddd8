"""
What is counted of a host, and of all hosts of a domain.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from operator import attrgetter
from typing import Any, Final

from ipv6matrix.store import dataset
from ipv6matrix.summaries.rows import NO_COUNTRY, DomainRow

Count = defaultdict[str, Any]
"Figures by column."

Pair = tuple[float, float]
"Of IPv4, of IPv6."

PORTS: Final[dict[str, Callable[[dataset.Address], bool | None]]] = {
    "http": attrgetter("tcp.port80"),
    "https": attrgetter("tcp.port443"),
    "smtp": attrgetter("tcp.port25"),
}
"Whether a port is open; None if it was not or could not be probed."

# The order of kinds in which the country of a domain is looked up.
_ORDER: Final = ("NS", "MX", "WWW", "NTP")


# --- one host ---


def country(host: dataset.Host) -> str:
    """Return the country of a host: of its IPv4 address, else of its IPv6 address."""
    return (host.located.country_code if host.located else None) or NO_COUNTRY


def is_there(host: dataset.Host) -> bool:
    """Check whether a host counts as one; a guessed host without an address does not."""
    return host.has_address or not host.is_guessed


def is_unknown(host: dataset.Host) -> bool:
    """Check whether it is unknown for a family if the host has an address of it."""
    return host.is_unknown(4) or host.is_unknown(6)


def averages(host: dataset.Host) -> Pair | None:
    """Return the mean round-trip times in milliseconds; None unless both families replied."""
    four, six = (address.ping.avg_ms if address and address.ping else None for address in (host.ip4, host.ip6))
    return (four, six) if four is not None and six is not None else None


def hops(host: dataset.Host) -> Pair | None:
    """Return the numbers of hops; None unless traces of both families arrived."""
    four, six = (address.trace.hops if address else None for address in (host.ip4, host.ip6))
    return (four, six) if four is not None and six is not None else None


def addresses(host: dataset.Host) -> Iterator[tuple[int, dataset.Address]]:
    """Yield family and address."""
    return ((family, address) for family, address in ((4, host.ip4), (6, host.ip6)) if address is not None)


# --- one domain ---


def domain_row(domain: dataset.Domain, date: dt.date) -> DomainRow:
    """Return the row of a domain."""
    # A host has the same addresses in all its roles, so one role stands for all.
    distinct = {host.name: host for host in domain.hosts}.values()
    pings, paths = _pairs(averages, distinct), _pairs(hops, distinct)
    return DomainRow(
        date=date,
        domain=domain.name,
        country=_country_of(domain),
        **_kinds(domain.hosts),
        **_open(distinct),
        faster=sum(four > six for four, six in pings),
        pingratio=_ratio(pings),
        fewer=sum(four > six for four, six in paths),
        hopratio=_ratio(paths),
        unknown=sum(map(is_unknown, distinct)) + domain.failed_lookups,
    )


def _country_of(domain: dataset.Domain) -> str:
    codes = (country(host) for kind in _ORDER for host in domain.of_kind(kind))
    return next((code for code in codes if code != NO_COUNTRY), NO_COUNTRY)


def _kinds(hosts: Iterable[dataset.Host]) -> Count:
    counts = Count(int)
    for host in filter(is_there, hosts):
        counts[f"{host.kind.lower()}_hosts"] += 1
        counts[f"{host.kind.lower()}_hosts6"] += host.ip6 is not None
    return counts


def _open(hosts: Iterable[dataset.Host]) -> Count:
    counts = Count(int)
    for host in hosts:
        for family, address in addresses(host):
            for name, is_open in PORTS.items():
                counts[f"{name}{family}"] += is_open(address) is True
    return counts


def _pairs(measure: Callable[[dataset.Host], Pair | None], hosts: Iterable[dataset.Host]) -> list[Pair]:
    return [pair for host in hosts if (pair := measure(host)) is not None]


def _ratio(pairs: Collection[Pair]) -> float:
    four, six = sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)
    return round(six / four, 6) if four else 0.0
