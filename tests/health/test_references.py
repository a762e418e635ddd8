"""Is a family there? Asked in the simulated Internet."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from ipv6matrix.health import references as module
from ipv6matrix.health.references import References
from ipv6matrix.probes import no_pace
from ipv6matrix.probes.icmp import Pinger
from ipv6matrix.probes.tcp import TcpProber
from simnet.packets import ICMP, ICMPV6, TCP
from simnet.topology import first_router, references

FAMILIES = pytest.mark.parametrize("family", [4, 6])


@pytest.fixture
async def asked(internet):
    """Make what asks about a family, of addresses that a test may change."""
    pinger = Pinger(count=1, timeout_s=module.ANSWER_S)
    pinger.open()

    def make(addresses, gateway=None, pace=no_pace):
        whom = SimpleNamespace(addresses=list(addresses))
        whom.references = References(
            lambda: whom.addresses, lambda: gateway, pinger, TcpProber(timeout_s=module.ANSWER_S), pace
        )
        return whom

    yield make
    pinger.close()
    internet.drop()
    internet.cut()


@FAMILIES
async def test_one_packet_is_enough(internet, asked, family):
    """
    As long as the first one answers, the others and the first router are spared.
    """
    references_ = asked(references(family), first_router(family)).references
    assert await references_.well()
    began_at = time.time()

    assert await references_.well()

    (packet,) = internet.packets(since=began_at)
    assert packet.destination in references(family)
    assert packet.protocol in (ICMP, ICMPV6)


@FAMILIES
async def test_a_family_that_is_dropped_is_not_there(internet, asked, family):
    """
    Without any answer it is gone, within the time of two answers.
    """
    references_ = asked(references(family), first_router(family)).references
    assert await references_.well()
    internet.drop(family)
    began_at = time.monotonic()

    assert not await references_.well()

    assert time.monotonic() - began_at < 2 * module.ANSWER_S
    internet.drop()
    assert await references_.well()


@FAMILIES
async def test_a_router_before_a_dead_uplink_does_not_vouch(internet, asked, family):
    """
    It answers, and the references behind it do not.
    """
    references_ = asked(references(family), first_router(family)).references
    assert await references_.well()
    internet.cut(family)

    assert not await references_.well()


@FAMILIES
async def test_one_of_several_references_is_enough(internet, asked, family):
    """
    The others may be filtered, or limit what they answer.
    """
    silent = [internet.address("dead", family, n) for n in range(3)]

    assert await asked([*silent, references(family)[0]]).references.well()


@FAMILIES
async def test_where_echoes_are_filtered_a_handshake_tells(internet, asked, family):
    """
    A port 53 that refuses is as good an answer as one that is open.
    """
    assert await asked([internet.address("silent", family)]).references.well()


@FAMILIES
async def test_references_that_never_answered_are_asked_once_a_minute(internet, asked, family):
    """
    The first router tells in between.
    """
    whom = asked([internet.address("dead", family)], first_router(family))
    began_at = time.time()

    assert [True] * 3 == [await whom.references.well() for _ in range(3)]

    dead = [packet for packet in internet.packets(since=began_at) if packet.destination == whom.addresses[0]]
    assert 1 == sum(packet.protocol in (ICMP, ICMPV6) for packet in dead)
    assert sum(packet.protocol == TCP for packet in dead) in (1, 2)


@FAMILIES
async def test_without_references_the_first_router_tells(internet, asked, family):
    """
    So it does when the last reference has opted out in the middle of a crawl.
    """
    whom = asked(references(family), first_router(family))
    assert await whom.references.well()
    whom.addresses.clear()

    assert await whom.references.well()
    internet.drop(family)
    assert not await whom.references.well()
