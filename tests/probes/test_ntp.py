"""Time servers of the simulated Internet, and one that is flooded with forged replies."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest

from ipv6matrix.items import Failure, NtpStatus
from ipv6matrix.probes import ntp
from ipv6matrix.probes.ntp import NtpProber
from simnet.behaviours import Gone, Ntp
from simnet.clocks import addresses
from simnet.packets import UDP
from simnet.truth import Truth
from tests.probes.waiting import NEAR_MS, SOON_MS


@pytest.fixture
def prober(internet):
    """A prober with a short timeout."""
    return NtpProber(timeout_s=0.5)


@pytest.fixture
def truth(internet):
    """Return the truth about the addresses of the showcase."""
    return Truth(internet.scenario)


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("clock", Ntp)
async def test_every_clock_is_as_its_truth(prober, truth, clock, family):
    """Good, unsynchronised, refusing, confused and silent servers are distinguished over both families."""
    address = addresses(clock)[family == 6]
    expected = truth.address(address).ntp

    seen = await prober.probe(address)

    assert (expected.status, expected.stratum, expected.reference_id) == (
        seen.status,
        seen.stratum,
        seen.reference_id,
    )
    assert (expected.offset_ms is None) == (seen.offset_ms is None)


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("gone", Gone)
async def test_an_unused_address_is_as_its_truth(internet, prober, truth, gone, family):
    """Silence, an unreachable host and a missing route have different words."""
    address = internet.address(gone, family)

    assert truth.address(address).ntp.status == (await prober.probe(address)).status


@pytest.mark.parametrize("family", [4, 6])
async def test_a_closed_port_refuses_at_once(internet, prober, family):
    """ICMP port unreachable ends the probe after one packet."""
    address = internet.address("open", family)
    began = time.time()

    seen = await prober.probe(address)

    assert Failure.CONNECTION_REFUSED is seen.status
    assert 1 == len(sent_to(internet, address, began))


async def test_offset_and_delay_are_those_of_clock_and_path(prober, truth):
    """The offset is that of the server's clock, the delay the round-trip time of the path."""
    address = addresses(Ntp.GOOD)[1]

    seen = await prober.probe(address)

    assert seen.offset_ms == pytest.approx(truth.address(address).ntp.offset_ms, abs=50)
    assert NEAR_MS <= seen.delay_ms < SOON_MS


async def test_a_silent_server_gets_two_packets_from_different_ports(internet, prober):
    """The request is repeated once; each packet has 48 octets of payload and waits for the pace."""
    address = addresses(Ntp.SILENT)[1]
    began, paced = time.time(), []

    async def pace(destination):
        paced.append(destination)

    await prober.probe(address, pace)

    assert [40 + 8 + 48] * 2 == [packet.length_bytes for packet in sent_to(internet, address, began)]
    assert [address] * 2 == paced


async def test_a_server_that_answers_gets_one_packet(internet, prober):
    """No packet follows an answer, even a kiss-o'-death."""
    address = addresses(Ntp.RATE)[0]
    began = time.time()

    await prober.probe(address)

    assert 1 == len(sent_to(internet, address, began))


async def test_forged_replies_do_not_hide_the_answer(monkeypatch, internet):
    """Packets that do not echo the timestamp are ignored, in any number, until the one that does."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))
    server.setblocking(False)
    monkeypatch.setattr(ntp, "PORT", server.getsockname()[1])
    loop = asyncio.get_running_loop()

    async def answer():
        request, client = await loop.sock_recvfrom(server, 512)
        reply = bytes((0x24, 1)).ljust(12, b"\0") + b"GPS\0" + bytes(8) + request[40:48] + bytes(16)
        for _ in range(30):
            server.sendto(bytes((0x24, 3)) + reply[2:24] + bytes(24), client)
            server.sendto(reply[:40], client)
            server.sendto(request, client)
        server.sendto(reply, client)

    seen, _ = await asyncio.gather(NtpProber().probe("127.0.0.1"), answer())
    server.close()

    assert (NtpStatus.ANSWERS, 1, "GPS", None) == (seen.status, seen.stratum, seen.reference_id, seen.offset_ms)


def test_timestamps_of_the_next_era_are_understood():
    """The 32-bit seconds start again in 2036 (RFC 5905 section 6)."""
    in_2040 = 2_208_988_800.0
    timestamp = int((in_2040 + 2_208_988_800) * 2**32) % 2**64

    assert in_2040 == ntp._since_1970(timestamp, near=in_2040 + 5)


def sent_to(internet, address, since):
    """Return the UDP packets that were sent to an address."""
    return [
        packet for packet in internet.packets(since=since) if packet.destination == address and packet.protocol == UDP
    ]
