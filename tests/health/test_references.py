"""Checks of a family, in the simulated Internet."""

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
    """Return the checker of a family, with addresses that a test may change."""
    pinger = Pinger(count=1, timeout_s=module.ANSWER_S)
    pinger.open()

    def make(addresses, gateway=None, pace=no_pace):
        whom = SimpleNamespace(addresses=list(addresses), opted_out=set())
        whom.references = References(
            lambda: whom.addresses,
            lambda: gateway,
            lambda router: router in whom.opted_out,
            pinger,
            TcpProber(timeout_s=module.ANSWER_S),
            pace,
        )
        return whom

    yield make
    pinger.close()
    internet.drop()
    internet.cut()


@FAMILIES
async def test_one_packet_is_enough(internet, asked, family):
    """As long as the first reference answers, the others and the first router receive nothing."""
    references_ = asked(references(family), first_router(family)).references
    assert await references_.well()
    began_at = time.time()

    assert await references_.well()

    (packet,) = internet.packets(since=began_at)
    assert packet.destination in references(family)
    assert packet.protocol in (ICMP, ICMPV6)


@FAMILIES
async def test_a_family_without_connectivity_is_down(internet, asked, family):
    """Without any answer it is down, within the time of two answers."""
    references_ = asked(references(family), first_router(family)).references
    assert await references_.well()
    internet.drop(family)
    began_at = time.monotonic()

    assert not await references_.well()

    assert time.monotonic() - began_at < 2 * module.ANSWER_S
    internet.drop()
    assert await references_.well()


@FAMILIES
async def test_a_router_with_a_dead_uplink_proves_nothing(internet, asked, family):
    """The router answers, and the references behind it do not."""
    references_ = asked(references(family), first_router(family)).references
    assert await references_.well()
    internet.cut(family)

    assert not await references_.well()


@FAMILIES
async def test_one_of_several_references_is_enough(internet, asked, family):
    """The others may be filtered, or limit their answers."""
    silent = [internet.address("dead", family, n) for n in range(3)]

    assert await asked([*silent, references(family)[0]]).references.well()


@FAMILIES
async def test_a_handshake_works_where_echoes_are_filtered(internet, asked, family):
    """A closed port 53 is as good an answer as an open one."""
    assert await asked([internet.address("silent", family)]).references.well()


@FAMILIES
async def test_references_that_never_answered_are_probed_once_a_minute(internet, asked, family):
    """In between, the first router decides."""
    whom = asked([internet.address("dead", family)], first_router(family))
    began_at = time.time()

    assert [True] * 3 == [await whom.references.well() for _ in range(3)]

    dead = [packet for packet in internet.packets(since=began_at) if packet.destination == whom.addresses[0]]
    assert 1 == sum(packet.protocol in (ICMP, ICMPV6) for packet in dead)
    assert sum(packet.protocol == TCP for packet in dead) in (1, 2)


@FAMILIES
async def test_without_references_the_first_router_decides(internet, asked, family):
    """This includes the case that the last reference opts out during a crawl."""
    whom = asked(references(family), first_router(family))
    assert await whom.references.well()
    whom.addresses.clear()

    assert await whom.references.well()
    internet.drop(family)
    assert not await whom.references.well()


@FAMILIES
async def test_opting_out_every_witness_is_no_outage(internet, asked, family):
    """
    Once the references and the first router have been opted out, nothing is sent and the family counts as available.
    """
    router = first_router(family)
    whom = asked(references(family), router)
    assert await whom.references.well()
    whom.addresses.clear()
    whom.opted_out.add(router)
    began_at = time.time()

    assert await whom.references.well()

    assert not list(internet.packets(since=began_at))
