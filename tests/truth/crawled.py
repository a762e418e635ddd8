"""A crawl with every metric, what the simulated Internet saw of it, and what it should have found."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from subprocess import CompletedProcess

from ipv6matrix.items import PmtuStatus
from ipv6matrix.store.database import Store
from simnet.internet import Internet
from simnet.packets import Packet
from tests.expected import SILENCES, Expected

CONTACT = "https://example.org/crawler"
# Less than the zones of some name servers, and more than those of most.
ZONES_PER_ADDRESS = 200


@dataclass(frozen=True)
class Crawled:
    """A finished crawl."""

    internet: Internet
    process: CompletedProcess[str]
    store: Store
    expected: Expected
    began_at: float
    local_before: dict[str, int]

    def rows(self, sql: str) -> list[tuple]:
        return self.store.query(sql)

    def lookups(self, owner: str, name: str) -> dict[tuple[str, str], tuple]:
        """Return status and TTL of each lookup, by the name (a column) of its owner, and record type."""
        table = "addresses" if owner == "address" else f"{owner}s"
        rows = self.rows(
            f"SELECT {name}, type, status, ttl_s FROM lookups JOIN {table} ON id = owner_id WHERE owner = '{owner}'"
        )
        return {row[:2]: row[2:] for row in rows}

    def packets(self) -> list[Packet]:
        return self.internet.packets(since=self.began_at)

    @cached_property
    def sites(self) -> set[tuple[str, str]]:
        """Return (host, address) of the web sites: `www` of each domain and the domain, but not `www.ipv6`."""
        domains = self.expected.domains
        names = {host for kind, _, host, _ in self.expected.roles if kind in ("WWW", "APEX")}
        sites = {host for host in names if host in domains or host.removeprefix("www.") in domains}
        chosen = {(host, address) for host, _, address, choice in self.expected.host_addresses if choice}
        return {(host, address) for host, address in chosen if host in sites}

    @cached_property
    def repeated(self) -> set[tuple[str, str, str | None]]:
        """Return (subject, request, outcome) of everything that is requested twice of services."""
        truth = self.expected.truth
        outcomes = {
            (address, "pmtu", probes.pmtu.status) for address, probes in self.expected.probed.items() if probes.pmtu
        }
        for host, address in self.sites:
            subject, page = f"{host} {address}", truth.page(address, host)
            outcomes |= {(subject, "tls", truth.tls(address)), (subject, "web https", page.failure)}
            if page.status_code is None:
                outcomes.add((subject, "web http", truth.page(address, host, "http").failure))
        return self.expected.silent_clocks | {
            outcome for outcome in outcomes if outcome[2] in (*SILENCES, PmtuStatus.UNTESTABLE)
        }
