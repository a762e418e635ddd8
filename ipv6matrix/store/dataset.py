"""
The facts of a crawl, domain by domain: the input of exporters.

Domains are ordered by TLD, then by name; the hosts of a domain by kind, priority
and name. Memory does not grow with the crawl. All figures are read from the typed
views (`figures`). Hosts are those of the roles of 2010, so that figures stay
comparable: a domain itself (APEX) is none of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Final

from ipv6matrix.items import UNRECORDED, Failure, Status
from ipv6matrix.store.database import Store

# Number of addresses cached in memory: name servers and mail exchangers that thousands of domains share.
_KEPT: Final = 20_000
# Outcomes that are certain, or count as such: a name that is too long cannot
# exist, and older crawlers did not distinguish errors from absences.
CERTAIN: Final = frozenset((*Status, Failure.NAME_TOO_LONG, UNRECORDED))


@dataclass(frozen=True, slots=True)
class PingFigures:
    """Statistics of a series of Echo Requests; times in milliseconds, None without a reply."""

    count: int
    "Echo Requests sent."
    min_ms: float | None
    avg_ms: float | None
    max_ms: float | None
    mdev_ms: float | None


@dataclass(frozen=True, slots=True)
class TcpFigures:
    """The state of the ports of an address."""

    port25: bool | None = None
    "A mail server greeted with 220."
    port80: bool | None = None
    port443: bool | None = None
    starttls: bool | None = None
    "STARTTLS was answered with 220."


@dataclass(frozen=True, slots=True)
class TraceFigures:
    """The result of a trace."""

    mtu: int | None = None
    hops: int | None = None
    "The TTL that reached the address; None if none did."
    path: str | None = None
    "Names, addresses or `no` for silence, joined by ` --> `; also for a trace that did not arrive."


@dataclass(frozen=True, kw_only=True)
class Address:
    """
    An address chosen for a host, with its measurements.

    None means *unknown*: not asked, could not be asked, or without a result.
    """

    store: Store = field(repr=False, compare=False)
    number: int = field(repr=False, compare=False)
    "Its row in `addresses`."
    address: str
    tunnel_id: str | None
    asn: int | None
    as_organisation: str | None
    city: str | None
    region: str | None
    country_code: str | None
    latitude: float | None
    longitude: float | None

    @cached_property
    def ping(self) -> PingFigures | None:
        row = self._row("SELECT sent, min_ms, avg_ms, max_ms, mdev_ms FROM ping_figures WHERE address_id = ?")
        return PingFigures(*row) if row else None

    @cached_property
    def reverse(self) -> str | None:
        """The PTR name; one that could be mistaken for something else in a text has its final dot."""
        row = self._row("SELECT label FROM reverse_figures WHERE address_id = ?")
        return row[0] if row else None

    @cached_property
    def tcp(self) -> TcpFigures:
        row = self._row("SELECT port25, port80, port443, starttls FROM tcp_figures WHERE address_id = ?")
        return TcpFigures(*(None if answer is None else bool(answer) for answer in row or ()))

    @cached_property
    def trace(self) -> TraceFigures:
        row = self._row("SELECT mtu, hops, path FROM trace_figures WHERE address_id = ?")
        return TraceFigures(*row or ())

    def _row(self, sql: str) -> tuple[Any, ...] | None:
        rows = self.store.query(sql, (self.number,))
        return rows[0] if rows else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A host of a domain in one role."""

    kind: str
    "NS, MX, WWW or NTP."
    name: str
    "Lower case, without the final dot."
    priority: int
    "Rank of a name server, preference of a mail exchanger, 0 for a guessed host."
    a_status: str | None
    aaaa_status: str | None
    refusal: str | None
    ip4: Address | None
    "The address that is measured; None if the host has none that may be probed."
    ip6: Address | None

    @property
    def is_guessed(self) -> bool:
        return self.kind in ("WWW", "NTP")

    @property
    def has_address(self) -> bool:
        return self.ip4 is not None or self.ip6 is not None

    @property
    def located(self) -> Address | None:
        """Return the address that locates the host: the IPv4 address, else the IPv6 address."""
        return self.ip4 or self.ip6

    def is_unknown(self, family: int) -> bool:
        """Return whether it is unknown if the host has an address of a family: an error is not an absence."""
        status = self.a_status if family == 4 else self.aaaa_status
        has_one = self.ip4 if family == 4 else self.ip6
        return not has_one and self.refusal not in CERTAIN and status not in CERTAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Soa:
    """The start of authority of a domain, and its name servers."""

    primary_by_soa: str
    primary_by_rank: str | None
    "The first NS of the answer."
    primary_in_house: int
    "1 if that is the domain or below it."
    secondary: int
    total: int
    rname: str
    serial: int
    refresh_s: int
    retry_s: int
    expire_s: int
    minimum_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """A domain of the list that was looked up, and its hosts."""

    name: str
    tld: str
    ns_status: str | None
    "None if not requested."
    mx_status: str | None
    soa: Soa | None
    hosts: tuple[Host, ...]

    def of_kind(self, kind: str) -> tuple[Host, ...]:
        return tuple(host for host in self.hosts if host.kind == kind)

    def is_unknown(self, kind: str) -> bool:
        """Return whether the lookup that names the hosts of a kind failed; guessed hosts need none."""
        status = {"NS": self.ns_status, "MX": self.mx_status}.get(kind)
        return status is not None and status not in CERTAIN

    @property
    def failed_lookups(self) -> int:
        """Lookups of NS and MX records that failed: the hosts are unknown."""
        return self.is_unknown("NS") + self.is_unknown("MX")


def domains(store: Store) -> Iterator[Domain]:
    """Yield all domains that were looked up."""
    walk = _Walk(store)
    for number, name, tld, ns_status, mx_status, has_soa in store.stream(_DOMAINS):
        yield Domain(
            name=name,
            tld=tld,
            ns_status=ns_status,
            mx_status=mx_status,
            soa=walk.soa(number) if has_soa else None,
            hosts=tuple(walk.hosts(number)),
        )


_DOMAINS: Final = """
    SELECT id, name, tld, ns_status, mx_status, EXISTS (SELECT 1 FROM soa_records WHERE domain_id = domain_figures.id)
    FROM domain_figures WHERE refusal IS NULL ORDER BY tld, name"""

_HOSTS: Final = """
    SELECT kind, host, priority, a_status, aaaa_status, refusal, address4_id, address6_id
    FROM role_figures WHERE domain_id = ? AND kind <> 'APEX' ORDER BY kind, priority, host"""

_ADDRESS: Final = (
    *("address", "tunnel_id", "asn", "as_organisation", "city", "region", "country_code"),
    *("latitude", "longitude"),
)


class _Walk:
    """Reads hosts and addresses, and caches addresses that are shared."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._address = lru_cache(_KEPT)(self._read_address)

    def hosts(self, domain_id: int) -> Iterator[Host]:
        for *texts, address4, address6 in self._store.query(_HOSTS, (domain_id,)):
            kind, name, priority, a_status, aaaa_status, refusal = texts
            yield Host(
                kind=kind,
                name=name,
                priority=priority,
                a_status=a_status,
                aaaa_status=aaaa_status,
                refusal=refusal,
                ip4=self._address(address4) if address4 else None,
                ip6=self._address(address6) if address6 else None,
            )

    def soa(self, domain_id: int) -> Soa:
        (row,) = self._store.query(
            f"SELECT {', '.join(Soa.__slots__)} FROM soa_figures WHERE domain_id = ?", (domain_id,)
        )
        return Soa(**dict(zip(Soa.__slots__, row, strict=True)))

    def _read_address(self, number: int) -> Address:
        (row,) = self._store.query(f"SELECT {', '.join(_ADDRESS)} FROM addresses WHERE id = ?", (number,))
        return Address(store=self._store, number=number, **dict(zip(_ADDRESS, row, strict=True)))
