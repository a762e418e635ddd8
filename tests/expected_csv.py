"""
Every CSV file that a crawl of a scenario should be published as, derived from the scenario's truth.

Nothing here is shared with the exporter: neither its texts, nor its quoting, nor its
rounding. Only round-trip times cannot be known beforehand; they are taken from
the series that the crawl stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import fsum, sqrt
from typing import Any

from ipv6matrix.items import Failure, Starttls
from simnet.facts import AddressTruth
from tests.expected import GAP_LIMIT, Expected, smallest

FEATURES = ("MX", "NS", "WWW", "NTP")
ALL_FEATURES = ("reverse", "geoip", "ip6Type", "ping", "path")
# By name without the TLD; the first word is the first column of its rows.
NAMES = (
    *FEATURES,
    *(f"{metric}_{feature}" for metric in ALL_FEATURES for feature in FEATURES),
    "tcp25_MX",
    "tcp80_WWW",
    "tcp443_WWW",
    "tls_MX",
    "soa_NS",
)
# Failures that end a mail session before it is known whether the server has STARTTLS.
BROKEN_OFF = (Failure.TIMEOUT, Failure.CONNECTION_CLOSED, Failure.HELLO_REFUSED, Failure.SERVICE_UNAVAILABLE)
# A host of a domain: the name in its rows, its addresses, its priority.
HostRow = tuple[str, str | None, str | None, int]


@dataclass(frozen=True)
class ExpectedCsv:
    """The files of one crawl with every feature and metric."""

    expected: Expected
    series: Mapping[str, Sequence[float]]
    "Round-trip times in ms, by address."

    @property
    def files(self) -> dict[tuple[str, str], bytes]:
        """Return the contents of each file, by (TLD, name of the file)."""
        tlds = sorted({domain.rpartition(".")[2] for domain in self.expected.domains})
        return {(tld, f"{name}_{tld}.log"): self._file(name, tld).encode() for tld in tlds for name in NAMES}

    def _file(self, name: str, tld: str) -> str:
        domains = sorted(domain for domain in self.expected.domains if domain.endswith(f".{tld}"))
        if name == "soa_NS":
            return "".join(map(self._soa, domains))
        word, _, feature = name.rpartition("_")
        columns: Callable[[HostRow], Iterator[Sequence[Any]]] = getattr(self, f"_{(word or name).lower()}")
        return "".join(
            line(word or feature, domain, host[0], *rest)
            for domain in domains
            for host in self._hosts(domain, feature)
            for rest in columns(host)
        )

    def _hosts(self, domain: str, feature: str) -> list[HostRow]:
        """Return the hosts of a domain, best first; a single row for a domain without MX or NS."""
        ordered = sorted(self._by_domain.get((domain, feature), []))
        dot = "." if feature in ("MX", "NS") else ""
        hosts = [
            (f"{name}{dot}", self._chosen.get((name, 4)), self._chosen.get((name, 6)), priority)
            for priority, name in ordered
        ]
        return hosts or [("n/a", None, None, -1)]

    @cached_property
    def _by_domain(self) -> dict[tuple[str, str], list[tuple[int, str]]]:
        hosts: dict[tuple[str, str], list[tuple[int, str]]] = {}
        for kind, domain, host, priority in self.expected.roles:
            hosts.setdefault((domain, kind), []).append((priority, host))
        return hosts

    @cached_property
    def _chosen(self) -> dict[tuple[str, int], str]:
        return {(host, family): address for host, family, address, choice in self.expected.host_addresses if choice}

    # --- columns after the host ---

    def _mx(self, host: HostRow) -> Iterator[Sequence[Any]]:
        name, *addresses, priority = host
        if name != "n/a":
            yield (*addresses, priority)

    def _www(self, host: HostRow) -> Iterator[Sequence[Any]]:
        _, ip4, ip6, _ = host
        if ip4 or ip6:
            yield ip4, ip6

    _ns, _ntp = _mx, _www

    def _reverse(self, host: HostRow) -> Iterator[Sequence[Any]]:
        _, ip4, ip6, _ = host
        yield ip4, ip6, self._name(ip4), self._name(ip6)

    def _geoip(self, host: HostRow) -> Iterator[Sequence[Any]]:
        _, ip4, ip6, _ = host
        if truth := self._truth(ip4 or ip6):
            place = truth.place
            system = None
            if place.asn is not None:
                system = f"AS{place.asn}"
                if place.organisation:
                    system += " " + "".join(place.organisation.split('"'))
            yield ip4, ip6, system, place.city, place.region, place.country_code, place.longitude, place.latitude

    def _ip6type(self, host: HostRow) -> Iterator[Sequence[Any]]:
        _, _, ip6, _ = host
        if truth := self._truth(ip6):
            yield ip6, "True", truth.tunnel, "undefined"

    def _tcp25(self, host: HostRow) -> Iterator[Sequence[Any]]:
        _, ip4, ip6, _ = host
        yield 25, ip4, ip6, self._greets(ip4), self._greets(ip6)

    def _tcp80(self, host: HostRow) -> Iterator[Sequence[Any]]:
        _, ip4, ip6, _ = host
        yield 80, ip4, ip6, self._is_open(ip4, 80), self._is_open(ip6, 80)

    def _tcp443(self, host: HostRow) -> Iterator[Sequence[Any]]:
        _, ip4, ip6, _ = host
        yield 443, ip4, ip6, self._is_open(ip4, 443), self._is_open(ip6, 443)

    def _tls(self, host: HostRow) -> Iterator[Sequence[Any]]:
        _, ip4, ip6, _ = host
        yield ip4, self._greets(ip4), self._starts_tls(ip4)
        if ip6:
            yield ip6, self._greets(ip6), self._starts_tls(ip6)

    def _ping(self, host: HostRow) -> Iterator[Sequence[Any]]:
        _, ip4, ip6, _ = host
        if ip4 or ip6:
            yield ip4, ip6, 5, *self._times(ip4), *self._times(ip6)

    def _path(self, host: HostRow) -> Iterator[Sequence[Any]]:
        _, ip4, ip6, _ = host
        if ip4 or ip6:
            yield ip4, ip6, *self._trace(ip4), *self._trace(ip6)

    # --- facts about an address ---

    def _truth(self, address: str | None) -> AddressTruth | None:
        return self.expected.probed[address] if address else None

    def _name(self, address: str | None) -> str | None:
        truth = self._truth(address)
        return smallest(truth.reverse.records) if truth else None

    def _is_open(self, address: str | None, port: int) -> str | None:
        truth = self._truth(address)
        return ("True" if truth.ports[port].open else "False") if truth else None

    def _greets(self, address: str | None) -> str | None:
        truth = self._truth(address)
        return ("True" if truth.smtp and truth.smtp.greeting_code == 220 else "False") if truth else None

    def _starts_tls(self, address: str | None) -> str | None:
        truth = self._truth(address)
        if truth is None or (truth.smtp and truth.smtp.failure in BROKEN_OFF):
            return None
        return "True" if truth.smtp and truth.smtp.starttls is Starttls.ACCEPTED else "False"

    def _times(self, address: str | None) -> Sequence[float | None]:
        rtts_ms = self.series[address] if address else ()
        if not rtts_ms:
            return (None,) * 4
        mean = fsum(rtts_ms) / len(rtts_ms)
        deviation = sqrt(fsum((rtt_ms - mean) ** 2 for rtt_ms in rtts_ms) / len(rtts_ms))
        return tuple(round(figure, 3) for figure in (min(rtts_ms), mean, max(rtts_ms), deviation))

    def _trace(self, address: str | None) -> Sequence[Any]:
        truth = self._truth(address)
        if truth is None:
            return (None,) * 4
        trace = truth.trace(gap_limit=GAP_LIMIT)
        path = " --> ".join(map(self._hop, trace.hops))
        return None, trace.reached_ttl, trace.reached_ttl, path

    def _hop(self, address: str | None) -> str:
        if address is None:
            return "no"
        asked = address in self.expected.probed or address in self.expected.routers
        name = smallest(self.expected.truth.address(address).reverse.records) if asked else None
        return name or address

    def _soa(self, domain: str) -> str:
        record = self.expected.domains[domain].soa_record
        if record is None:
            return ""
        servers = self.expected.domains[domain].ns_hosts
        first = servers[0] if servers else "n/a"
        in_house = first.split(".")[-len(domain.split(".")) :] == domain.split(".")
        fields = ["soa", domain, record.mname, first, int(in_house), max(len(servers) - 1, 0), len(servers)]
        fields += [record.rname, record.serial, record.refresh_s, record.retry_s, record.expire_s, record.minimum_s]
        return ",".join(map(str, fields)) + "\n"


def line(*fields: object) -> str:
    """Return a row in the format of RFC 4180; missing values are n/a."""
    return ",".join(map(_field, fields)) + "\r\n"


def _field(value: object) -> str:
    text = "n/a" if value is None else str(value)
    quoted = '"' + text.replace('"', '""') + '"'
    return quoted if any(mark in text for mark in ',"\r\n') else text
