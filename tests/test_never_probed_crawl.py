"""Addresses that a crawl never sends a packet to, counted on the wire."""

from __future__ import annotations

from pathlib import Path

import pytest

from ipv6matrix import urls
from ipv6matrix.store.database import Store
from simnet.topology import first_router, references
from simnet.unlisted import ALIASES, EMBEDDED
from tests import crawlers, crawls

pytestmark = pytest.mark.crawl


def crawl(internet, place: Path, names, **settings):
    """Crawl some domains; return the database and the destinations of all packets but those to the resolver."""
    (place / "list").write_text("".join(f"{name}\n" for name in names))
    chosen = internet.settings() | crawls.folders(place) | {"METRICS": "reverse,ping,tcp80,path", "EXPORTS": ""}
    since = max((packet.sent_at for packet in internet.packets()), default=0.0) + 1e-6
    done = crawls.crawl(place / "list", chosen | {"SECOND_PASS": False} | settings)
    assert 0 == done.returncode, done.stderr
    resolvers = (internet.resolver4, internet.resolver6)
    sent = {packet.destination for packet in internet.packets(since=since)} - set(resolvers)
    (path,) = place.glob("ips-*.db")
    return Store.read(path), sent


def test_addresses_that_embed_a_forbidden_one_get_no_packet(internet, tmp_path):
    """Each such address is stored with the reason, and the next one of its host is probed instead."""
    names = [f"{name}.example" for name in EMBEDDED]
    store, sent = crawl(internet, tmp_path, [*names, "embedded-first.example"], FEATURES="WWW")
    exclusions = dict(store.query("SELECT address, refusal FROM addresses WHERE found_at IS NOT NULL"))
    store.close()

    usable = internet.address("open", 6, 60)
    assert {usable} == {address for address in sent if internet.scenario.behaviour(address)}
    assert {address for addresses in EMBEDDED.values() for address in addresses} <= exclusions.keys()
    assert [usable] == [address for address, reason in exclusions.items() if reason is None]
    assert {"opted_out"} == {exclusions[address] for address in EMBEDDED["embedded-opted-out"]}
    assert "loopback" == exclusions["2002:7f00:1::1"]


def test_an_alias_of_an_opted_out_name_gets_no_packet(internet, tmp_path):
    """Whatever the role of the host, and wherever in the chain the name is; the domain or host has the reason."""
    store, sent = crawl(internet, tmp_path, ALIASES, FEATURES="NS,MX,WWW", WWW_PREFIXES="www")
    hosts = dict(store.query("SELECT name, refusal FROM host_figures WHERE a_status IS NOT 'nxdomain'"))
    domains = dict(store.query("SELECT name, refusal FROM domains"))
    store.close()

    behind = {internet.address("open", family, n) for family in (4, 6) for n in (48, 49)}
    behind |= {internet.address("web", family, 5) for family in (4, 6)}
    assert set() == sent & behind
    assert "opted_out" == domains["alias-apex.example"]
    aliased = ("www.alias-www", "www.alias-through", "mail.alias-roles", "ns.alias-roles", "www.opted-out")
    assert {"opted_out"} == {hosts[f"{name}.example"] for name in aliased}


@pytest.mark.parametrize("name", ["alias-www.example", "alias-through.example"])
def test_an_alias_is_probed_without_opt_outs(internet, tmp_path, name):
    """Without opt-outs the same names are measured."""
    store, sent = crawl(internet, tmp_path, [name], FEATURES="WWW", WWW_PREFIXES="www", OPTOUT_FILE="")
    store.close()

    assert any(internet.scenario.behaviour(address) for address in sent)


async def test_a_lookup_at_a_forbidden_server_sends_no_packet(internet, tmp_path):
    """
    Requests of an older frontier are excluded by destination, whatever their scheme; a lookup at another server is
    sent.
    """
    opted_out, usable = internet.address("opted_out", 6), internet.address("open", 6)
    servers = ("10.0.0.1", "[fd00::53]:5353", "[2002:a00:1::1]", "[::ffff:10.0.0.1]", f"[{opted_out}]", f"[{usable}]")
    with crawlers.opened(tmp_path) as made:
        for server in servers:
            made.engine.scheduler.enqueue_request(urls.request(f"dns://{server}/web.example?type=NS"))
    counted = internet.local_packets()
    store, sent = crawl(internet, tmp_path, ["web.example"], FEATURES="NS", METRICS="soa")
    store.close()

    health = {address for family in (4, 6) for address in (*references(family), first_router(family))}
    assert {usable} == sent - health
    assert counted == internet.local_packets()


def test_a_crawl_behind_dns64_sends_no_probe(internet, tmp_path):
    """It ends before the first probe with the resolver's address and the fix."""
    (tmp_path / "list").write_text("ipv4-only.example\n")
    settings = internet.settings() | crawls.folders(tmp_path) | {"METRICS": "ping", "EXPORTS": ""}
    since = max((packet.sent_at for packet in internet.packets()), default=0.0) + 1e-6
    internet.resolver_mode("dns64 2001:db8:100:64::")
    try:
        done = crawls.crawl(tmp_path / "list", settings)
    finally:
        internet.resolver_mode("normal")
    sent = {packet.destination for packet in internet.packets(since=since)}

    assert 1 == done.returncode
    assert f"DNS64 detected at {internet.resolver4}: " in done.stderr
    assert {internet.resolver4, internet.resolver6} == sent
