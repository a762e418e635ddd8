"""
The simulated Internet behaves as its truth says: tested with dnspython, plain sockets, icmplib and mtr-packet.

These tests use no probe of the project, so that both cannot be wrong in the same way.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import TypeVar

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.reversename
import geoip2.database
import geoip2.errors
import pytest

from ipv6matrix.items import Failure, Status
from simnet import namespaces, network
from simnet.behaviours import BEHAVIOURS, Mail
from simnet.blocks import Block
from simnet.certificate import COMMON_NAME
from simnet.internet import Internet
from simnet.namespaces import InternetUnavailable
from simnet.oddities import NEVER_PROBED
from simnet.packets import ICMP, SYN, TCP, UDP
from simnet.plain_dns import MAX_NAME, Question, ask_all, same, security
from simnet.plain_probes import SmtpClient, ping_all, ports, trace_all
from simnet.scaled import scaled
from simnet.showcase import Showcase
from simnet.topology import FAMILIES, Family
from simnet.truth import Truth, router_addresses
from tests.typed import ROOT

GUESSES = ("www", "www6", "ipv6", "www.ipv6", "six", "ntp", "time")
Found = TypeVar("Found")


@pytest.fixture(scope="module")
def truth(internet: Internet) -> Truth:
    return Truth(internet.scenario)


def places(internet: Internet) -> Iterator[tuple[Block, Family, str]]:
    """Return one address of every block and family."""
    for block in internet.scenario.table:
        for family in FAMILIES:
            yield block, family, block.address(family, 150)


# --- Names -------------------------------------------------------------------


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


def test_reverse_lookups_answer_as_their_truth(internet: Internet, truth: Truth) -> None:
    addresses = [*router_addresses(), *(address for _, _, address in places(internet)), "203.0.113.1"]
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
    found = {name: truth.lookup(name, "AAAA").security for name in ALIASES}

    assert ["secure", "insecure", "bogus", "insecure"] == [found[name] for name in ALIASES]


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


# --- Addresses ---------------------------------------------------------------


def test_every_address_answers_pings_as_its_truth(internet: Internet, truth: Truth) -> None:
    addresses = [address for _, _, address in places(internet)]

    rtts_ms = ping_all(addresses)

    for address in addresses:
        expected = truth.address(address)
        assert expected.echo == (address in rtts_ms), address
        assert rtts_ms.get(address, 1000.0) >= expected.rtt_ms, address


def test_every_port_is_as_its_truth(internet: Internet, truth: Truth) -> None:
    addresses = [address for _, _, address in places(internet)]

    outcomes = asyncio.run(ports(addresses))

    for (address, port), failure in outcomes.items():
        assert truth.address(address).ports[port].failure == failure, (address, port)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    "block", [name for name, one in BEHAVIOURS.items() if name.startswith("smtp") or one.mail is not Mail.STARTTLS]
)
def test_mail_server_is_as_its_truth(internet: Internet, truth: Truth, block: str, family: Family) -> None:
    address = internet.address(block, family, 151)
    expected = truth.address(address).smtp

    session = SmtpClient(address, patience_s=0.5 if block == "smtp_mute" else 4)
    session.run()

    assert expected is not None
    assert expected.greeting_code == session.greeting_code
    assert expected.hello == session.hello
    assert expected.starttls == session.starttls
    assert expected.tls == session.tls
    assert expected.failure == session.failure


def test_mail_session_is_written_down(internet: Internet) -> None:
    address = internet.address("smtp_starttls", 6, 152)
    SmtpClient(address).run()

    sessions = _wait_for(lambda: [one for one in internet.smtp_sessions() if one.address == address])

    assert [("EHLO", "STARTTLS", "EHLO", "QUIT")] == [one.verbs for one in sessions]
    assert sessions[0].tls


def test_certificate_names_itself(internet: Internet) -> None:
    context = ssl.create_default_context(cafile=str(internet.directory / "mail.pem"))
    with socket.create_connection((internet.address("smtp_starttls", 4, 153), 25), timeout=4) as connection:
        connection.recv(1000)
        connection.sendall(b"STARTTLS\r\n")
        connection.recv(1000)

        with context.wrap_socket(connection, server_hostname=COMMON_NAME) as secured:
            assert secured.version() == "TLSv1.3"


def test_every_path_is_as_its_truth(internet: Internet, truth: Truth) -> None:
    """All TTLs from 1 to two beyond the address, for every block and family."""
    traces = trace_all([address for _, _, address in places(internet)])

    for address, hops in traces.items():
        expected = truth.address(address).trace(gap_limit=2)
        seen = hops[: len(expected.hops)]
        assert list(expected.hops) == seen, address


def test_paths_differ_by_family_and_region(truth: Truth, internet: Internet) -> None:
    lengths = {
        block: tuple(
            truth.address(internet.address(block, family)).trace(gap_limit=3).reached_ttl for family in FAMILIES
        )
        for block in ("open", "shorter6", "longer6", "far", "silent")
    }

    assert {"open": (6, 6), "shorter6": (6, 5), "longer6": (6, 7), "far": (6, 6), "silent": (None, None)} == lengths
    assert 50.0 == truth.address(internet.address("far", 6)).rtt_ms


def test_geoip_tells_the_place(internet: Internet, truth: Truth) -> None:
    settings = internet.settings()
    with (
        geoip2.database.Reader(settings["GEOIP_CITY_DB"]) as cities,
        geoip2.database.Reader(settings["GEOIP_ASN_DB"]) as systems,
    ):
        assert "GeoLite2-City" == cities.metadata().database_type
        assert "GeoLite2-ASN" == systems.metadata().database_type
        for _, _, address in places(internet):
            place = truth.address(address).place
            assert (place.asn, place.organisation) == _asn(systems, address)
            assert (place.city, place.region, place.country_code, place.latitude, place.longitude) == _city(
                cities, address
            )


# --- What is visible, and what can be broken ---------------------------------


def test_packets_are_recorded(internet: Internet) -> None:
    since = time.time()
    four, six = internet.address("open", 4, 154), internet.address("open", 6, 154)
    socket.create_connection((six, 80), timeout=2).close()
    ping_all([four])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stray:
        stray.sendto(b"", ("10.1.2.3", 9))

    packets = _wait_for(lambda: [one for one in internet.packets(since) if one.destination == "10.1.2.3"])
    packets = internet.packets(since)

    assert [(17, 9)] == [(one.protocol, one.port) for one in packets if one.destination == "10.1.2.3"]
    assert [SYN] == [
        one.flags for one in packets if (one.destination, one.protocol, one.port) == (six, TCP, 80) and one.flags & SYN
    ]
    assert [8] == [one.port for one in packets if (one.destination, one.protocol) == (four, ICMP)]
    assert {4, 6} == {one.family for one in packets}
    assert UDP in {one.protocol for one in packets}


def test_packets_to_this_machine_are_counted(internet: Internet) -> None:
    before = internet.local_packets()
    for family, address in ((socket.AF_INET, "127.0.0.9"), (socket.AF_INET6, "::1"), (socket.AF_INET, "0.0.0.0")):
        with socket.socket(family) as connection:
            connection.connect_ex((address, 443))

    after = internet.local_packets()

    assert {"loopback4": 2, "loopback6": 1, "link_local6": 0} == {name: after[name] - before[name] for name in after}


@pytest.mark.parametrize("lost", FAMILIES)
def test_a_family_can_be_lost(internet: Internet, lost: Family) -> None:
    addresses = {family: internet.address("open", family, 155) for family in FAMILIES}
    try:
        internet.drop(lost)
        answered = ping_all(addresses.values(), wait_s=0.3)
    finally:
        internet.drop()

    assert {address for family, address in addresses.items() if family != lost} == set(answered)
    assert set(addresses.values()) == set(ping_all(addresses.values()))


def test_queries_and_connections_are_logged(internet: Internet) -> None:
    since = time.time()
    address = internet.address("port80_closed", 4, 156)
    dns.query.tcp(dns.message.make_query("Logged.Example", "MX"), internet.resolver6, timeout=2)
    socket.create_connection((address, 443), timeout=2).close()

    connections = _wait_for(lambda: internet.connections(since))

    assert [("tcp", "MX", "logged.example")] == [(one.transport, one.type, one.name) for one in internet.queries(since)]
    assert [(address, 443)] == [(one.address, one.port) for one in connections]


def test_the_list_has_every_kind_of_invalid_line(internet: Internet) -> None:
    """The list's clean names are the scenario's domains, and the number of its invalid lines is that of the truth."""
    scenario = internet.scenario
    assert isinstance(scenario, Showcase)
    text = internet.domains_file.read_bytes()
    lines = [line.split("#")[0].strip().rstrip(".").lower() for line in text.decode("utf-8-sig").splitlines()]
    names = [line.encode("idna").decode() if not line.isascii() else line for line in lines if line]

    assert text.startswith(b"\xef\xbb\xbf") and b"\r\n" in text and not text.endswith(b"\n")
    assert len(names) == len(scenario.listed) + sum(scenario.refused.values())
    assert list(scenario.listed) == names[: len(scenario.listed)]
    assert 5 == len(names) - len(set(names)) == scenario.refused["duplicate"]
    assert len(scenario.listed) >= 320
    assert len({name.rpartition(".")[2] for name in scenario.listed}) >= 12


def test_addresses_that_must_not_be_probed_are_in_the_dns(internet: Internet, truth: Truth) -> None:
    for name, addresses in NEVER_PROBED.items():
        host = truth.host(f"www.{name}.example")
        assert {str(ip_address(address)) for address in addresses} == host.addresses(4) | host.addresses(6)


# --- Starting, failing, ending -----------------------------------------------


def test_sentence_names_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "TUN_DEVICE", "/dev/net/no-such-device")
    with pytest.raises(InternetUnavailable, match=r"no-such-device is missing .*: run sudo modprobe tun"):
        network._tun("to-nowhere")
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(InternetUnavailable, match=r"The program nft is missing: run apt-get install nftables\."):
        namespaces._feed(("nft", "-f", "-"), "")


def test_second_internet_is_refused(internet: Internet, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="running Internet already"):
        Internet(scaled(10), tmp_path).start()


@pytest.mark.crawl
def test_command_runs_at_the_vantage_point(tmp_path: Path) -> None:
    """It runs in the scaled scenario, and its exit status is passed on."""
    script = (
        "import json, os, socket; "
        "settings = json.load(open(os.environ['IPV6MATRIX_INTERNET'])); "
        "assert len(open(settings['domains_file']).readlines()) == 300; "
        "socket.create_connection(('198.18.128.1', 80), 2); raise SystemExit(7)"
    )

    result = _shell("--scenario", "scaled", "--domains", "300", "--", sys.executable, "-c", script)

    assert 7 == result.wait(20)


@pytest.mark.crawl
def test_near_resolver_and_closed_ping_sockets_are_options() -> None:
    """The resolver is then on the vantage point's own link, and no group may open ICMP datagram sockets."""
    script = (
        "import socket; "
        "devices = {line.split(':')[0].strip() for line in open('/proc/net/dev') if ':' in line}; "
        "assert devices == {'lo', 'to-r1', 'to-resolver'}, devices; "
        "socket.create_connection(('2001:db8:53::53', 53), 2)\n"
        "try: socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP)\n"
        "except PermissionError: raise SystemExit(5)"
    )

    result = _shell("--near-resolver", "--no-ping-sockets", "--", sys.executable, "-c", script)

    assert 5 == result.wait(20)


def test_vantage_point_has_no_way_out(internet: Internet) -> None:
    """Besides loopback there is one device, and its other end is the forwarder's."""
    devices = {name for _, name in socket.if_nameindex()}

    assert {"lo", "to-r1"} == devices
    with pytest.raises(OSError, match="unreachable"):
        socket.create_connection(("2001:503:ba3e::2:30", 443), timeout=2)


@pytest.mark.crawl
def test_nothing_outlives_a_killed_parent(tmp_path: Path) -> None:
    parent = _shell("--directory", str(tmp_path), "--", "sleep", "30", start_new_session=True)
    try:
        helpers = _wait_for(lambda: found if len(found := _helpers_of(parent.pid)) == 7 else [], 30)

        os.kill(parent.pid, signal.SIGKILL)

        _wait_for(
            lambda: (
                not any(
                    Path(f"/proc/{helper}/cmdline").exists() and Path(f"/proc/{helper}/cmdline").read_bytes()
                    for helper in helpers
                )
            ),
            30,
        )
    finally:
        os.killpg(parent.pid, signal.SIGKILL)
        parent.wait()


def test_scaled_scenario_has_the_shares_of_the_real_internet() -> None:
    """About three hosts with addresses and 0.9 addresses per domain; a quarter of the web with IPv6."""
    scenario = scaled(100_000)
    truth = Truth(scenario)
    sample = [name for number, name in enumerate(scenario.domains) if number % 200 == 0]
    hosts = {f"{label}.{name}": truth.host(f"{label}.{name}") for name in sample for label in GUESSES}
    web = [hosts[f"www.{name}"] for name in sample]
    dead = sum(truth.domain(name).exists is not True for name in sample) / len(sample)

    assert 0.02 < dead < 0.06
    assert 0.24 < sum(bool(host.addresses(6)) for host in web) / len(sample) < 0.4
    assert sum(Status.NXDOMAIN == host.a.status for host in hosts.values()) / len(hosts) > 0.6
    behaviours = Counter(scenario.behaviour(address) for host in web for address in host.addresses(4))
    assert (
        0.7 < sum(count for one, count in behaviours.items() if one and one.name.startswith("web")) / behaviours.total()
    )


# --- Helping -----------------------------------------------------------------


def _questions(domains: Iterable[str], truth: Truth) -> Iterator[Question]:
    for name in domains:
        yield from ((name, rdtype) for rdtype in ("NS", "MX", "SOA"))
        domain = truth.domain(name)
        hosts = (*(f"{label}.{name}" for label in GUESSES), *domain.ns_hosts, *(host for _, host in domain.mx_hosts))
        yield from ((host, rdtype) for host in hosts for rdtype in ("A", "AAAA"))
        yield from ((host, "HTTPS") for host in (name, f"www.{name}"))


def _asn(reader: geoip2.database.Reader, address: str) -> tuple[object, ...]:
    try:
        found = reader.asn(address)
    except geoip2.errors.AddressNotFoundError:
        return None, None
    return found.autonomous_system_number, found.autonomous_system_organization


def _city(reader: geoip2.database.Reader, address: str) -> tuple[object, ...]:
    try:
        found = reader.city(address)
    except geoip2.errors.AddressNotFoundError:
        return (None,) * 5
    region = found.subdivisions.most_specific.name if found.subdivisions else None
    return found.city.name, region, found.country.iso_code, found.location.latitude, found.location.longitude


def _wait_for(look: Callable[[], Found], deadline_s: float = 3.0) -> Found:
    """Wait until there is something to see."""
    deadline = time.monotonic() + deadline_s
    while not (found := look()):
        assert time.monotonic() < deadline, "nothing came"
        time.sleep(0.02)
    return found


def _shell(*arguments: str, start_new_session: bool = False) -> subprocess.Popen[bytes]:
    path = os.pathsep.join(filter(None, (str(Path(__file__).resolve().parents[1]), os.environ.get("PYTHONPATH"))))
    command = [sys.executable, "-m", "simnet", "shell", *arguments]
    return subprocess.Popen(command, env={**os.environ, "PYTHONPATH": path}, start_new_session=start_new_session)


def _helpers_of(parent: int) -> list[int]:
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(child) for child in children if b"simnet" in Path(f"/proc/{child}/cmdline").read_bytes()]


@pytest.mark.crawl
def test_threads_do_not_stay_in_the_real_network():
    """A process that has started a thread gets an error of its own, not one about the machine that tests may ignore."""
    code = (
        "import threading; from simnet import namespaces\n"
        "threading.Thread(target=threading.Event().wait, args=(5,), daemon=True).start(); namespaces.enter()"
    )

    # As if no process had left the real network before, and as a child of these tests.
    outside = {name: value for name, value in os.environ.items() if not name.startswith("IPV6MATRIX")}
    complaints = [
        subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        ).stderr
        for environment in (outside, os.environ)
    ]

    assert "RuntimeError: this process has started threads already" in complaints[0]
    assert "" == complaints[1]
