"""
Every row that a crawl of a scenario should leave in ips.db, derived from the scenario's truth.

Facts are keyed by names and addresses, never by row numbers; times and RTTs are
left to the tests.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_address, ip_network

from ipv6matrix.items import Failure, Records, Status
from simnet.internet import ALLOWED_NETWORKS
from simnet.scenario import Scenario
from simnet.topology import Family
from simnet.truth import AddressTruth, DomainTruth, HostTruth, LookupTruth, Truth
from simnet.zones import Fault

WWW = ("www", "www6", "ipv6", "www.ipv6", "six")
NTP = ("ntp", "time")
GAP_LIMIT = 5
# The outcome of a handshake with an address that does not answer itself.
SILENCES = (Failure.TIMEOUT, Failure.HOST_UNREACHABLE, Failure.NETWORK_UNREACHABLE)
# What the standard library considers global, or may in another version of Python.
UNUSABLE = ("::/96", "::ffff:0:0/96", "64:ff9b::/96", "3fff::/20", "5f00::/16", "fec0::/10", "ff00::/8")


@dataclass(frozen=True)
class Expected:
    """The facts that a crawl with every feature and metric finds."""

    scenario: Scenario
    apex: bool = True
    "False for what views, CSV and summaries have of it: the roles of 2010."
    dnssec: bool = True
    "False if the metric dnssec is not measured, so that what does not validate fails."

    @cached_property
    def truth(self) -> Truth:
        return Truth(self.scenario, dnssec=self.dnssec)

    def is_opted_out(self, name: str) -> bool:
        return any(name == entry or name.endswith(f".{entry}") for entry in self.scenario.opted_out)

    def is_opted_out_address(self, address: str) -> bool:
        networks = [ip_network(entry) for entry in self.scenario.opted_out if "/" in entry]
        return any(
            ip_address(address) in network for network in networks if network.version == ip_address(address).version
        )

    @cached_property
    def domains(self) -> dict[str, DomainTruth]:
        """Return the requested domains."""
        return {name: self.truth.domain(name) for name in self.scenario.domains if not self.is_opted_out(name)}

    @cached_property
    def roles(self) -> set[tuple[str, str, str, int]]:
        """Return (kind, domain, host, priority)."""
        return {
            (kind, domain, host, priority) for domain in self.domains for kind, host, priority in self._roles(domain)
        }

    def _roles(self, domain: str) -> Iterable[tuple[str, str, int]]:
        truth = self.domains[domain]
        yield from (("NS", host, rank) for rank, host in enumerate(truth.ns_hosts, start=1))
        yield from (("MX", host, preference) for preference, host in truth.mx_hosts)
        yield from (("WWW", f"{label}.{domain}", 0) for label in WWW)
        yield from (("NTP", f"{label}.{domain}", 0) for label in NTP)
        if self.apex:
            yield "APEX", domain, 0

    @cached_property
    def hosts(self) -> dict[str, HostTruth]:
        """Return the requested hosts, including those inferred from an answer above them."""
        names = {host for _, _, host, _ in self.roles}
        return {name: self.truth.host(name) for name in names if len(name) <= 253 and not self.is_opted_out(name)}

    @cached_property
    def https(self) -> dict[str, LookupTruth]:
        """Return the HTTPS lookups: of each domain that exists, and of its `www`."""
        names = [name for domain in self.domains for name in (domain, f"www.{domain}") if self._has_hosts(domain)]
        return {name: self.truth.lookup(name, "HTTPS") for name in names if name in self.hosts}

    def _has_hosts(self, domain: str) -> bool:
        """Return whether the hosts of a domain are looked up: no lookup has denied the domain."""
        truth = self.domains[domain]
        return Status.NXDOMAIN not in (truth.ns.status, truth.mx.status, truth.soa.status)

    @cached_property
    def served(self) -> set[tuple[str, str]]:
        """Return each zone with the chosen addresses of its name servers."""
        chosen = [(host, address) for host, _, address, choice in self.host_addresses if choice]
        addresses: dict[str, set[str]] = {}
        for host, address in chosen:
            addresses.setdefault(host, set()).add(address)
        return {
            (name, address)
            for name, domain in self.domains.items()
            if domain.ns.canonical_name is None
            for host in domain.ns_hosts
            for address in addresses.get(host, ())
        }

    @cached_property
    def refused_hosts(self) -> dict[str, str]:
        """Return the hosts that are never looked up, with the exclusion."""
        names = {host for _, _, host, _ in self.roles} - self.hosts.keys()
        return {name: "opted_out" if self.is_opted_out(name) else Failure.NAME_TOO_LONG for name in names}

    @cached_property
    def guessed(self) -> set[str]:
        return {host for kind, _, host, _ in self.roles if kind in ("WWW", "NTP")}

    @cached_property
    def host_addresses(self) -> set[tuple[str, int, str, int | None]]:
        """Return (host, family, address, choice): the smallest usable address of each family is choice 1."""
        return {
            (name, family, address, 1 if address == self._choice(host, family) else None)
            for name, host in self.hosts.items()
            for family in (4, 6)
            for address in host.addresses(family)
        }

    def _choice(self, host: HostTruth, family: Family) -> str | None:
        usable = [address for address in host.addresses(family) if self.is_usable(address)]
        return min(usable, key=lambda address: int(ip_address(address)), default=None)

    def is_usable(self, address: str) -> bool:
        """Return whether an address may be probed: global, allowed, 6to4 or Teredo of such, and not opted out."""
        if self.is_opted_out_address(address):
            return False
        parsed = ip_address(address)
        allowed = [ip_network(text) for text in ALLOWED_NETWORKS.split(",")]
        if any(parsed in network for network in allowed if network.version == parsed.version):
            return True
        if isinstance(parsed, ipaddress.IPv6Address):
            if any(parsed in ip_network(text) for text in UNUSABLE):
                return False
            if inner := (parsed.sixtofour,) if parsed.sixtofour else parsed.teredo:
                return all(self.is_usable(str(embedded)) for embedded in inner)
        return parsed.is_global and not parsed.is_multicast

    @cached_property
    def addresses(self) -> dict[str, AddressTruth]:
        """Return every address of a host."""
        return {address: self.truth.address(address) for _, _, address, _ in self.host_addresses}

    @cached_property
    def probed(self) -> dict[str, AddressTruth]:
        """Return the probed addresses."""
        chosen = {address for _, _, address, choice in self.host_addresses if choice}
        return {address: self.addresses[address] for address in chosen}

    @cached_property
    def routers(self) -> set[str]:
        """Return the routers on paths whose names may be looked up."""
        hops = {hop for truth in self.probed.values() for hop in truth.trace(gap_limit=GAP_LIMIT).hops if hop}
        return {hop for hop in hops if self.is_usable(hop)}

    @cached_property
    def silent(self) -> set[str]:
        """Return the addresses that answer no probe."""
        return {
            address
            for address, truth in self.probed.items()
            if not truth.echo and all(port.failure in SILENCES for port in truth.ports.values())
        }

    @cached_property
    def clocks(self) -> set[str]:
        """Return the addresses of time servers that are guessed, and not wildcards."""
        guessed = {host for kind, _, host, _ in self.roles if kind == "NTP"}
        return {
            address
            for host, _, address, choice in self.host_addresses
            if choice and host in guessed and not self.hosts[host].wildcard
        }

    @cached_property
    def silent_clocks(self) -> set[tuple[str, str, str]]:
        """Return (address, request, outcome) of each time server that is asked twice."""
        outcomes = {(address, "ntp", self.addresses[address].ntp.status) for address in self.clocks}
        return {outcome for outcome in outcomes if outcome[2] in SILENCES}

    @cached_property
    def first_answers(self) -> set[tuple[str, str, str]]:
        """Return (subject, request, outcome) of everything that is requested twice."""
        lookups = {
            (name, rdtype.upper(), getattr(domain, rdtype))
            for name, domain in self.domains.items()
            for rdtype in ("ns", "mx", "soa")
        }
        lookups |= {
            (name, rdtype.upper(), getattr(host, rdtype))
            for name, host in self.hosts.items()
            for rdtype in ("a", "aaaa")
        }
        lookups |= {(name, "HTTPS", lookup) for name, lookup in self.https.items()}
        routers = {address: self.truth.address(address) for address in self.routers}
        lookups |= {(address, "PTR", truth.reverse) for address, truth in (self.probed | routers).items()}
        answers = {
            (subject, question, lookup.status)
            for subject, question, lookup in lookups
            if lookup.status in (Failure.TIMEOUT, Failure.SERVFAIL)
        }
        answers |= {
            (subject, question, Failure.SERVFAIL)
            for subject, question, _ in lookups
            if self._recovers(subject, question)
        }
        answers |= {(address, "ping", "no_reply") for address in self.silent}
        answers |= self.silent_clocks
        return answers | {
            (address, f"tcp {number}", port.failure or "")
            for address in self.silent
            for number, port in self.probed[address].ports.items()
        }

    def _recovers(self, name: str, rdtype: str) -> bool:
        zone = self.scenario.find_zone(name) if rdtype != "PTR" else None
        return zone is not None and zone.fault(name, rdtype) is Fault.RECOVERING


def lookup_row(lookup: LookupTruth) -> tuple[Status | Failure, int | None]:
    """Return the status and the TTL of a lookup."""
    return lookup.status, lookup.ttl_s


def smallest(records: Records) -> str | None:
    """Return the name that represents several."""
    return min((record for record in records if isinstance(record, str)), default=None)
