"""The security status of lookups, from the simulated resolver, which validates, and from scripted servers."""

from __future__ import annotations

import dns.flags
import dns.message
import pytest

from ipv6matrix.items import Failure, Security, Status
from simnet.truth import Truth
from tests.probes.dns_server import error, reply, resolving, serving


@pytest.mark.parametrize(
    ("name", "rdtype", "status", "security"),
    [
        ("signed.example", "SOA", Status.OK, Security.SECURE),
        ("www6.signed.example", "AAAA", Status.OK, Security.SECURE),
        ("gone.signed.example", "A", Status.NXDOMAIN, Security.SECURE),
        ("ipv6.signed.example", "AAAA", Status.OK, Security.INSECURE),
        ("open.example", "MX", Status.OK, Security.INSECURE),
        ("www.bogus.example", "AAAA", Status.OK, Security.BOGUS),
        ("gone.bogus.example", "A", Status.NXDOMAIN, Security.BOGUS),
        ("www.cname-to-bogus.example", "A", Status.OK, Security.BOGUS),
        ("servfail.example", "SOA", Failure.SERVFAIL, Security.INDETERMINATE),
        ("refused.example", "SOA", Failure.REFUSED, Security.INDETERMINATE),
        ("dns-silent.example", "SOA", Failure.TIMEOUT, Security.INDETERMINATE),
    ],
)
async def test_every_word_has_a_zone(internet, name, rdtype, status, security):
    """A validating resolver distinguishes signed, unsigned and bogus zones; a failure is none of them."""
    async with resolving((internet.resolver4, 53), (internet.resolver6, 53)) as resolver:
        lookup = await resolver.lookup(name, rdtype, dnssec=True)

    assert (status, security) == (lookup.status, lookup.security)


async def test_a_bogus_answer_is_what_the_zone_publishes(internet):
    """The records are those of the answer with checking disabled."""
    async with resolving((internet.resolver4, 53)) as resolver:
        lookup = await resolver.lookup("www.bogus.example", "A", dnssec=True)

    assert Truth(internet.scenario, dnssec=True).lookup("www.bogus.example", "A").records == lookup.records


async def test_without_dnssec_a_bogus_answer_fails(internet):
    """If the security status is not requested, there is none, and what does not validate is SERVFAIL."""
    async with resolving((internet.resolver4, 53)) as resolver:
        bogus = await resolver.lookup("www.bogus.example", "A")
        signed = await resolver.lookup("signed.example", "SOA")

    assert (Failure.SERVFAIL, None) == (bogus.status, bogus.security)
    assert (Status.OK, None) == (signed.status, signed.security)


async def test_a_temporary_failure_is_not_bogus():
    """If the query succeeds after one with checking disabled, the SERVFAIL before had another reason."""
    answers = iter((lambda query: error(query, 2), reply, reply))
    async with serving(lambda query: [next(answers)(query)]) as server, resolving(server) as resolver:
        lookup = await resolver.lookup("www.example.com", "A", dnssec=True)

    assert (Status.OK, Security.INSECURE) == (lookup.status, lookup.security)


async def test_flags_of_queries():
    """AD is set only with dnssec; CD only in the one query after SERVFAIL, and the last query confirms the failure."""
    script = lambda query: [reply(query) if is_unchecked(query) else error(query, 2)]  # noqa: E731
    async with serving(script) as server, resolving(server) as resolver:
        await resolver.lookup("www.example.com", "A")
        lookup = await resolver.lookup("www.example.com", "A", dnssec=True)

    assert ["RD", "RD AD", "RD AD CD", "RD AD"] == [flags(query) for query in server.queries]
    assert Security.BOGUS == lookup.security


def flags(query: bytes) -> str:
    return dns.flags.to_text(dns.message.from_wire(query).flags)


def is_unchecked(query: bytes) -> bool:
    return "CD" in flags(query)
