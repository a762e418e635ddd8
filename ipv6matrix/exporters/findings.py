"""
The figures of a report, counted in one pass over all domains.

Memory grows with the TLDs and countries, not with the domains. Definitions are those of the summaries; each
figure keeps numerator, denominator and what is unknown.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from ipv6matrix.exceptions import ExportError
from ipv6matrix.exporters.distribution import Distribution
from ipv6matrix.readiness.catalogue import Service
from ipv6matrix.readiness.levels import Level
from ipv6matrix.readiness.verdicts import Value
from ipv6matrix.store import dataset
from ipv6matrix.store.database import Store
from ipv6matrix.store.queries import outcomes
from ipv6matrix.store.queries.asked import Asked, asked
from ipv6matrix.store.queries.dual_stack import pairs
from ipv6matrix.store.queries.summary import Summary, summary
from ipv6matrix.summaries import figures, hosts, ipv6
from ipv6matrix.summaries.rows import DomainPenetration, Readiness, ReadinessBasis, ReadinessCounts, Row

# The kind of host that should offer a service, and whether it does.
SERVICES: Final = {
    "HTTP": ("WWW", hosts.PORTS["http"]),
    "HTTPS": ("WWW", hosts.PORTS["https"]),
    "SMTP": ("MX", hosts.PORTS["smtp"]),
}
FAMILIES: Final = (4, 6)
# Milliseconds: the clock does not resolve shorter times.
_SHORTEST_MS: Final = 0.001


@dataclass(slots=True)
class Share:
    """A part of a number, and how many are unknown."""

    part: int = 0
    whole: int = 0
    "All, including unknown ones."
    unknown: int = 0

    @property
    def known(self) -> int:
        return self.whole - self.unknown

    @property
    def percent(self) -> float | None:
        """The part of what is known; None if nothing is."""
        return 100 * self.part / self.known if self.known else None

    def add(self, *, part: int, whole: int = 1, unknown: int = 0) -> None:
        self.part += part
        self.whole += whole
        self.unknown += unknown


def _shares() -> defaultdict[Any, Share]:
    return defaultdict(Share)


@dataclass(slots=True)
class Comparison:
    """A measurement of dual-stack hosts over both families; each host counts once."""

    four: int = 0
    "Hosts that are quicker, or nearer, over IPv4."
    six: int = 0
    equal: int = 0

    def add(self, four: float, six: float) -> None:
        self.four += four < six
        self.six += six < four
        self.equal += four == six

    @property
    def hosts(self) -> int:
        return self.four + self.six + self.equal


@dataclass(slots=True)
class Levels:
    """Domains by readiness level, in both readings."""

    certain: Counter[Level] = field(default_factory=Counter)
    possible: Counter[Level] = field(default_factory=Counter)
    unknown: Counter[Level] = field(default_factory=Counter)
    "Of `certain`, those whose possible level is another one."

    def add(self, row: ReadinessCounts) -> None:
        level = Level(row.level)
        self.certain[level] += row.certain
        self.possible[level] += row.possible
        self.unknown[level] += row.unknown


@dataclass(slots=True)
class AllLevels:
    """The levels of all domains of a crawl, and what they follow from."""

    version: int = 0
    "Of the rules."
    basis: str = ""
    "What was measured."
    domains: int = 0
    all: Levels = field(default_factory=Levels)
    countries: defaultdict[str, Levels] = field(default_factory=lambda: defaultdict(Levels))
    tlds: defaultdict[str, Levels] = field(default_factory=lambda: defaultdict(Levels))
    verdicts: Counter[tuple[Service, Value]] = field(default_factory=Counter)

    def add(self, row: Row) -> None:
        if isinstance(row, ReadinessCounts):
            for levels in (self.all, self.countries[row.country], self.tlds[row.tld]):
                levels.add(row)
        elif isinstance(row, Readiness):
            self.verdicts.update((service, Value(getattr(row, service))) for service in Service)
        elif isinstance(row, ReadinessBasis):
            self.version, self.basis, self.domains = row.version, row.basis, row.domains


@dataclass(slots=True, kw_only=True)
class Findings:
    """Everything that a report shows."""

    crawl: dict[str, Any]
    asked: Asked
    summary: Summary
    asked_domains: int = 0
    kinds: defaultdict[str, Share] = field(default_factory=_shares)
    "By kind of host: domains with IPv6 on it, of those that have such a host or may have one."
    countries: defaultdict[str, Share] = field(default_factory=_shares)
    "Domains with IPv6 on any kind of host."
    tlds: defaultdict[str, Share] = field(default_factory=_shares)
    services: defaultdict[tuple[str, int], Share] = field(default_factory=_shares)
    "By service and family: hosts of domains whose port is open, of those with such an address."
    dual_stack: int = 0
    "Hosts with addresses of both families."
    rtts: Comparison = field(default_factory=Comparison)
    rtt_ms: dict[int, Distribution] = field(default_factory=lambda: {family: Distribution() for family in FAMILIES})
    rtt_ratio: Distribution = field(default_factory=Distribution)
    "IPv6 by IPv4."
    paths: Comparison = field(default_factory=Comparison)
    hops: dict[int, Counter[int]] = field(default_factory=lambda: {family: Counter() for family in FAMILIES})
    hops_difference: Counter[int] = field(default_factory=Counter)
    "IPv6 less IPv4."
    levels: AllLevels = field(default_factory=AllLevels)
    traces: dict[tuple[int, str], int]
    errors: list[outcomes.Errors]
    words: list[outcomes.Words]
    "Outcomes of measurements, and comparisons of both families."
    ipv6_kinds: list[outcomes.Ipv6Kind]


def find(store: Store) -> Findings:
    """Count everything. Raises ExportError for a database in which no crawl has begun."""
    crawl, choices = store.crawl(), asked(store)
    if crawl is None or choices is None:
        raise ExportError(f"{str(store.path)!r} contains no crawl: name the ips.db of a crawl", code="CRAWL_MISSING")
    findings = Findings(
        crawl=crawl,
        asked=choices,
        summary=summary(store),
        traces=outcomes.traces(store),
        errors=outcomes.errors(store),
        words=[*outcomes.comparisons(store), *outcomes.words(store)],
        ipv6_kinds=outcomes.ipv6_kinds(store),
    )
    date = figures.date_of(store)
    for row in figures.with_levels(store, date, figures.rows(_counted(dataset.domains(store), findings), date)):
        findings.levels.add(row)
        if isinstance(row, DomainPenetration):
            for share in (findings.countries[row.country], findings.tlds[row.tld]):
                share.add(part=row.domains6, whole=row.domains, unknown=row.unknown)
    _compare(store, findings)
    return findings


def _counted(domains: Iterable[dataset.Domain], findings: Findings) -> Iterator[dataset.Domain]:
    for domain in domains:
        findings.asked_domains += 1
        for kind in ipv6.KINDS:
            _count_kind(domain, kind, findings.kinds[kind])
        for service, (kind, is_open) in SERVICES.items():
            for host in domain.of_kind(kind):
                _count_service(host, service, is_open, findings)
        yield domain


def _count_kind(domain: dataset.Domain, kind: str, share: Share) -> None:
    """Count a domain for a kind of host, if it has such a host."""
    state = ipv6.of_kind(domain, kind)
    if state is not None:
        share.add(part=state == "yes", unknown=state == "unknown")


def _count_service(
    host: dataset.Host, service: str, is_open: Callable[[dataset.Address], bool | None], findings: Findings
) -> None:
    for family, address in hosts.addresses(host):
        answer = is_open(address)
        findings.services[service, family].add(part=answer is True, unknown=answer is None)


def _compare(store: Store, findings: Findings) -> None:
    for pair in pairs(store):
        findings.dual_stack += 1
        if pair.rtt4_ms is not None and pair.rtt6_ms is not None:
            _compare_rtts(max(pair.rtt4_ms, _SHORTEST_MS), max(pair.rtt6_ms, _SHORTEST_MS), findings)
        if pair.hops4 is not None and pair.hops6 is not None:
            _compare_hops(pair.hops4, pair.hops6, findings)


def _compare_rtts(four_ms: float, six_ms: float, findings: Findings) -> None:
    findings.rtts.add(four_ms, six_ms)
    findings.rtt_ms[4].add(four_ms)
    findings.rtt_ms[6].add(six_ms)
    findings.rtt_ratio.add(six_ms / four_ms)


def _compare_hops(four: int, six: int, findings: Findings) -> None:
    findings.paths.add(four, six)
    findings.hops[4][four] += 1
    findings.hops[6][six] += 1
    findings.hops_difference[six - four] += 1


def median(counts: Counter[int]) -> float | None:
    """Return the median of whole numbers, given how often each occurs; None without any."""
    numbers, total = sorted(counts), counts.total()
    middles = [_at(counts, numbers, place) for place in ((total - 1) // 2, total // 2)] if total else []
    return sum(middles) / 2 if middles else None


def _at(counts: Counter[int], numbers: list[int], place: int) -> int:
    for number in numbers:
        place -= counts[number]
        if place < 0:
            return number
    raise IndexError(place)
