"""Path MTU of addresses behind tunnels of the simulated Internet."""

from __future__ import annotations

import time

import pytest

from ipv6matrix.items import Failure, PmtuStatus
from ipv6matrix.probes.pmtu import PmtuProber
from simnet.packets import ICMPV6
from simnet.truth import Truth


@pytest.fixture
def prober(internet):
    """A prober with a short timeout."""
    return PmtuProber(timeout_s=0.5)


@pytest.mark.parametrize(
    "block", ["open", "narrow", "black_hole", "silent", "dead", "host_unreachable", "no_route", "far", "6to4"]
)
async def test_every_path_is_as_its_truth(internet, prober, block):
    """A full MTU, a reported one, a black hole, and addresses that answer no Echo Request are distinguished."""
    address = internet.address(block, 6, 3)
    expected = Truth(internet.scenario).address(address).pmtu

    seen = await prober.probe(address)

    assert (expected.status, expected.mtu_bytes) == (seen.status, seen.mtu_bytes)


@pytest.mark.parametrize(
    ("block", "sizes"),
    [("open", [1500]), ("narrow", [1500]), ("black_hole", [1500, 1280, 1500]), ("silent", [1500, 1280])],
)
async def test_no_more_packets_are_sent_than_needed(internet, prober, block, sizes):
    """One packet if it is answered, at most three, never fragmented, and each waits for the pace."""
    address = internet.address(block, 6, 4)
    began, paced = time.time(), []

    async def pace(destination):
        paced.append(destination)

    seen = await prober.probe(address, pace)

    sent = [packet for packet in internet.packets(since=began) if packet.destination == address]
    assert sizes == [packet.length_bytes for packet in sent]
    assert {ICMPV6} == {packet.protocol for packet in sent}
    assert len(sizes) == seen.sent == len(paced)


async def test_what_the_kernel_has_learned_does_not_count(internet, prober):
    """After a Packet Too Big, the kernel knows the MTU of the path; the next probe sends 1500 octets again."""
    address = internet.address("narrow", 6, 5)

    first, second = await prober.probe(address), await prober.probe(address)

    assert [(PmtuStatus.MEASURED, 1280, 1)] * 2 == [
        (observation.status, observation.mtu_bytes, observation.sent) for observation in (first, second)
    ]


async def test_a_source_address_of_another_machine_is_a_failure(internet):
    """A probe that cannot be sent says nothing about the path."""
    seen = await PmtuProber(local6="2001:db8:ffff::1").probe(internet.address("open", 6))

    assert (Failure.NETWORK_UNREACHABLE, 0) == (seen.status, seen.sent)
