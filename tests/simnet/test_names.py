"""
Names of the simulated Internet resolve as its truth says, tested with dnspython.

These tests use no probe of the project, so that both cannot be wrong in the same way.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.reversename
import pytest

from ipv6matrix.items import Failure, Status
from simnet.internet import Internet
from simnet.plain_dns import MAX_NAME, Question, ask_all, same, security
from simnet.truth import Truth, router_addresses
from tests.expected import NTP, WWW

pytestmark = pytest.mark.slow


def test_every_name_answers_as_its_truth(internet: Internet, truth: Truth) -> None:
    """Domains, hosts and guesses of the whole list: status, records, TTL and canonical name."""
    questions = list(dict.fromkeys(_questions(internet.scenario.domains, truth)))

    answers = ask_all((internet.resolver4, internet.resolver6), questions)

    expected = {question: truth.lookup(*question) for question in questions if len(question[0]) <= MAX_NAME}
    wrong = {
        question: (truth, answers[question])
        for question, truth in expected.items()
        if not same(truth, answers[question])
    }
    assert {} == wrong
    assert len(expected) > 5000


def test_reverse_lookups_answer_as_their_truth(internet: Internet, truth: Truth, addresses: list[str]) -> None:
    addresses = [*router_addresses(), *addresses, "203.0.113.1"]
    names = {address: dns.reversename.from_address(address).to_text(omit_final_dot=True) for address in addresses}

    answers = ask_all((internet.resolver4, internet.resolver6), [(name, "PTR") for name in names.values()])

    for address, name in names.items():
        assert truth.address(address).reverse == answers[name, "PTR"], address


SIGNED = ("", "com", "signed.example", "bogus.example", "open.example", "nxdomain.example", "servfail.example")


ALIASES = ("www6.signed.example", "ipv6.signed.example", "www.cname-to-bogus.example", "www.cname.example")


@pytest.mark.parametrize("question", [*((name, "SOA") for name in SIGNED), *((name, "AAAA") for name in ALIASES)])
def test_every_zone_validates_as_its_truth(internet: Internet, question: Question) -> None:
    """The AD bit of a reply, or the need for CD, is that of the zones on the way."""
    assert Truth(internet.scenario, dnssec=True).lookup(*question).security == security(internet.resolver4, question)


def test_truth_of_security(internet: Internet) -> None:
    """Spot checks of the truth itself, written out by hand."""
    truth = Truth(internet.scenario, dnssec=True)
    states = {name: truth.lookup(name, "AAAA").security for name in ALIASES}

    assert ["secure", "insecure", "bogus", "insecure"] == [states[name] for name in ALIASES]


def test_case_of_the_question_is_kept(internet: Internet) -> None:
    query = dns.message.make_query("wWw.OPEN.exAmple", "A")

    reply = dns.query.udp(query, internet.resolver4, timeout=2)

    assert b"\x03wWw\x04OPEN\x07exAmple" in reply.to_wire()
    assert reply.flags & dns.flags.QR and reply.flags & dns.flags.RA and not reply.flags & dns.flags.AA


def test_records_rotate(internet: Internet) -> None:
    query = dns.message.make_query("www.rotating.example", "A")

    firsts = {dns.query.udp(query, internet.resolver4, timeout=2).answer[0][0].address for _ in range(4)}

    assert 4 == len(firsts)


def test_a_large_answer_is_truncated_without_edns(internet: Internet) -> None:
    """512 bytes without EDNS (RFC 1035 section 4.2.1), the advertised size with it, all over TCP."""
    plain = dns.query.udp(
        dns.message.make_query("large-answer.example", "NS", use_edns=False), internet.resolver4, timeout=2
    )
    extended = dns.query.udp(
        dns.message.make_query("large-answer.example", "NS", payload=1232), internet.resolver4, timeout=2
    )

    assert plain.flags & dns.flags.TC and not plain.answer
    assert not extended.flags & dns.flags.TC and len(extended.answer[0]) == 12
    assert 0 == extended.edns


def test_flaky_name_answers_the_second_time(internet: Internet) -> None:
    query = dns.message.make_query("only-here.flaky.example", "TXT")

    with pytest.raises(dns.exception.Timeout):
        dns.query.udp(query, internet.resolver6, timeout=0.3)

    assert dns.rcode.NXDOMAIN == dns.query.udp(query, internet.resolver6, timeout=2).rcode()


def test_several_queries_pass_one_tcp_connection(internet: Internet) -> None:
    with socket.create_connection((internet.resolver6, 53), timeout=2) as connection:
        for name in ("open.example", "web.example"):
            query = dns.message.make_query(name, "NS")
            dns.query.send_tcp(connection, query)
            reply, _ = dns.query.receive_tcp(connection)
            assert query.id == reply.id


def test_resolver_can_be_broken_and_mended(internet: Internet) -> None:
    query = dns.message.make_query("open.example", "NS")
    try:
        internet.resolver_mode("servfail")
        assert dns.rcode.SERVFAIL == dns.query.udp(query, internet.resolver4, timeout=2).rcode()
        internet.resolver_mode("silent")
        with pytest.raises(dns.exception.Timeout):
            dns.query.udp(query, internet.resolver4, timeout=0.2)
    finally:
        internet.resolver_mode("normal")
    assert dns.rcode.NOERROR == dns.query.udp(query, internet.resolver4, timeout=2).rcode()


def test_truth_of_relations(internet: Internet, truth: Truth) -> None:
    """Spot checks of the truth itself, written out by hand."""
    assert ((10, "mx1.mailbarn.com"),) == truth.domain("duplicate-mx.example").mx_hosts
    assert truth.domain("null-mx.example").null_mx
    assert 13 == len(truth.domain("thirteen-ns.example").ns_hosts)
    assert False is truth.domain("nxdomain.example").exists
    assert None is truth.domain("dns-silent.example").exists
    assert True is truth.domain("nodata.example").exists
    assert truth.host("www6.wildcard.example").wildcard
    assert not truth.host("www.wildcard-beside-www.example").wildcard
    assert Status.NODATA == truth.host("ipv6.wildcard-blocked.example").a.status
    assert Failure.CNAME_LOOP == truth.host("www.cname-loop.example").a.status
    assert Failure.NAME_TOO_LONG == truth.host(f"www.{'.'.join(['x' * 50] * 5)}").a.status
    assert frozenset({"10.0.0.1", "198.18.16.77"}) == truth.host("www.private-first.example").addresses(4)
    assert truth.host("www.mixed-case.example").a.records == (internet.address("open", 4, 41),)


def _questions(domains: Iterable[str], truth: Truth) -> Iterator[Question]:
    for name in domains:
        yield from ((name, rdtype) for rdtype in ("NS", "MX", "SOA"))
        domain = truth.domain(name)
        hosts = (
            *(f"{label}.{name}" for label in (*WWW, *NTP)),
            *domain.ns_hosts,
            *(host for _, host in domain.mx_hosts),
        )
        yield from ((host, rdtype) for host in hosts for rdtype in ("A", "AAAA"))
        yield from ((host, "HTTPS") for host in (name, f"www.{name}"))
