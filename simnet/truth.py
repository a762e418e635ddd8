"""
What a crawl of a scenario should learn.

Computed from the scenario's data alone, never by querying the running Internet,
and with resolution rules of its own, so that truth and simulation can be compared.
"""

from __future__ import annotations

from random import Random

from ipv6matrix.items import Failure, Resolvability, Scheme, Security, Status, TlsStatus
from simnet import true_addresses, true_name_servers, true_names, true_sites
from simnet.behaviours import Web
from simnet.facts import (
    AddressTruth,
    DomainTruth,
    HostTruth,
    LookupTruth,
    NameServerTruth,
    PortTruth,
    SmtpTruth,
    TraceTruth,
    WebTruth,
)
from simnet.scenario import Scenario
from simnet.true_addresses import router_addresses
from simnet.true_names import MAX_NAME
from simnet.true_resolution import Resolution

__all__ = [
    "AddressTruth",
    "DomainTruth",
    "HostTruth",
    "LookupTruth",
    "NameServerTruth",
    "PortTruth",
    "SmtpTruth",
    "TraceTruth",
    "Truth",
    "WebTruth",
    "router_addresses",
]


class Truth:
    """
    Computes the truth about a scenario's names and addresses.

    `dnssec` is whether the crawler repeats what fails to validate, with checking disabled.
    """

    def __init__(self, scenario: Scenario, *, dnssec: bool = False) -> None:
        self._scenario = scenario
        self._dnssec = dnssec
        self._resolution = Resolution(scenario)

    def domain(self, name: str) -> DomainTruth:
        """Return what the resolver knows about a domain."""
        ns, mx, soa = (self.lookup(name, rdtype) for rdtype in ("NS", "MX", "SOA"))
        statuses = {ns.status, mx.status, soa.status}
        exists = True if statuses & {Status.OK, Status.NODATA} else False if Status.NXDOMAIN in statuses else None
        return DomainTruth(name=name, exists=exists, ns=ns, mx=mx, soa=soa)

    def host(self, name: str) -> HostTruth:
        """Return the addresses of a host."""
        a, aaaa = self.lookup(name, "A"), self.lookup(name, "AAAA")
        beside = f"{Random(name).getrandbits(64):016x}.{name.partition('.')[2]}"
        if len(beside) > MAX_NAME:
            return HostTruth(name=name, a=a, aaaa=aaaa, wildcard=False)
        same = all(
            mine.status == other.status and set(mine.records) == set(other.records)
            for mine, other in ((a, self.lookup(beside, "A")), (aaaa, self.lookup(beside, "AAAA")))
        )
        return HostTruth(name=name, a=a, aaaa=aaaa, wildcard=same and Status.OK in (a.status, aaaa.status))

    def lookup(self, name: str, rdtype: str) -> LookupTruth:
        """Return the answer to one query that a patient client gets."""
        answer = true_names.lookup(self._scenario.find_zone, name, rdtype)
        if answer.security is Security.BOGUS and not self._dnssec:
            return LookupTruth(status=Failure.SERVFAIL, security=Security.BOGUS)
        return answer

    def name_server(self, zone: str, address: str, *, tcp: bool = False) -> NameServerTruth:
        """Return what an address of a name server of a zone answers."""
        return true_name_servers.name_server(self._scenario, zone, address, tcp=tcp)

    def resolvability(self, name: str, rdtype: str) -> Resolvability:
        """Return whether a name resolves over IPv6 alone."""
        return self._resolution.resolvability(name, rdtype)

    def address(self, text: str) -> AddressTruth:
        """Return the results of probes of an address."""
        return true_addresses.address(self._scenario.table.find(text), text, self._scenario.clocks.get(text))

    def tls(self, address: str) -> TlsStatus | Failure:
        """Return the outcome of a TLS handshake with port 443 of an address, for a host that has it."""
        truth = self.address(address)
        return true_sites.handshake(self._web(address), truth.ports[443], truth.family)

    def page(self, address: str, host: str, scheme: Scheme = "https") -> WebTruth:
        """Return the outcome of a request to an address for the front page of a host."""
        truth = self.address(address)
        port = truth.ports[443 if scheme == "https" else 80]
        return true_sites.page(self._web(address), port, truth.family, host, scheme)

    def _web(self, address: str) -> Web:
        return self._scenario.sites.get(address, Web.SAME)
