"""A crawl of the showcase from start to end, every fact compared with the truth."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from subprocess import CompletedProcess

import pytest

from ipv6matrix.items import NameServerAnswer, Resolvability, Security
from ipv6matrix.store.database import Store
from ipv6matrix.store.queries import aaaa, https, mail_parity, name_servers, resolver6
from ipv6matrix.targets import policy
from simnet.internet import Internet
from simnet.packets import SYN, TCP, Packet
from simnet.sites import MIXED_MAIL
from simnet.topology import FAMILIES, first_router, references
from tests import crawls
from tests.echoes import purpose
from tests.expected import GAP_LIMIT, Expected, lookup_row, smallest

pytestmark = pytest.mark.crawl

# Seconds by which several processes on two cores may shorten a timeout of 2 s.
SLACK_MS = 1500


@dataclass(frozen=True)
class Crawled:
    """A finished crawl and what the simulated Internet saw of it."""

    internet: Internet
    process: CompletedProcess[str]
    store: Store
    expected: Expected
    began_at: float
    local_before: dict[str, int]

    def rows(self, sql: str) -> list[tuple]:
        return self.store.query(sql)

    def lookups(self, owner: str, name: str) -> dict[tuple[str, str], tuple]:
        """Return status and TTL of each lookup, by the name (a column) of its owner, and record type."""
        table = "addresses" if owner == "address" else f"{owner}s"
        rows = self.rows(
            f"SELECT {name}, type, status, ttl_s FROM lookups JOIN {table} ON id = owner_id WHERE owner = '{owner}'"
        )
        return {row[:2]: row[2:] for row in rows}

    def packets(self) -> list[Packet]:
        return self.internet.packets(since=self.began_at)


@pytest.fixture(scope="module")
def crawled(internet: Internet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    place = tmp_path_factory.mktemp("crawl")
    internet.forget()
    began_at, local_before = time.time(), internet.local_packets()
    settings = internet.settings() | crawls.folders(place) | {"PROBE_RATE_PER_NETWORK": 0, "TRACE_GAP_LIMIT": GAP_LIMIT}
    host, port = internet.resolver_without_ipv4
    process = crawls.crawl(internet.domains_file, settings | {"NAMESERVERS6": f"[{host}]:{port}"})
    assert process.returncode == 0, process.stderr[-3000:]
    (path,) = place.glob("ips-*.db")
    with closing(Store.read(path)) as store:
        yield Crawled(internet, process, store, Expected(internet.scenario), began_at, local_before)


def test_domains(crawled: Crawled):
    """Each domain of the list has its three lookups; one that opted out has its reason."""
    expected = {
        (name, rdtype): lookup_row(getattr(domain, rdtype.lower()))
        for name, domain in crawled.expected.domains.items()
        for rdtype in ("NS", "MX", "SOA")
    }
    refused = {name for name in crawled.internet.scenario.domains if crawled.expected.is_opted_out(name)}

    assert expected == crawled.lookups("domain", "name")
    assert {name: "opted_out" if name in refused else None for name in crawled.internet.scenario.domains} == dict(
        crawled.rows("SELECT name, refusal FROM domains")
    )


def test_tlds(crawled: Crawled):
    """A domain's TLD is the text after its last dot."""
    assert all(name.split(".")[-1] == tld for name, tld in crawled.rows("SELECT name, tld FROM domains"))


def test_invalid_lines(crawled: Crawled):
    """Each invalid line of the list is counted by reason, and so are duplicate domains."""
    refused = crawled.internet.scenario.refused

    for reason in ("invalid_name", "name_too_long"):
        assert f"'list/refused/{reason}': {refused[reason]}," in crawled.process.stderr
    assert f"'list/known': {refused['duplicate']}," in crawled.process.stderr


def test_security(crawled: Crawled):
    """Each lookup of a domain or host has its security status."""
    expected = {
        (name, rdtype): getattr(domain, rdtype.lower()).security
        for name, domain in crawled.expected.domains.items()
        for rdtype in ("NS", "MX", "SOA")
    }
    rows = crawled.rows("SELECT name, type, security FROM lookups JOIN domains ON id = owner_id WHERE owner = 'domain'")
    hosts = dict(
        crawled.rows(
            "SELECT name, security FROM lookups JOIN hosts ON id = owner_id WHERE owner = 'host' AND type = 'A'"
        )
    )

    assert expected == {(name, rdtype): security for name, rdtype, security in rows}
    assert {name: host.a.security for name, host in crawled.expected.hosts.items()} == hosts
    assert set(Security) == {*expected.values(), *hosts.values()}


def test_soa(crawled: Crawled):
    """Each SOA record is stored field by field."""
    expected = {
        name: (soa.mname, soa.rname, soa.serial, soa.refresh_s, soa.retry_s, soa.expire_s, soa.minimum_s)
        for name, domain in crawled.expected.domains.items()
        if (soa := domain.soa_record)
    }

    rows = crawled.rows("SELECT domains.name, soa_records.* FROM soa_records JOIN domains ON domains.id = domain_id")

    assert expected == {row[0]: row[2:] for row in rows}


def test_roles(crawled: Crawled):
    """Each domain has its NS hosts by rank, its MX hosts by preference, once each, and its guessed hosts."""
    rows = crawled.rows(
        "SELECT kind, domains.name, hosts.name, priority"
        " FROM roles JOIN domains ON domains.id = domain_id JOIN hosts ON hosts.id = host_id"
    )

    assert len(rows) == len(set(rows))
    assert crawled.expected.roles == set(rows)


def test_hosts(crawled: Crawled):
    """
    Each host has both lookups, the end of its aliases and its wildcard mark; or the reason why it was not looked up.
    """
    expected = {
        name: (
            host.a.status,
            host.aaaa.status,
            host.canonical_name,
            name in crawled.expected.guessed and host.wildcard,
            None,
        )
        for name, host in crawled.expected.hosts.items()
    }
    expected |= {name: (None, None, None, False, why) for name, why in crawled.expected.refused_hosts.items()}

    rows = crawled.rows("SELECT name, a_status, aaaa_status, canonical_name, wildcard, refusal FROM host_figures")

    assert expected == {
        name: (a, aaaa, canonical, bool(wildcard), why) for name, a, aaaa, canonical, wildcard, why in rows
    }


def test_host_ttls(crawled: Crawled):
    """Each lookup has the TTL of its answer."""
    hosts = crawled.expected.hosts.items()
    expected = {(name, "A"): host.a.ttl_s for name, host in hosts}
    expected |= {(name, "AAAA"): host.aaaa.ttl_s for name, host in hosts}
    expected |= {(name, "HTTPS"): lookup.ttl_s for name, lookup in crawled.expected.https.items()}

    assert expected == {key: ttl_s for key, (_, ttl_s) in crawled.lookups("host", "name").items()}


def test_https(crawled: Crawled):
    """Each domain and its `www` have the outcome of the HTTPS lookup and all its records."""
    truths = crawled.expected.https
    expected = {
        (
            name,
            record.priority,
            record.target or ".",
            record.alpn,
            record.port,
            record.ipv4hint,
            record.ipv6hint,
            record.ech,
        )
        for name, truth in truths.items()
        for record in truth.records
    }

    rows = crawled.rows(
        "SELECT name, priority, target, alpn, port, ipv4hint, ipv6hint, ech"
        " FROM https_records JOIN hosts ON id = host_id"
    )
    statuses = dict(
        crawled.rows(
            "SELECT name, status FROM lookups JOIN hosts ON id = owner_id WHERE owner = 'host' AND type = 'HTTPS'"
        )
    )

    assert {name: truth.status for name, truth in truths.items()} == statuses
    assert expected == {
        (*row, tuple(json.loads(alpn)), port, tuple(json.loads(four)), tuple(json.loads(six)), bool(ech))
        for *row, alpn, port, four, six, ech in rows
    }


def test_hints(crawled: Crawled):
    """Each way in which hints compare with addresses has a host."""
    words = https.hints(crawled.store)

    assert {
        "https-service.example": "match",
        "www.https-service.example": "match",
        "www.https-hints-differ.example": "differ",
        "www.https-hints-only.example": "only_hint",
        "www.https-alias.example": "absent",
    } == words
    assert {"none", "alias", "service"} <= set(https.modes(crawled.store).values())


def test_aaaa_behaviour(crawled: Crawled):
    """Each way in which name servers answer AAAA has a host."""
    words = aaaa.behaviours(crawled.store)
    names = ("denied-aaaa", "notimp-aaaa", "servfail-aaaa", "silent-aaaa", "open", "recovering-aaaa", "refused-a")

    assert ["denied", "failing", "failing", "silent", "sound", "sound", "unknown"] == [
        words[f"www.{name}.example"] for name in names
    ]
    assert {"www.denied-aaaa.example"} == {name for name, word in words.items() if word == "denied"}


def test_name_servers(crawled: Crawled):
    """Each address of a name server has the answer and the serial number of each of its zones; one of them over TCP."""
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
    assert crawled.expected.served == over_udp
    assert {address: 1 for _, address in over_udp} == over_tcp


def test_words_of_name_servers(crawled: Crawled):
    """
    Each word for the answer of a name server but `untestable` and `sampled` is found; the serial numbers of one differ.
    """
    words = {*name_servers.answers(crawled.store).values(), *name_servers.over_tcp(crawled.store).values()}

    assert set(NameServerAnswer) - {NameServerAnswer.UNTESTABLE, NameServerAnswer.SAMPLED} == words
    assert {"dns6-stale.example"} == name_servers.serial_differs(crawled.store)
    assert {4: True, 6: False} == {
        family: name_servers.answering(crawled.store, family)["dns6-silent.example"] for family in FAMILIES
    }


def test_host_addresses(crawled: Crawled):
    """Each host has every address of its answers, and the smallest usable one of each family is chosen."""
    rows = crawled.rows(
        "SELECT hosts.name, host_addresses.family, address, choice FROM host_addresses"
        " JOIN hosts ON hosts.id = host_id JOIN addresses ON addresses.id = address_id"
    )

    assert len(rows) == len(set(rows))
    assert crawled.expected.host_addresses == set(rows)


def test_address_kinds(crawled: Crawled):
    """Each address has its kind, the reason if it is excluded, and its tunnel."""
    expected = {
        address: (
            truth.family,
            policy.kind(address),
            "opted_out"
            if crawled.expected.is_opted_out_address(address)
            else None
            if crawled.expected.is_usable(address)
            else policy.kind(address),
            truth.tunnel,
        )
        for address, truth in crawled.expected.addresses.items()
    }

    rows = crawled.rows("SELECT address, family, kind, refusal, tunnel_id FROM addresses WHERE found_at IS NOT NULL")

    assert expected == {row[0]: row[1:] for row in rows}


def test_geoip(crawled: Crawled):
    """Each address of either family has its data from the GeoIP files."""
    places = {address: truth.place for address, truth in crawled.expected.addresses.items()}
    expected = {
        address: (
            place.asn,
            place.organisation,
            place.city,
            place.region,
            place.country_code,
            place.latitude,
            place.longitude,
        )
        for address, place in places.items()
    }

    rows = crawled.rows(
        "SELECT address, asn, as_organisation, city, region, country_code, latitude, longitude"
        " FROM addresses WHERE found_at IS NOT NULL"
    )

    assert expected == {row[0]: row[1:] for row in rows}


def test_reverse(crawled: Crawled):
    """Each probed address, and each router on a path, has its reverse lookup."""
    lookups = {address: truth.reverse for address, truth in crawled.expected.probed.items()}
    lookups |= {router: crawled.expected.truth.address(router).reverse for router in crawled.expected.routers}
    expected = {
        address: (lookup.status, smallest(lookup.records), len(lookup.records), lookup.ttl_s)
        for address, lookup in lookups.items()
    }

    rows = crawled.rows(
        "SELECT address, status, name, ifnull(records, 0), ttl_s FROM lookups JOIN addresses ON addresses.id = owner_id"
        " LEFT JOIN reverse_names ON address_id = owner_id WHERE owner = 'address'"
    )

    assert expected == {row[0]: row[1:] for row in rows}


def test_pings(crawled: Crawled):
    """Each probed address got five Echo Requests, and replied to all of them or none."""
    expected = {address: (5, 5 if truth.echo else 0, None) for address, truth in crawled.expected.probed.items()}

    rows = crawled.rows(
        "SELECT address, sent, json_array_length(rtts_ms), failure"
        " FROM pings JOIN addresses ON addresses.id = address_id"
    )

    assert expected == {row[0]: row[1:] for row in rows}


def test_ping_rtts(crawled: Crawled):
    """No RTT is below the delay of its path, or above it by more than the load of the machine explains."""
    rows = crawled.rows("SELECT address, rtts_ms FROM pings JOIN addresses ON addresses.id = address_id")

    for address, rtts_ms in rows:
        least = crawled.expected.probed[address].rtt_ms
        assert all(least <= rtt_ms < least + SLACK_MS for rtt_ms in json.loads(rtts_ms)), address


def test_ports(crawled: Crawled):
    """Each port of each probed address is open or has the failure of its handshake."""
    expected = {
        (address, number): (port.open, port.failure)
        for address, truth in crawled.expected.probed.items()
        for number, port in truth.ports.items()
    }

    rows = crawled.rows("SELECT address, port, open, failure FROM ports JOIN addresses ON addresses.id = address_id")

    assert expected == {(address, port): (bool(is_open), failure) for address, port, is_open, failure in rows}


def test_connect_times(crawled: Crawled):
    """Every open port, and no other, has the time of its handshake, no shorter than its path."""
    rows = crawled.rows("SELECT address, open, connect_ms FROM ports JOIN addresses ON addresses.id = address_id")

    for address, is_open, connect_ms in rows:
        assert bool(is_open) == (connect_ms is not None)
        assert connect_ms is None or connect_ms >= crawled.expected.probed[address].rtt_ms


def test_smtp(crawled: Crawled):
    """Each reachable mail server has its greeting, its HELO, STARTTLS and failure."""
    expected = {
        address: (smtp.greeting_code, smtp.hello, smtp.starttls, smtp.tls, smtp.tls, smtp.failure)
        for address, truth in crawled.expected.probed.items()
        if (smtp := truth.smtp)
    }

    rows = crawled.rows(
        "SELECT address, greeting_code, hello, starttls, tls_version IS NOT NULL,"
        " certificate_sha256 IS NOT NULL, failure"
        " FROM smtp_sessions JOIN addresses ON addresses.id = address_id"
    )

    assert expected == {row[0]: (*row[1:4], bool(row[4]), bool(row[5]), row[6]) for row in rows}


def test_traces(crawled: Crawled):
    """Each trace has its hops one by one, the reason why it stopped and the TTL that reached the address."""
    expected = {}
    for address, truth in crawled.expected.probed.items():
        trace = truth.trace(gap_limit=GAP_LIMIT)
        expected[address] = (trace.stop, trace.reached_ttl, None, trace.hops)

    hops: dict[str, list[str | None]] = {}
    for address, router in crawled.rows(
        "SELECT target.address, router.address FROM hops JOIN addresses AS target ON target.id = hops.address_id"
        " LEFT JOIN addresses AS router ON router.id = router_id ORDER BY target.address, ttl"
    ):
        hops.setdefault(address, []).append(router)
    rows = crawled.rows(
        "SELECT address, stop, reached_ttl, failure FROM traces JOIN addresses ON addresses.id = address_id"
    )

    assert expected == {row[0]: (*row[1:], tuple(hops[row[0]])) for row in rows}


def test_every_observation_has_its_time(crawled: Crawled):
    """Each observation has its time, within the time of the crawl."""
    began_at, ended_at = int(crawled.began_at), int(time.time())
    for table in ("domains", "lookups", "pings", "ports", "smtp_sessions", "traces"):
        ((first, last),) = crawled.rows(f"SELECT min(asked_at), max(asked_at) FROM {table}")
        assert began_at <= first <= last <= ended_at, table
    assert [] == crawled.rows("SELECT name FROM hosts WHERE asked_at IS NULL AND refusal IS NULL")


def test_the_crawl_row(crawled: Crawled):
    """One row has version, settings, list, vantage point, resolver, start and end."""
    row = crawled.store.crawl()

    assert row is not None
    assert "finished" == row["end_reason"]
    assert 1 == row["starts"]
    assert str(crawled.internet.domains_file) == row["list"]
    assert 64 == len(row["list_sha256"])
    assert {} == json.loads(row["skipped"])
    assert crawled.internet.settings()["OPTOUT_FILE"] == json.loads(row["settings"])["OPTOUT_FILE"]
    assert f"{crawled.internet.resolver4}:53,[{crawled.internet.resolver6}]:53" == row["resolver"]
    assert row["vantage4"]
    assert ":" in row["vantage6"]
    assert row["started_at"] <= row["ended_at"]


def test_no_request_is_left(crawled: Crawled):
    """Every request of a finished crawl is done."""
    assert [(0,)] == crawled.rows("SELECT count(*) FROM requests WHERE done_at IS NULL")


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
    most = Counter(host for host, _ in requests)

    assert {} == {(name, rdtype): asked[name, rdtype] for name, rdtype in answered if asked[name, rdtype] > most[name]}
    assert {1, 2} == {most[name] for name, _ in answered}


def test_each_address_is_probed_once(crawled: Crawled):
    """However many hosts share an address, it gets one series of pings and one handshake per port; a silent one two."""
    pings = Counter(packet.destination for packet in crawled.packets() if purpose(packet) == "ping")
    handshakes = Counter(
        (packet.destination, packet.port)
        for packet in crawled.packets()
        if packet.protocol == TCP and packet.flags == SYN and packet.port != 53
    )

    silent = crawled.expected.silent
    assert {address: 10 if address in silent else 5 for address in crawled.expected.probed} == pings
    for (address, port), number in handshakes.items():
        times = 2 if address in silent else 1
        filtered = crawled.expected.probed[address].ports[port].failure == "timeout"
        assert number == times or (filtered and number <= 2 * times), (address, port)


def test_first_answers(crawled: Crawled):
    """Each temporary failure was retried, and its first outcome is stored; nothing else was retried."""
    rows = crawled.rows("SELECT subject, question, outcome FROM first_answers WHERE question NOT IN ('ns', 'ns tcp')")

    assert crawled.expected.first_answers == set(rows)


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

    asked = {one for one in questions if len(one[0]) <= 253 and not expected.is_opted_out(one[0])}
    assert {one: expected.truth.resolvability(*one) for one in asked} == {
        (name, type_): word for name, type_, word in rows
    }
    assert set(Resolvability) == {word for *_, word in rows}


def test_causes(crawled: Crawled):
    """
    Each reason why a zone does not resolve over IPv6 alone has a zone.
    """
    causes = resolver6.causes(crawled.store)
    names = ("ns-single", "dns6-silent", "dns6-lame", "below.served-over-ipv4", "glue-without-ipv6")

    assert ["no_ns_address", "ns_silent", "ns_silent", "parent", "parent"] == [
        causes[f"{one}.example"] for one in names
    ]


def test_name_servers_are_retried(crawled: Crawled):
    """A query to a name server is retried after silence, SERVFAIL and a malformed reply, and after nothing else."""
    rows = crawled.rows("SELECT subject, question, outcome FROM first_answers WHERE question IN ('ns', 'ns tcp')")
    lasting = crawled.rows(
        "SELECT domains.name || ' ' || address, iif(tcp, 'ns tcp', 'ns'), answer FROM name_servers"
        " JOIN domains ON domains.id = domain_id JOIN addresses ON addresses.id = address_id"
        " WHERE answer IN ('timeout', 'servfail', 'bad_reply')"
    )

    assert set(lasting) <= set(rows)
    assert {subject for subject, *_ in set(rows) - set(lasting)} <= {
        f"{zone} {address}" for zone, address in crawled.expected.served if zone.startswith(("recovering", "flaky"))
    }


def test_mail_servers_receive_only_a_greeting(crawled: Crawled):
    """No session with a mail server goes beyond EHLO or HELO, STARTTLS and QUIT."""
    verbs = {verb for session in crawled.internet.smtp_sessions(since=crawled.began_at) for verb in session.verbs}

    assert {"EHLO", "HELO", "STARTTLS", "QUIT"} == verbs


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


def test_ordinary_answers_are_stored_completely(crawled: Crawled):
    """The limits in the settings cut no ordinary answer, and its size is stored."""
    hosts = crawled.rows(
        "SELECT name FROM hosts WHERE (SELECT count(*) FROM host_addresses WHERE host_id = hosts.id)"
        " <> (SELECT ifnull(sum(records), 0) FROM lookups"
        "     WHERE owner = 'host' AND owner_id = hosts.id AND type IN ('A', 'AAAA'))"
    )
    domains = crawled.rows(
        "SELECT name FROM domains"
        " WHERE (SELECT count(*) FROM roles WHERE domain_id = domains.id AND kind IN ('NS', 'MX'))"
        " <> (SELECT ifnull(sum(records), 0) FROM lookups"
        "     WHERE owner = 'domain' AND owner_id = domains.id AND type IN ('NS', 'MX'))"
    )

    assert ([], []) == (hosts, domains)


def test_mail_parity(crawled: Crawled):
    """
    Each difference between the mail servers of both families has its word; one that refuses to talk is untestable.
    """
    outcomes = dict(mail_parity.hosts(crawled.store))

    special = {f"mx.mail-{label}.example": label.replace("-", "_") for label in MIXED_MAIL}
    special["mx.mail-refuses.example"] = "untestable"
    assert special == {host: outcomes[host] for host in special}
    assert {"same", "untestable"} == {word for host, word in outcomes.items() if host not in special}
    assert ("same", "untestable") == (outcomes["mail.smtp-starttls.example"], outcomes["mail.smtp-mute.example"])
