"""Probes of addresses."""

from __future__ import annotations

import json

from ipv6matrix.store.queries import happy_eyeballs, mail_parity
from simnet.sites import MIXED_MAIL
from tests.expected import GAP_LIMIT
from tests.truth.crawled import Crawled

# Milliseconds by which several processes on two cores may lengthen a round trip.
SLACK_MS = 1500


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


def test_segments(crawled: Crawled):
    """Each open port has the segment size of its path, each closed one none."""
    expected = {
        (address, number): port.mss_bytes
        for address, truth in crawled.expected.probed.items()
        for number, port in truth.ports.items()
    }

    rows = crawled.rows("SELECT address, port, mss_bytes FROM ports JOIN addresses ON addresses.id = address_id")

    assert expected == {(address, port): mss_bytes for address, port, mss_bytes in rows}


def test_paths(crawled: Crawled):
    """Each IPv6 address has the MTU of its path."""
    expected = {
        address: (truth.pmtu.status, truth.pmtu.mtu_bytes)
        for address, truth in crawled.expected.probed.items()
        if truth.pmtu
    }

    rows = crawled.rows("SELECT address, status, mtu_bytes FROM path_mtus JOIN addresses ON addresses.id = address_id")

    assert expected == {row[0]: row[1:] for row in rows}


def test_time_servers(crawled: Crawled):
    """Each time server has its status, stratum and reference, and none was asked that is only a wildcard."""
    truths = {address: crawled.expected.truth.address(address).ntp for address in crawled.expected.clocks}
    expected = {address: (clock.status, clock.stratum, clock.reference_id) for address, clock in truths.items()}

    rows = crawled.rows(
        "SELECT address, status, stratum, reference_id FROM ntp_replies JOIN addresses ON addresses.id = address_id"
    )

    assert expected == {row[0]: row[1:] for row in rows}


def test_happy_eyeballs(crawled: Crawled):
    """
    A browser uses IPv6 wherever it connects; where only IPv4 does, it is IPv4 in practice.
    """
    outcomes = {race.host: race.outcome for race in happy_eyeballs.races(crawled.store)}

    assert "ipv6_first" == outcomes["www.open.example"]
    assert "slower" == outcomes["www.slower6.example"]
    assert "ipv4_only_in_practice" == outcomes["www.site-only-v4.example"]
    assert "untestable" == outcomes["www.dead.example"] == outcomes["www.site-only-v6.example"]
