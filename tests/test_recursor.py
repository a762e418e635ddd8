"""
A crawl through its own recursive resolver, PowerDNS Recursor, that starts at the simulated root; and Unbound.

Answers are compared with the truth. A recursor does not preserve the word of a
failure, because every fault of name servers becomes SERVFAIL, and TTLs, which
run down in its cache.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import dns.message
import dns.query
import dns.rcode
import pytest

from ipv6matrix.items import Status
from ipv6matrix.store.database import Store
from simnet import logs
from simnet.internet import Internet
from simnet.scenario import Scenario
from simnet.showcase import Showcase
from simnet.zones import ANY_TYPE, Fault, Zone
from tests import crawls
from tests.expected import Expected, smallest
from tests.recursor import ADDRESSES, recursor, unbound

pytestmark = pytest.mark.crawl

FAILED = "failed"
# Denials of other names include the SOA record of the zone, which the recursor then has.
KNOWN_FROM_DENIALS = "refused-soa.example"


@dataclass(frozen=True)
class Resolved:
    """A finished crawl, its expected facts, and the queries that the resolver of the other tests received."""

    store: Store
    expected: Expected
    asked_elsewhere: int
    authoritative: list[logs.Query]


@pytest.fixture(scope="module")
def resolved(internet: Internet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Resolved]:
    place = tmp_path_factory.mktemp("recursor")
    began_at = time.time()
    settings = internet.settings() | crawls.folders(place) | {"NAMESERVERS": ",".join(ADDRESSES), "EXPORTS": ""}
    settings |= {"METRICS": "soa,reverse,ping", "PROBE_RATE_PER_NETWORK": 0}
    scenario = without_denials(internet.scenario)
    domains = place / "domains.txt"
    domains.write_text("".join(f"{name}\n" for name in scenario.domains))
    with recursor(internet, place):
        process = crawls.crawl(domains, settings)
        authoritative = internet.authoritative_queries(since=began_at)
    assert process.returncode == 0, process.stderr[-3000:]
    (path,) = place.glob("ips-*.db")
    expected = Expected(resolvable(scenario), apex=False, dnssec=False)
    asked_elsewhere = len(internet.queries(since=began_at))
    with closing(Store.read(path)) as store:
        yield Resolved(store, expected, asked_elsewhere, authoritative)


def without_denials(scenario: Scenario) -> Scenario:
    """Return the scenario without domains that exist at some of their name servers only: either answer is true."""
    assert isinstance(scenario, Showcase)
    return replace(scenario, listed=tuple(name for name in scenario.listed if name != "dns6-denies.example"))


def resolvable(scenario: Scenario) -> Scenario:
    """Return the scenario as a recursor sees it: zones whose name servers have no address fail; nothing is bogus."""
    zones = {
        apex: replace(_failing(zone) if _is_lame(scenario, zone) else zone, dnssec=None)
        for apex, zone in scenario.zones.items()
    }
    zones[KNOWN_FROM_DENIALS] = replace(zones[KNOWN_FROM_DENIALS], faults={})
    return replace(scenario, zones=zones)


def _failing(zone: Zone) -> Zone:
    return replace(zone, faults={(zone.apex, ANY_TYPE): Fault.SERVFAIL})


def _is_lame(scenario: Scenario, zone: Zone) -> bool:
    hosts = zone.records.get((zone.apex, "NS"), ())
    addresses = [scenario.lookup(host.lower(), rdtype).records for host in hosts for rdtype in ("A", "AAAA")]
    return bool(hosts) and not any(addresses)


def outcome(status: str) -> str:
    """Return the content of an answer, or that there was none."""
    return status if status in set(Status) else FAILED


def test_domains_match_the_zones(resolved: Resolved):
    """Each domain has the answers of its own name servers, and fails where they fail."""
    expected = {
        name: tuple(outcome(lookup.status) for lookup in (domain.ns, domain.mx, domain.soa))
        for name, domain in resolved.expected.domains.items()
    }

    rows = resolved.store.query(
        "SELECT name, ns_status, mx_status, soa_status FROM domain_figures WHERE refusal IS NULL"
    )

    assert expected == {name: tuple(map(outcome, statuses)) for name, *statuses in rows}


def test_roles_match_the_zones(resolved: Resolved):
    """Each domain has its name servers and mail hosts."""
    expected = {role[:3] for role in resolved.expected.roles}

    rows = resolved.store.query(
        "SELECT kind, domains.name, hosts.name"
        " FROM roles JOIN domains ON domains.id = domain_id JOIN hosts ON hosts.id = host_id"
    )

    assert expected == set(rows)


def test_hosts_match_the_zones(resolved: Resolved):
    """Each host has its answers, the end of its aliases and its wildcard mark."""
    expected = {
        name: (
            outcome(host.a.status),
            outcome(host.aaaa.status),
            host.canonical_name,
            name in resolved.expected.guessed and host.wildcard,
        )
        for name, host in resolved.expected.hosts.items()
    }

    rows = resolved.store.query(
        "SELECT name, a_status, aaaa_status, canonical_name, wildcard FROM host_figures WHERE refusal IS NULL"
    )

    assert expected == {
        name: (outcome(a), outcome(aaaa), canonical, bool(wildcard)) for name, a, aaaa, canonical, wildcard in rows
    }


def test_addresses_match_the_zones(resolved: Resolved):
    """Each host has all its addresses, and the same ones are chosen."""
    rows = resolved.store.query(
        "SELECT hosts.name, host_addresses.family, address, choice FROM host_addresses"
        " JOIN hosts ON hosts.id = host_id JOIN addresses ON addresses.id = address_id"
    )

    assert resolved.expected.host_addresses == set(rows)


def test_reverse_names_are_found_from_the_root(resolved: Resolved):
    """Each probed address has its reverse names."""
    expected = {
        address: (outcome(truth.reverse.status), smallest(truth.reverse.records), len(truth.reverse.records))
        for address, truth in resolved.expected.probed.items()
    }

    rows = resolved.store.query(
        "SELECT address, status, name, ifnull(records, 0) FROM lookups JOIN addresses ON addresses.id = owner_id"
        " LEFT JOIN reverse_names ON address_id = owner_id WHERE owner = 'address'"
    )

    assert expected == {address: (outcome(status), name, names) for address, status, name, names in rows}


def test_ttls_only_run_down(resolved: Resolved):
    """No successful lookup has a TTL above the one that its zone publishes, and 0 stays 0."""
    rows = resolved.store.query(
        "SELECT name, ttl_s FROM lookups JOIN hosts ON hosts.id = owner_id"
        " WHERE owner = 'host' AND type = 'A' AND status = 'ok'"
    )
    published = {name: resolved.expected.hosts[name].a.ttl_s for name, _ in rows}

    assert {} == {name: ttl_s for name, ttl_s in rows if not 0 <= ttl_s <= published[name]}
    assert 0 == dict(rows)["www.ttl-zero.example"]


def test_queries_go_to_the_servers_of_the_zones(resolved: Resolved):
    """The root and the servers below it were queried, and no other resolver was."""
    asked = {(query.type, query.name) for query in resolved.authoritative}

    assert 0 == resolved.asked_elsewhere
    assert ("NS", "") in asked
    assert ("MX", "ns-ipv6-only.example") in asked


def test_unbound_resolves_from_the_root(internet: Internet, tmp_path: Path):
    """Unbound with its settings answers over both families: servers that have only IPv6, a TTL of 0, reverse trees."""
    questions = (("ns-ipv6-only.example", "NS"), ("ttl-zero.example", "NS"), ("1.16.18.198.in-addr.arpa", "PTR"))

    with unbound(internet, tmp_path):
        replies = [
            dns.query.udp(dns.message.make_query(*question), address, timeout=20)
            for question, address in zip(questions, (*ADDRESSES, ADDRESSES[0]), strict=True)
        ]

    assert [dns.rcode.NOERROR] * 3 == [reply.rcode() for reply in replies]
    assert [3600, 0, 3600] == [reply.answer[0].ttl for reply in replies]
