"""
The simulated resolver without IPv4 and the truth about it agree; tests/probes/test_resolvability.py has real ones.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import dns.message
import dns.query
import dns.rcode
import pytest

from ipv6matrix.items import Resolvability
from simnet.internet import Internet
from simnet.plain_dns import MAX_NAME, Question
from simnet.truth import Truth

pytestmark = pytest.mark.slow

ANSWERED = (dns.rcode.NOERROR, dns.rcode.NXDOMAIN)


def questions(truth: Truth, domain: str) -> list[Question]:
    """Return what a crawl looks up over IPv6 alone for a domain."""
    hosts = (domain, f"www.{domain}", *(host for _, host in truth.domain(domain).mx_hosts))
    return [(domain, "SOA"), *((host, "AAAA") for host in hosts if len(host) <= MAX_NAME)]


def test_every_name_resolves_as_its_truth(internet: Internet) -> None:
    """Zones, web and mail hosts of the whole list are answered if the truth says so."""
    truth = Truth(internet.scenario)
    asked = dict.fromkeys(question for domain in internet.scenario.domains for question in questions(truth, domain))

    with ThreadPoolExecutor(16) as pool:
        answered = dict(zip(asked, pool.map(partial(is_answered, internet), asked), strict=True))

    assert {} == {
        question: resolves for question, resolves in answered.items() if resolves is not is_resolvable(truth, question)
    }
    assert len(asked) > 1000


def is_answered(internet: Internet, question: Question) -> bool:
    """Return whether the second lookup at the latest has an answer."""
    host, port = internet.resolver_without_ipv4
    replies = (dns.query.udp(dns.message.make_query(*question), host, port=port, timeout=5) for _ in range(2))
    return any(reply.rcode() in ANSWERED for reply in replies)


def is_resolvable(truth: Truth, question: Question) -> bool:
    return truth.resolvability(*question) is Resolvability.RESOLVABLE


@pytest.mark.parametrize(
    ("name", "rdtype", "word"),
    [
        ("open.example", "SOA", "resolvable"),
        ("nxdomain.example", "SOA", "resolvable"),
        ("dns6-denies.example", "SOA", "resolvable"),
        ("ns-ipv6-only.example", "SOA", "resolvable"),
        ("ns-single.example", "SOA", "broken"),
        ("below.served-over-ipv4.example", "SOA", "broken"),
        ("www.cname-to-ipv4.example", "AAAA", "broken"),
        ("glue-without-ipv6.example", "SOA", "broken"),
        ("dns6-silent.example", "SOA", "broken"),
        ("servfail.example", "SOA", "unknown"),
    ],
)
def test_truth_of_resolution(internet: Internet, name: str, rdtype: str, word: str) -> None:
    """Spot checks of the truth itself, written out by hand."""
    assert word == Truth(internet.scenario).resolvability(name, rdtype)
