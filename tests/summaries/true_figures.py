"""
The summary tables of the finished crawl, computed from the truth about its Internet.

Only round-trip times do not follow from the scenario: their means are computed
from the replies in the table `pings`. All other figures are counted from names and
addresses of the scenario, table by table, from one list of hosts.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from ipv6matrix.items import Failure, Status
from simnet.facts import AddressTruth, LookupTruth
from tests.expected import Expected
from tests.finished import Finished

PORTS = {"http": 80, "https": 443}
SERVICES = {"HTTP": ("WWW", 80), "HTTPS": ("WWW", 443), "SMTPS": ("MX", 25)}
KINDS = ("NS", "MX", "WWW", "NTP")


@dataclass(frozen=True)
class TrueHost:
    """A host of a domain in a role, with the addresses that were measured."""

    domain: str
    kind: str
    name: str
    priority: int
    four: AddressTruth | None
    six: AddressTruth | None
    doubts: frozenset[int]
    "Families of which nobody knows whether it has an address."

    @property
    def tld(self) -> str:
        return self.domain.split(".")[-1]

    @property
    def counts(self) -> bool:
        return self.kind in ("NS", "MX") or bool(self.four or self.six)

    @property
    def country(self) -> str:
        where = self.four or self.six
        return (where.place.country_code or "ZZ") if where else "ZZ"

    @property
    def both(self) -> tuple[str, str] | None:
        return (self.four.address, self.six.address) if self.four and self.six else None


class TrueFigures:
    """The rows of each table as a set, each row a tuple of (column, value)."""

    def __init__(self, finished: Finished) -> None:
        self.expected = finished.former
        (started_at,) = finished.store.query("SELECT started_at FROM crawl")[0]
        self.date = dt.datetime.fromtimestamp(started_at, dt.UTC).date()
        replies = finished.store.query("SELECT address, rtts_ms FROM pings JOIN addresses ON addresses.id = address_id")
        self.means = {address: round(fmean(json.loads(rtts)), 3) for address, rtts in replies if json.loads(rtts)}
        self.hosts = [_host(self.expected, *role) for role in self.expected.roles]

    def tables(self) -> dict[str, list[dict[str, Any]]]:
        return {
            "Domains": [self._domain(name) for name in self.expected.domains],
            "DomainPenetration": self._penetration(),
            "HostData": self._host_data(),
            "Reachability": self._reachability(),
        }

    def _of(self, domain: str) -> list[TrueHost]:
        return sorted(
            (host for host in self.hosts if host.domain == domain),
            key=lambda host: (KINDS.index(host.kind), host.priority, host.name),
        )

    def _failed(self, domain: str) -> int:
        truth = self.expected.domains[domain]
        return [_is_certain(truth.ns), _is_certain(truth.mx)].count(False)

    def _country(self, domain: str) -> str:
        return next((host.country for host in self._of(domain) if host.country != "ZZ"), "ZZ")

    def _domain(self, name: str) -> dict[str, Any]:
        row: dict[str, Any] = {"date": self.date, "domain": name, "country": self._country(name)}
        for kind in KINDS:
            of_kind = [host for host in self._of(name) if host.kind == kind and host.counts]
            row[f"{kind.lower()}_hosts"] = len(of_kind)
            row[f"{kind.lower()}_hosts6"] = len([host for host in of_kind if host.six])
        distinct = {host.name: host for host in self._of(name)}.values()
        for family in ("four", "six"):
            with_address = [address for host in distinct if (address := getattr(host, family))]
            digit = "4" if family == "four" else "6"
            for word, port in PORTS.items():
                row[f"{word}{digit}"] = len([address for address in with_address if address.ports[port].open])
            row[f"smtp{digit}"] = len([address for address in with_address if _greets(address)])
        pings, paths = self._pings(distinct), self._paths(distinct)
        row["faster"], row["fewer"] = _less(pings), _less(paths)
        row["pingratio"], row["hopratio"] = _ratio(pings), _ratio(paths)
        row["unknown"] = len([host for host in distinct if host.doubts]) + self._failed(name)
        return row

    def _pings(self, hosts: Iterable[TrueHost]) -> list[tuple[float, float]]:
        pairs = [host.both for host in hosts if host.both]
        return [(self.means[a], self.means[b]) for a, b in pairs if a in self.means and b in self.means]

    def _paths(self, hosts: Iterable[TrueHost]) -> list[tuple[float, float]]:
        ends = [[_hops(address) for address in (host.four, host.six)] for host in hosts if host.four and host.six]
        return [(four, six) for four, six in ends if four and six]

    def _penetration(self) -> list[dict[str, Any]]:
        places = {name: (self._country(name), name.split(".")[-1]) for name in self.expected.domains}
        return [
            {"date": self.date, "country": country, "tld": tld}
            | self._penetrated([name for name, where in places.items() if where == (country, tld)])
            for country, tld in set(places.values())
        ]

    def _penetrated(self, domains: list[str]) -> dict[str, int]:
        with_six = {name: {host.kind for host in self._of(name) if host.six} for name in domains}
        row = {kind.lower(): len([1 for kinds in with_six.values() if kind in kinds]) for kind in KINDS}
        dark = [name for name, kinds in with_six.items() if not kinds]
        doubtful = [name for name in dark if self._failed(name) or any(6 in host.doubts for host in self._of(name))]
        row |= {"domains": len(domains), "domains6": len(domains) - len(dark), "unknown": len(doubtful)}
        for kind in KINDS:
            yes, no, unknown = self.states(kind, domains)
            row |= {f"{kind.lower()}_known": yes + no, f"{kind.lower()}_unknown": unknown}
        return row

    def states(self, kind: str, domains: Iterable[str] | None = None) -> tuple[int, int, int]:
        """Count domains with IPv6 on a kind of host, without, and unknown ones; not those without such a host."""
        states = [self._state(kind, name) for name in (self.expected.domains if domains is None else domains)]
        return states.count("yes"), states.count("no"), states.count("unknown")

    def _state(self, kind: str, domain: str) -> str | None:
        hosts = [host for host in self._of(domain) if host.kind == kind]
        if any(host.six for host in hosts):
            return "yes"
        truth = self.expected.domains[domain]
        lookup = {"NS": truth.ns, "MX": truth.mx}.get(kind)
        if (lookup and not _is_certain(lookup)) or any(6 in host.doubts for host in hosts):
            return "unknown"
        return "no" if any(host.four for host in hosts) else None

    def _host_data(self) -> list[dict[str, Any]]:
        hosts = [host for host in self.hosts if host.counts and host.country != "ZZ"]
        rows = []
        for country, tld, kind in {(host.country, host.tld, host.kind) for host in hosts}:
            here = [host for host in hosts if (host.country, host.tld, host.kind) == (country, tld, kind)]
            once = {host.name: host for host in here}.values()
            pings, paths = self._pings(once), self._paths(once)
            sure = [(bool(host.four), bool(host.six)) for host in here if not host.doubts]
            rows.append(
                {"date": self.date, "country": country, "tld": tld, "type": kind, "hosts": len(here)}
                | {"hosts4": sure.count((True, False)), "hosts6": sure.count((False, True))}
                | {"dualstack": sure.count((True, True)), "noip": sure.count((False, False))}
                | {"unknown": len(here) - len(sure), "pinghosts": len(pings), "faster": _less(pings)}
                | {"ping4": sum(pair[0] for pair in pings), "ping6": sum(pair[1] for pair in pings)}
                | {"pathhosts": len(paths), "fewer": _less(paths)}
                | {"hops4": sum(pair[0] for pair in paths), "hops6": sum(pair[1] for pair in paths)}
            )
        return rows

    def _reachability(self) -> list[dict[str, Any]]:
        located = [host for host in self.hosts if host.country != "ZZ"]
        rows = []
        for service, (kind, port) in SERVICES.items():
            hosts = [host for host in located if host.kind == kind]
            for country, tld in {(host.country, host.tld) for host in hosts}:
                here = [host for host in hosts if (host.country, host.tld) == (country, tld)]
                fours, sixes = ([address for host in here if (address := getattr(host, f))] for f in ("four", "six"))
                rows.append(
                    {"date": self.date, "country": country, "tld": tld, "service": service, "unknown": 0}
                    | {"hosts4": len(fours), "reach4": len([address for address in fours if _is_open(address, port)])}
                    | {"hosts6": len(sixes), "reach6": len([address for address in sixes if _is_open(address, port)])}
                )
        return rows


def keyed(rows: Iterable[dict[str, Any]], held_as: Callable[..., Any] = lambda figures, **_: figures) -> dict[Any, Any]:
    """Return rows by their key, for a comparison; floats are sums, whose last digits differ."""
    return {
        tuple(value for value in row.values() if isinstance(value, str | dt.date)): held_as(
            {name: value for name, value in row.items() if not isinstance(value, str | dt.date)}, rel=1e-5
        )
        for row in rows
    }


def _host(expected: Expected, kind: str, domain: str, name: str, priority: int) -> TrueHost:
    chosen = {
        family: expected.probed[address]
        for host, family, address, choice in expected.host_addresses
        if host == name and choice == 1
    }
    if name in expected.hosts:
        truth = expected.hosts[name]
        doubts = {family for family, lookup in ((4, truth.a), (6, truth.aaaa)) if not _is_certain(lookup)}
    else:
        # Who opted out is not asked; a name that is too long cannot exist.
        doubts = {4, 6} if expected.refused_hosts[name] == "opted_out" else set()
    return TrueHost(domain, kind, name, priority, chosen.get(4), chosen.get(6), frozenset(doubts - chosen.keys()))


def _is_certain(lookup: LookupTruth) -> bool:
    return isinstance(lookup.status, Status) or lookup.status == Failure.NAME_TOO_LONG


def _greets(address: AddressTruth) -> bool:
    return address.smtp is not None and address.smtp.greeting_code == 220


def _is_open(address: AddressTruth, port: int) -> bool:
    return _greets(address) if port == 25 else address.ports[port].open


def _hops(address: AddressTruth | None) -> int | None:
    return address.trace(gap_limit=5).reached_ttl if address else None


def _less(pairs: list[tuple[float, float]]) -> int:
    return len([1 for four, six in pairs if six < four])


def _ratio(pairs: list[tuple[float, float]]) -> float:
    return sum(six for _, six in pairs) / sum(four for four, _ in pairs) if pairs else 0.0
