"""What a crawl sends: no more than documented, and nothing to those who are never probed."""

from __future__ import annotations

from collections import Counter

import pytest

from ipv6matrix.items import Resolvability, Security
from simnet.packets import SYN, TCP, UDP
from simnet.sites import ALLOWED, LOADED
from simnet.topology import FAMILIES, first_router, references
from tests.echoes import purpose
from tests.truth.crawled import CONTACT, Crawled


def test_forbidden_addresses_receive_no_packet(crawled: Crawled):
    """No packet was sent to an address that is not globally reachable or opted out."""
    controls = {address for family in FAMILIES for address in (first_router(family), *references(family))}
    allowed = set(crawled.expected.probed) | {crawled.internet.resolver4, crawled.internet.resolver6} | controls

    assert set() == {packet.destination for packet in crawled.packets()} - allowed
    assert crawled.local_before == crawled.internet.local_packets()


def test_opted_out_names_are_not_queried(crawled: Crawled):
    """No query names a domain that opted out, or a host below it."""
    asked = {query.name for query in crawled.internet.queries(since=crawled.began_at)}

    assert set() == {name for name in asked if crawled.expected.is_opted_out(name)}


def test_each_host_is_looked_up_once(crawled: Crawled):
    """
    However many domains share a host that records name, its A and its AAAA are queried once.

    Those of a guessed host are queried once for each domain for which it is guessed.
    """
    answered = {
        (name, rdtype)
        for name, host in crawled.expected.hosts.items()
        for rdtype, lookup in (("A", host.a), ("AAAA", host.aaaa))
        if lookup.status in ("ok", "nodata", "nxdomain")
        and crawled.expected.truth.resolvability(name, rdtype) is Resolvability.RESOLVABLE
        and lookup.security is not Security.BOGUS
        and not crawled.internet.scenario.find_zone(name).faults
    }
    asked = Counter(
        (query.name, query.type)
        for query in crawled.internet.queries(since=crawled.began_at)
        if query.transport == "udp" and query.type in ("A", "AAAA")
    )

    requests = {
        (host, domain if kind in ("WWW", "NTP", "APEX") else None) for kind, domain, host, _ in crawled.expected.roles
    }
    # Hosts from which pages load something are looked up for themselves.
    most = Counter([*(host for host, _ in requests), *LOADED, ALLOWED])

    assert {} == {(name, rdtype): asked[name, rdtype] for name, rdtype in answered if asked[name, rdtype] > most[name]}
    assert {1, 2} == {most[name] for name, _ in answered}


@pytest.mark.parametrize("owner", ["domain", "host"])
def test_inferred_lookups_were_not_sent(crawled: Crawled, owner: str):
    """The lookups that are marked as inferred never reached the resolver, and all others with an answer did."""
    asked = {(query.name, query.type) for query in crawled.internet.queries(since=crawled.began_at)}
    rows = crawled.rows(
        f"SELECT name, type, inferred FROM lookups JOIN {owner}s ON id = owner_id WHERE owner = '{owner}'"
        " AND status IN ('ok', 'nodata', 'nxdomain') AND name NOT IN (SELECT subject FROM first_answers)"
    )
    # An ordinary lookup follows one that fails over IPv6 alone.
    compared = set(crawled.rows("SELECT name, type FROM resolver6 WHERE answer <> 'resolvable'"))
    inferred = {(name, rdtype) for name, rdtype, is_inferred in rows if is_inferred} - compared
    sent = {(name, rdtype) for name, rdtype, is_inferred in rows if not is_inferred}

    assert inferred
    assert set() == inferred & asked
    assert set() == sent - asked


def test_each_address_is_probed_once(crawled: Crawled):
    """However many hosts share an address, it gets one series of pings and one handshake on port 25; if silent two."""
    pings = Counter(packet.destination for packet in crawled.packets() if purpose(packet) == "ping")
    handshakes = Counter(
        packet.destination
        for packet in crawled.packets()
        if packet.protocol == TCP and packet.flags == SYN and packet.port == 25
    )

    silent = crawled.expected.silent
    assert {address: 10 if address in silent else 5 for address in crawled.expected.probed} == pings
    for address, number in handshakes.items():
        times = 2 if address in silent else 1
        filtered = crawled.expected.probed[address].ports[25].failure == "timeout"
        assert number == times or (filtered and number <= 2 * times), address


def test_mail_servers_receive_only_a_greeting(crawled: Crawled):
    """No session with a mail server goes beyond EHLO or HELO, STARTTLS and QUIT."""
    verbs = {verb for session in crawled.internet.smtp_sessions(since=crawled.began_at) for verb in session.verbs}

    assert {"EHLO", "HELO", "STARTTLS", "QUIT"} == verbs


def test_each_page_is_requested_once(crawled: Crawled):
    """A web server gets one request for each host, address and scheme, with an agent that leads to the operator."""
    requests = crawled.internet.page_requests(since=crawled.began_at)

    counts = Counter((request.host, request.address, request.port) for request in requests)
    assert {1} == set(counts.values())
    assert all(CONTACT in request.agent for request in requests)


def test_each_probe_is_as_many_packets_as_documented(crawled: Crawled):
    """
    A clock gets one packet or two, a web server one connection for each handshake, page and port.

    Silence is asked twice.
    """
    packets = crawled.internet.packets(since=crawled.began_at)
    ntp = Counter(packet.destination for packet in packets if packet.protocol == UDP and packet.port == 123)
    syns = Counter(
        (packet.destination, packet.port)
        for packet in packets
        if packet.protocol == TCP and packet.flags & (SYN | 0x10) == SYN and packet.port == 443
    )
    tests = Counter(address for _, address in crawled.sites)

    repeated = Counter((subject.split(" ")[-1], request) for subject, request, _ in crawled.repeated)
    assert crawled.expected.clocks == set(ntp)
    assert {address: 2 + 2 * repeated[address, "ntp"] for address in ntp if ntp[address] > 2} == {
        address: number for address, number in ntp.items() if number > 2
    }
    answering = [a for a, truth in crawled.expected.probed.items() if truth.ports[443].open and a in tests]
    assert {
        address: 1 + 2 * tests[address] + repeated[address, "tls"] + repeated[address, "web https"]
        for address in answering
    } == {a: syns[a, 443] for a in answering}


def test_first_answers(crawled: Crawled):
    """Each temporary failure was retried, and its first outcome is stored; nothing else was retried."""
    rows = crawled.rows("SELECT subject, question, outcome FROM first_answers WHERE question NOT IN ('ns', 'ns tcp')")

    assert crawled.expected.first_answers | crawled.repeated == set(rows)
    assert {"ntp", "pmtu", "tls", "web https", "web http"} <= {question for _, question, _ in rows}
