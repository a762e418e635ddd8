"""A crawl of the showcase that measures services, every fact compared with the truth."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import pytest

from ipv6matrix.items import PmtuStatus
from ipv6matrix.store.database import Store
from ipv6matrix.store.queries import happy_eyeballs, third_parties, web_parity
from simnet.behaviours import Web
from simnet.internet import Internet
from simnet.packets import SYN, TCP, UDP
from simnet.sites import ALLOWED, LOADED, MIXED, SITES, apex
from tests import crawls
from tests.expected import SILENCES, Expected

pytestmark = pytest.mark.crawl

CONTACT = "https://example.org/crawler"
METRICS = "apex,tcp443,ntp,https,web,pmtu"


@dataclass(frozen=True)
class Crawled:
    """A finished crawl and what the simulated Internet saw of it."""

    internet: Internet
    store: Store
    expected: Expected
    began_at: float

    def pairs(self, kind: str, label: str) -> set[tuple[str, str]]:
        """Return (host, address) of guessed hosts with a label, at their chosen addresses."""
        hosts = {host for one, _, host, _ in self.expected.roles if one == kind and host.startswith(label)}
        return {
            (host, address) for host, _, address, choice in self.expected.host_addresses if choice and host in hosts
        }

    @property
    def sites(self) -> set[tuple[str, str]]:
        """Return the web sites that are measured: `www` of each domain and the domain, but not `www.ipv6`."""
        domains = self.expected.domains
        named = {(host, address) for host, address in self.pairs("WWW", "www.") if host.removeprefix("www.") in domains}
        return named | self.pairs("APEX", "")

    @property
    def first_answers(self) -> set[tuple[str, str, str | None]]:
        """Return (subject, request, outcome) of everything that is requested twice of services."""
        truth = self.expected.truth
        found = {(address, "pmtu", one.pmtu.status) for address, one in _guessed(self).items() if one.pmtu is not None}
        for host, address in self.sites:
            subject = f"{host} {address}"
            found.add((subject, "tls", truth.tls(address)))
            found.add((subject, "web https", truth.page(address, host).failure))
            if truth.page(address, host).status_code is None:
                found.add((subject, "web http", truth.page(address, host, "http").failure))
        return self.expected.silent_clocks | {one for one in found if one[2] in (*SILENCES, PmtuStatus.UNTESTABLE)}


@pytest.fixture(scope="module")
def crawled(internet: Internet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    place = tmp_path_factory.mktemp("crawl")
    internet.forget()
    began_at = time.time()
    settings = internet.settings() | crawls.folders(place)
    settings |= {"METRICS": METRICS, "FEATURES": "WWW,NTP", "CONTACT": CONTACT, "PROBE_RATE_PER_NETWORK": 0}
    settings |= {"WEB_TIMEOUT": 8}
    process = crawls.crawl(internet.domains_file, settings)
    assert process.returncode == 0, process.stderr[-3000:]
    (path,) = place.glob("ips-*.db")
    with closing(Store.read(path)) as store:
        yield Crawled(internet, store, Expected(internet.scenario, dnssec=False), began_at)


def test_time_servers(crawled: Crawled):
    """Each time server has its status, stratum and reference, and none was asked that is only a wildcard."""
    truths = {address: crawled.expected.truth.address(address).ntp for address in crawled.expected.clocks}
    expected = {address: (one.status, one.stratum, one.reference_id) for address, one in truths.items()}

    rows = crawled.store.query(
        "SELECT address, status, stratum, reference_id FROM ntp_replies JOIN addresses ON addresses.id = address_id"
    )

    assert expected == {row[0]: row[1:] for row in rows}


def test_segments(crawled: Crawled):
    """Each open port has the segment size of its path, each closed one none."""
    rows = crawled.store.query("SELECT address, mss_bytes FROM ports JOIN addresses ON addresses.id = address_id")

    assert {address: truth.ports[443].mss_bytes for address, truth in _guessed(crawled).items()} == dict(rows)


def test_paths(crawled: Crawled):
    """Each IPv6 address has the MTU of its path."""
    expected = {
        address: (truth.pmtu.status, truth.pmtu.mtu_bytes) for address, truth in _guessed(crawled).items() if truth.pmtu
    }

    rows = crawled.store.query(
        "SELECT address, status, mtu_bytes FROM path_mtus JOIN addresses ON addresses.id = address_id"
    )

    assert expected == {row[0]: row[1:] for row in rows}


def test_handshakes(crawled: Crawled):
    """Each web site has one handshake at each of its addresses."""
    expected = {(host, address): crawled.expected.truth.tls(address) for host, address in crawled.sites}

    rows = crawled.store.query(
        "SELECT hosts.name, address, status FROM tls_handshakes"
        " JOIN hosts ON hosts.id = host_id JOIN addresses ON addresses.id = address_id"
    )

    assert expected == {(host, address): status for host, address, status in rows}


def test_pages(crawled: Crawled):
    """Each web site has its page over https, or over http if there is no response over https."""
    expected = {}
    for host, address in crawled.sites:
        truth = crawled.expected.truth.page(address, host)
        expected[host, address, "https"] = truth
        if truth.status_code is None:
            expected[host, address, "http"] = crawled.expected.truth.page(address, host, "http")

    rows = crawled.store.query(
        "SELECT hosts.name, address, scheme, tls, failure, status_code, location, title, end FROM web_pages"
        " JOIN hosts ON hosts.id = host_id JOIN addresses ON addresses.id = address_id"
    )

    assert {
        key: (one.tls, one.failure, one.status_code, one.location, one.title, one.end if one.status_code else None)
        for key, one in expected.items()
    } == {row[:3]: row[3:] for row in rows}


def test_first_answers(crawled: Crawled):
    """Each request to a service that failed temporarily was repeated, and its first outcome is stored; no other was."""
    rows = crawled.store.query(
        "SELECT subject, question, outcome FROM first_answers"
        " WHERE question IN ('ntp', 'pmtu', 'tls', 'web https', 'web http')"
    )

    assert crawled.first_answers == set(rows)
    assert {"ntp", "pmtu", "tls", "web https", "web http"} == {question for _, question, _ in rows}


def test_web_parity(crawled: Crawled):
    """
    Each difference between the families has its word; sites without one are the same.
    """
    expected = {
        host: _parity(crawled, host)
        for host, address in crawled.sites
        if ":" in address and any(host == other and ":" not in one for other, one in crawled.sites)
    }

    assert expected == dict(web_parity.sites(crawled.store))


def test_third_parties(crawled: Crawled):
    """
    A page is partial if it loads something from a host without IPv6; hosts of pages are looked up, and not probed.
    """
    lacking = tuple(sorted((ALLOWED, LOADED[1])))
    partial = {f"{prefix}{apex(Web.THIRD_PARTIES)}" for prefix in ("", "www.")}

    found = list(third_parties.pages(crawled.store))

    assert {(host, "partial", lacking) for host in partial} == {page for page in found if page.support != "full"}
    assert len(found) > 100
    names = crawled.store.query("SELECT name, aaaa_addresses > 0 FROM third_parties")
    assert {LOADED[0]: 1, LOADED[1]: 0, LOADED[2]: 1, ALLOWED: 0} == dict(names)
    assert [] == crawled.store.query("SELECT 1 FROM hosts WHERE name = ?", (ALLOWED,))


def test_happy_eyeballs(crawled: Crawled):
    """
    A browser uses IPv6 wherever it connects; where only IPv4 does, it is IPv4 in practice.
    """
    outcomes = {race.host: race.outcome for race in happy_eyeballs.races(crawled.store)}

    assert "ipv6_first" == outcomes["www.open.example"]
    assert "ipv4_only_in_practice" == outcomes["www.site-only-v4.example"]
    assert "untestable" == outcomes["www.dead.example"] == outcomes["www.site-only-v6.example"]


def test_each_page_is_requested_once(crawled: Crawled):
    """A web server gets one request for each host, address and scheme, with an agent that leads to the operator."""
    requests = crawled.internet.page_requests(since=crawled.began_at)

    counts = Counter((one.host, one.address, one.port) for one in requests)
    assert {1} == set(counts.values())
    assert all(CONTACT in one.agent for one in requests)


def test_each_probe_is_as_many_packets_as_documented(crawled: Crawled):
    """
    A clock gets one packet or two, a web server one connection for each handshake, page and port.

    Silence is asked twice.
    """
    packets = crawled.internet.packets(since=crawled.began_at)
    ntp = Counter(one.destination for one in packets if one.protocol == UDP and one.port == 123)
    syns = Counter(
        (one.destination, one.port)
        for one in packets
        if one.protocol == TCP and one.flags & (SYN | 0x10) == SYN and one.port == 443
    )
    tests = Counter(address for _, address in crawled.sites)

    repeated = Counter((subject.split(" ")[-1], request) for subject, request, _ in crawled.first_answers)
    assert crawled.expected.clocks == set(ntp)
    assert {address: 2 + 2 * repeated[address, "ntp"] for address in ntp if ntp[address] > 2} == {
        address: number for address, number in ntp.items() if number > 2
    }
    answering = [a for a, truth in crawled.expected.probed.items() if truth.ports[443].open and a in tests]
    assert {
        address: 1 + 2 * tests[address] + repeated[address, "tls"] + repeated[address, "web https"]
        for address in answering
    } == {a: syns[a, 443] for a in answering}


# What differs between the families of the sites of a behaviour.
PARITY = {
    Web.DEFAULT_HOST6: "certificate_differs",
    Web.WRONG_CERTIFICATE6: "certificate_differs",
    Web.FORBIDDEN6: "untestable",
    Web.NOT_FOUND6: "status_differs",
    Web.REDIRECT6: "redirect_differs",
    Web.OTHER_PAGE6: "content_differs",
    Web.BAD_RESPONSE: "untestable",
    Web.RESETS: "untestable",
    Web.MUTE: "untestable",
}


def _parity(crawled: Crawled, host: str) -> str:
    label = host.removeprefix("www.site-").removesuffix(".example")
    if label in MIXED:
        return label.replace("-", "_")
    addresses = [address for one, address in crawled.sites if one == host]
    if addresses[0] in SITES:
        return PARITY.get(SITES[addresses[0]], "same")
    ports = [crawled.expected.probed[address].ports for address in addresses]
    return "same" if all(one[80].open or one[443].open for one in ports) else "untestable"


def _guessed(crawled: Crawled):
    """Return the addresses of guessed hosts that are probed."""
    hosts = {host for kind, _, host, _ in crawled.expected.roles if kind in ("WWW", "NTP", "APEX")}
    chosen = {address for host, _, address, choice in crawled.expected.host_addresses if choice and host in hosts}
    return {address: crawled.expected.probed[address] for address in chosen}
