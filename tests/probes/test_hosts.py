"""Lookups that save others, counted by the resolver of the simulated Internet."""

from __future__ import annotations

import asyncio
import time

import pytest

from ipv6matrix.items import Failure, LookupObservation, Status
from ipv6matrix.probes.dns import Resolver
from ipv6matrix.probes.hosts import ask_domain, ask_hosts, reverse_name
from tests.probes.waiting import until

GUESSES = ("www", "www6", "ipv6", "www.ipv6", "six", "ntp", "time")


@pytest.fixture
async def resolver(internet):
    made = Resolver([(internet.resolver4, 53)], timeout_s=1.0, lifetime_s=2.0)
    await made.open()
    yield made
    await made.close()


@pytest.fixture
def asked(internet):
    """Return the queries that the resolver received since the start of the test, as (name, type)."""
    since = time.time()
    return lambda: [(query.name, query.type) for query in internet.queries(since=since)]


def guesses(domain):
    return [f"{label}.{domain}" for label in GUESSES]


async def test_nxdomain_saves_the_other_types(resolver, asked):
    """A domain that does not exist is queried once, and every lookup has that answer."""
    answers = await ask_domain(resolver.lookup, "nxdomain.example", ("NS", "MX", "SOA"))

    assert {"ns": Status.NXDOMAIN, "mx": Status.NXDOMAIN, "soa": Status.NXDOMAIN} == {
        rdtype: answer.status for rdtype, answer in answers.items()
    }
    assert [("nxdomain.example", "NS")] == asked()


async def test_nxdomain_saves_aaaa_and_the_names_below(resolver, asked):
    """A host that does not exist gets no AAAA query, and names below it no query at all (RFC 8020)."""
    hosts = await ask_hosts(resolver.lookup, "web.example", ["ipv6.web.example", "www.ipv6.web.example"])

    assert [Status.NXDOMAIN] * 4 == [lookup.status for host in hosts for lookup in (host.a, host.aaaa)]
    assert [("ipv6.web.example", "A")] == asked()


async def test_an_alias_to_a_missing_name_exists(resolver, asked):
    """An alias whose target does not exist answers NXDOMAIN but does not deny names below itself."""
    hosts = await ask_hosts(
        resolver.lookup, "cname-dangling.example", ["www.cname-dangling.example", "a.www.cname-dangling.example"]
    )

    assert "gone.cname-target.example" == hosts[0].a.canonical_name
    assert ("a.www.cname-dangling.example", "A") in asked()


async def test_hosts_are_in_request_order(resolver):
    """Hosts are returned in the order of their names in the request, however deep they are."""
    names = ["www.ipv6.every-guess.example", "www.every-guess.example", "ipv6.every-guess.example"]

    assert names == [host.name for host in await ask_hosts(resolver.lookup, "every-guess.example", names)]


async def test_wildcard_hosts_are_marked(resolver):
    """Hosts with the answer of a random label are marked; one with its own addresses is not."""
    wildcards = {
        domain: {
            host.name.removesuffix(f".{domain}"): host.wildcard
            for host in await ask_hosts(resolver.lookup, domain, guesses(domain))
        }
        for domain in ("wildcard.example", "wildcard-beside-www.example", "every-guess.example")
    }

    assert {True} == set(wildcards["wildcard.example"].values())
    assert {"www"} == {label for label, wildcard in wildcards["wildcard-beside-www.example"].items() if not wildcard}
    assert {False} == set(wildcards["every-guess.example"].values())


@pytest.mark.parametrize(
    ("domain", "expected"), [("wildcard.example", 1), ("every-guess.example", 1), ("open.example", 0)]
)
async def test_a_random_label_is_queried_only_if_needed(resolver, asked, domain, expected):
    """A guessed host that does not exist disproves a wildcard, so no random label is queried."""
    await ask_hosts(resolver.lookup, domain, guesses(domain))

    others = {name for name, _ in asked()} - set(guesses(domain))
    assert expected == len(others)


@pytest.mark.parametrize("rdtype", ["A", "AAAA"])
async def test_a_single_type_can_be_requested(resolver, asked, rdtype):
    """The other type is not queried, NXDOMAIN still saves the names below, and a wildcard is detected by that type."""
    names = ["www.wildcard.example", "ipv6.web.example", "www.ipv6.web.example"]
    hosts = [
        host
        for domain in ("wildcard.example", "web.example")
        for host in await ask_hosts(
            resolver.lookup, domain, [name for name in names if name.endswith(f".{domain}")], [rdtype]
        )
    ]

    other = {"A": "aaaa", "AAAA": "a"}[rdtype]
    assert [Status.OK, Status.NXDOMAIN, Status.NXDOMAIN] == [getattr(host, rdtype.lower()).status for host in hosts]
    assert [None] * 3 == [getattr(host, other) for host in hosts]
    assert [True, False, False] == [host.wildcard for host in hosts]
    assert {rdtype} == {asked_type for _, asked_type in asked()}
    assert "www.ipv6.web.example" not in {name for name, _ in asked()}


async def test_timeouts_do_not_add_up(resolver):
    """Names without an answer time out together, not one lifetime after another."""
    began = time.monotonic()

    hosts = await ask_hosts(resolver.lookup, "dns-silent.example", guesses("dns-silent.example"))

    assert {Failure.TIMEOUT} == {lookup.status for host in hosts for lookup in (host.a, host.aaaa)}
    assert time.monotonic() - began < 4 * resolver.lifetime_s + 1


async def test_cancelling_ends_every_lookup(resolver, asked):
    """A cancelled series repeats no query and leaves no task."""
    task = asyncio.ensure_future(ask_hosts(resolver.lookup, "dns-silent.example", guesses("dns-silent.example")))
    await until(asked)

    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert 1 == len(asyncio.all_tasks())
    queries = asked()
    assert len(queries) == len(set(queries))


def test_reverse_names():
    """The reverse name of an address has its octets or nibbles in reverse order."""
    assert "1.2.0.192.in-addr.arpa" == reverse_name("192.0.2.1")
    assert f"1.{'0.' * 23}8.b.d.0.1.0.0.2.ip6.arpa" == reverse_name("2001:db8::1")


async def test_a_domain_is_no_wildcard(resolver):
    """A domain with the addresses of its wildcard is not marked: no wildcard covers the domain itself (RFC 4592)."""
    apex, www = await ask_hosts(resolver.lookup, "wildcard.example", ["wildcard.example", "www.wildcard.example"])

    assert apex.a.records == www.a.records
    assert (False, True) == (apex.wildcard, www.wildcard)


async def test_a_denied_domain_denies_no_host():
    """NXDOMAIN for the addresses of a domain implies nothing about its hosts: its records show that it exists."""
    queried = []

    async def lookup(name: str, rdtype: str) -> LookupObservation:
        queried.append((name, rdtype))
        status = Status.NXDOMAIN if name == "broken.example" else Status.NODATA
        return LookupObservation(name=name, type=rdtype, status=status, asked_at=0.0)

    apex, www = await ask_hosts(lookup, "broken.example", ["broken.example", "www.broken.example"])

    assert (Status.NXDOMAIN, Status.NODATA) == (apex.a.status, www.a.status)
    assert ("www.broken.example", "A") in queried


async def test_https_is_for_the_domain_and_its_www(resolver, asked):
    """Other guessed hosts have no HTTPS lookup."""
    types = ("A", "AAAA", "HTTPS")
    names = ["https-alias.example", "ntp.https-alias.example", "www.https-alias.example"]

    hosts = await ask_hosts(resolver.lookup, "https-alias.example", names, types)

    assert [Status.OK, None, Status.OK] == [host.https and host.https.status for host in hosts]
    assert "HTTPS" not in {rdtype for name, rdtype in asked() if name.startswith("ntp")}
