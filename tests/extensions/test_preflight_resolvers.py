"""Preflight checks of the resolvers: do they answer, truthfully, and over which family?"""

from __future__ import annotations

import time

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from ipv6matrix.health import resolver6
from tests.extensions.preflights import built, check, refusal, resolver

pytestmark = pytest.mark.usefixtures("near")


async def test_a_resolver_that_denies_the_root_is_rejected(tmp_path):
    """Other names that it denies may exist as well."""
    async with resolver(dns.rcode.NXDOMAIN) as server:
        message = await refusal(built(tmp_path, server))

    assert "RESOLVER_LIES" in message


async def test_a_captive_portal_is_rejected(internet, tmp_path):
    """A resolver that returns an address for every name is lying."""
    internet.resolver_mode("portal")
    try:
        message = await refusal(built(tmp_path, internet.resolver4, QUERY_TIMEOUT=1, QUERY_LIFETIME=2))
    finally:
        internet.resolver_mode("normal")

    assert "RESOLVER_LIES" in message


@pytest.mark.parametrize(
    ("rcode", "word"), [(None, "timeout"), (dns.rcode.SERVFAIL, "servfail"), (dns.rcode.REFUSED, "refused")]
)
async def test_a_broken_resolver_is_reported(tmp_path, rcode, word, caplog):
    """Silence and errors stop the crawl with the address of the resolver, the failure and the fix."""
    async with resolver(rcode) as server:
        address, _, port = server.partition(":")
        message = await refusal(built(tmp_path, server))

    assert f"{address} port {port}" in message
    assert f"({word})" in message
    assert "RESOLVER_AWAY" in message
    assert message in caplog.text


@pytest.fixture
def dns64(internet):
    """The resolvers of the simulated Internet synthesize AAAA records."""

    def begin(prefix):
        internet.resolver_mode(f"dns64 {prefix}")

    yield begin
    internet.resolver_mode("normal")


@pytest.mark.parametrize("prefix", ["64:ff9b::", "2001:db8:100:64::"])
async def test_a_resolver_with_dns64_stops_the_crawl(internet, tmp_path, dns64, prefix, caplog):
    """DNS64 with any prefix is detected; the error names the resolver and its answer."""
    dns64(prefix)
    message = await refusal(built(tmp_path, internet.resolver6, QUERY_TIMEOUT=2, QUERY_LIFETIME=5))

    assert internet.resolver6 in message
    assert f"ipv4only.arpa AAAA with {prefix}" in message
    assert "DNS64_DETECTED" in message
    assert message in caplog.text


async def test_every_resolver_is_checked_for_dns64(internet, tmp_path, dns64):
    """A single resolver with DNS64 is enough, because queries go to all in turn."""
    dns64("2001:db8:100:64::")
    async with resolver() as honest:
        servers = f"{honest},{internet.resolver4}"
        message = await refusal(built(tmp_path, servers, QUERY_TIMEOUT=2, QUERY_LIFETIME=5))

    assert internet.resolver4 in message
    assert "DNS64_DETECTED" in message


async def test_a_resolver_that_is_silent_about_dns64_is_accepted(tmp_path):
    """With one working and one broken resolver, a missing answer does not count as DNS64."""
    async with resolver() as honest:
        await check(built(tmp_path, f"{honest},127.0.0.1:1"))


async def test_resolvers_are_checked_for_dns64_at_each_start(internet, tmp_path):
    """The query is sent before anything is probed."""
    since = time.time()
    await check(built(tmp_path, f"{internet.resolver4},{internet.resolver6}", QUERY_TIMEOUT=2, QUERY_LIFETIME=5))
    asked = [query for query in internet.queries(since=since) if query.name.rstrip(".") == "ipv4only.arpa"]

    assert ["AAAA", "AAAA"] == [query.type for query in asked]


@pytest.mark.parametrize("server", ["resolver4", "resolver6"])
async def test_a_validating_resolver_measures_dnssec(internet, tmp_path, server):
    """A resolver that sets AD in the answer for the root keeps the metric."""
    made = built(tmp_path, getattr(internet, server), METRICS="dnssec,ping", QUERY_TIMEOUT=1.0, QUERY_LIFETIME=2.0)
    plan = await check(made)

    assert ({}, True) == (plan.skipped, "dnssec" in plan.metrics)


async def test_a_resolver_without_validation_leaves_dnssec_out(tmp_path, caplog):
    """Without AD every zone would count as insecure, so the metric is left out and the crawl starts."""
    async with resolver() as server:
        plan = await check(built(tmp_path, server, METRICS="dnssec,ping"))

    assert "DNSSEC_MISSING" in plan.skipped["dnssec"]
    assert "DNSSEC_MISSING" in caplog.text
    assert frozenset({"ping"}) == plan.metrics


async def test_a_resolver_without_ipv4_measures_what_resolves(internet, tmp_path):
    """
    A resolver that finds the control zones over IPv6 alone keeps the metric.
    """
    host, port = internet.resolver_without_ipv4
    settings = {"METRICS": "resolver6,ping", "QUERY_TIMEOUT": 5.0, "QUERY_LIFETIME": 9.0}
    plan = await check(built(tmp_path, internet.resolver4, NAMESERVERS6=f"[{host}]:{port}", **settings))

    assert ({}, True) == (plan.skipped, "resolver6" in plan.metrics)


async def test_a_resolver_without_ipv4_that_fails_stops_the_crawl(tmp_path):
    """
    If the control zones fail, every name would count as broken; with MISSING=skip, only the metric is left out.
    """
    async with resolver() as server:
        settings = {"METRICS": "resolver6,ping", "NAMESERVERS6": "[::1]:1"}
        message = await refusal(built(tmp_path, server, **settings))
        plan = await check(built(tmp_path, server, MISSING="skip", **settings))

    assert "RESOLVER6_FAILS" in message
    assert frozenset({"ping"}) == plan.metrics


async def test_a_resolver_of_nameservers6_with_ipv4_stops_the_crawl(internet, tmp_path):
    """
    If it finds names that are served over IPv4 alone, none would count as broken; MISSING=skip leaves the metric out.
    """
    settings = {"METRICS": "resolver6,ping", "NAMESERVERS6": internet.resolver4, "QUERY_TIMEOUT": 1.0}
    message = await refusal(built(tmp_path, internet.resolver4, **settings))
    plan = await check(built(tmp_path, internet.resolver4, MISSING="skip", **settings))

    assert "RESOLVER6_HAS_IPV4" in message
    assert f"{internet.resolver4} " in message
    assert frozenset({"ping"}) == plan.metrics


async def test_every_resolver_of_nameservers6_is_checked_for_ipv4(internet, tmp_path):
    """A single one with IPv4 is enough, because lookups go to all in turn."""
    host, port = internet.resolver_without_ipv4
    settings = {"METRICS": "resolver6,ping", "QUERY_TIMEOUT": 5.0, "QUERY_LIFETIME": 9.0}
    servers = f"[{host}]:{port},{internet.resolver6}"

    assert "RESOLVER6_HAS_IPV4" in await refusal(built(tmp_path, internet.resolver4, NAMESERVERS6=servers, **settings))


async def test_without_names_served_over_ipv4_a_warning_remains(internet, tmp_path, monkeypatch, caplog):
    """If the ordinary resolver does not find them, they show nothing, and the crawl starts."""
    monkeypatch.setattr(resolver6, "SERVED_OVER_IPV4", ("gone.mailbarn.com", "servfail.example"))
    settings = {"METRICS": "resolver6,ping", "NAMESERVERS6": internet.resolver6, "QUERY_TIMEOUT": 1.0}
    plan = await check(built(tmp_path, internet.resolver4, **settings))

    assert "resolver6" in plan.metrics
    assert "RESOLVER6_UNPROVEN" in caplog.text
