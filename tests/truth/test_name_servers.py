"""Name servers, and whether names resolve over IPv6 alone."""

from __future__ import annotations

from collections import Counter

from ipv6matrix.items import NameServerAnswer, Resolvability
from ipv6matrix.store.queries import name_servers, resolver6
from simnet.topology import FAMILIES
from tests.truth.crawled import ZONES_PER_ADDRESS, Crawled


def test_name_servers(crawled: Crawled):
    """Each address of a name server has the answer and serial number of its zones, up to a limit; of one over TCP."""
    truth = crawled.expected.truth
    rows = crawled.rows(
        "SELECT domains.name, address, tcp, answer, serial FROM name_servers"
        " JOIN domains ON domains.id = domain_id JOIN addresses ON addresses.id = address_id"
    )
    over_udp = {(zone, address) for zone, address, tcp, *_ in rows if not tcp}
    over_tcp = Counter(address for _, address, tcp, *_ in rows if tcp)

    for zone, address, tcp, answer, serial in rows:
        true = truth.name_server(zone, address, tcp=bool(tcp))
        assert (true.answer, true.serial) == (answer, serial), (zone, address, tcp)
    assert over_udp <= crawled.expected.served
    zones = Counter(address for _, address in crawled.expected.served)
    asked = Counter(address for _, address in over_udp)
    # Zones that only the retry pass finds may be among the first ones, and come on top.
    late = {zone for zone, *_ in crawled.expected.first_answers if zone in crawled.expected.domains}
    assert zones.keys() == asked.keys()
    assert {} == {
        address: number
        for address, number in asked.items()
        if not min(zones[address], ZONES_PER_ADDRESS) <= number <= min(zones[address], ZONES_PER_ADDRESS + len(late))
    }
    assert {address: 1 for _, address in over_udp} == over_tcp


def test_words_of_name_servers(crawled: Crawled):
    """
    Each word for the answer of a name server is found; the serial numbers of one differ.
    """
    words = {*name_servers.answers(crawled.store).values(), *name_servers.over_tcp(crawled.store).values()}

    assert set(NameServerAnswer) == words
    assert {"dns6-stale.example"} == name_servers.serial_differs(crawled.store)
    assert {4: True, 6: False} == {
        family: name_servers.answering(crawled.store, family)["dns6-silent.example"] for family in FAMILIES
    }


def test_name_servers_are_retried(crawled: Crawled):
    """A query to a name server is retried after silence, SERVFAIL, a malformed reply or none to be had; only then."""
    rows = crawled.rows("SELECT subject, question, outcome FROM first_answers WHERE question IN ('ns', 'ns tcp')")
    lasting = crawled.rows(
        "SELECT domains.name || ' ' || address, iif(tcp, 'ns tcp', 'ns'), answer FROM name_servers"
        " JOIN domains ON domains.id = domain_id JOIN addresses ON addresses.id = address_id"
        " WHERE answer IN ('timeout', 'servfail', 'bad_reply', 'untestable')"
    )

    assert set(lasting) <= set(rows)
    assert {subject for subject, *_ in set(rows) - set(lasting)} <= {
        f"{zone} {address}" for zone, address in crawled.expected.served if zone.startswith(("recovering", "flaky"))
    }


def test_resolver6(crawled: Crawled):
    """
    Each zone, web host and mail host resolves over IPv6 alone as the scenario says.
    """
    expected = crawled.expected
    domains = [name for name in expected.domains if expected._has_hosts(name)]
    questions = {(name, "SOA") for name in domains}
    questions |= {(host, "AAAA") for name in domains for host in (name, f"www.{name}")}
    questions |= {(host, "AAAA") for domain in expected.domains.values() for _, host in domain.mx_hosts}

    rows = crawled.rows("SELECT name, type, answer FROM resolver6")

    asked = {question for question in questions if len(question[0]) <= 253 and not expected.is_opted_out(question[0])}
    assert {question: expected.truth.resolvability(*question) for question in asked} == {
        (name, type_): word for name, type_, word in rows
    }
    assert set(Resolvability) == {word for *_, word in rows}


def test_causes(crawled: Crawled):
    """
    Each reason why a zone does not resolve over IPv6 alone has a zone.
    """
    causes = resolver6.causes(crawled.store)
    names = ("ns-single", "dns6-silent", "dns6-lame", "below.served-over-ipv4", "glue-without-ipv6", "ns-unfindable")

    assert ["no_ns_address", "ns_silent", "ns_silent", "parent", "parent", "unexplained"] == [
        causes[f"{label}.example"] for label in names
    ]
