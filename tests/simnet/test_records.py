"""What the simulated Internet records, and how it is broken at run time."""

from __future__ import annotations

import socket
import time

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.reversename
import pytest

from simnet.internet import Internet
from simnet.packets import ICMP, SYN, TCP, UDP
from simnet.plain_probes import SmtpClient, ping_all
from simnet.topology import FAMILIES, Family
from tests.waiting import until


def test_mail_session_is_written_down(internet: Internet) -> None:
    address = internet.address("smtp_starttls", 6, 152)
    SmtpClient(address).run()

    sessions = until(lambda: [session for session in internet.smtp_sessions() if session.address == address])

    assert [("EHLO", "STARTTLS", "EHLO", "QUIT")] == [session.verbs for session in sessions]
    assert sessions[0].tls


def test_packets_are_recorded(internet: Internet) -> None:
    since = time.time()
    four, six = internet.address("open", 4, 154), internet.address("open", 6, 154)
    socket.create_connection((six, 80), timeout=2).close()
    ping_all([four])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stray:
        stray.sendto(b"", ("10.1.2.3", 9))

    packets = until(lambda: [packet for packet in internet.packets(since) if packet.destination == "10.1.2.3"])
    packets = internet.packets(since)

    assert [(17, 9)] == [(packet.protocol, packet.port) for packet in packets if packet.destination == "10.1.2.3"]
    assert [SYN] == [
        packet.flags
        for packet in packets
        if (packet.destination, packet.protocol, packet.port) == (six, TCP, 80) and packet.flags & SYN
    ]
    assert [8] == [packet.port for packet in packets if (packet.destination, packet.protocol) == (four, ICMP)]
    assert {4, 6} == {packet.family for packet in packets}
    assert UDP in {packet.protocol for packet in packets}


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

    connections = until(lambda: internet.connections(since))

    assert [("tcp", "MX", "logged.example")] == [
        (query.transport, query.type, query.name) for query in internet.queries(since)
    ]
    assert [(address, 443)] == [(connection.address, connection.port) for connection in connections]
