"""Traces through the simulated Internet, whose topology is known."""

from __future__ import annotations

import asyncio
import os
import signal
import time

import pytest

from ipv6matrix.items import Failure, Stop
from ipv6matrix.probes.trace import Tracer, source_of
from simnet.topology import LINKS, MUTE_ROUTER, REGIONS
from tests.probes.waiting import NEAR_MS, until


@pytest.fixture
async def make_tracer(internet):
    """A function that creates tracers, which are closed after the test."""
    made = []

    def make(**options):
        made.append(Tracer(**{"timeout_s": 1.0, **options}))
        return made[-1]

    yield make
    for tracer in made:
        await tracer.close()


def path(region, family):
    """Return the routers on the path to a region, as seen from the vantage point; None for a silent one."""
    entry = {link.lower: link.address(link.lower, family) for link in LINKS if family in link.families}
    return [None if router == MUTE_ROUTER else entry[router] for router in REGIONS[region].path(family)]


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize(
    ("block", "region"), [("open", "near"), ("far", "far"), ("shorter6", "short6"), ("longer6", "long6")]
)
async def test_a_path_is_recorded_hop_by_hop(internet, make_tracer, family, block, region):
    """
    Every router on the path is a hop with address and RTT, a silent one a hop with neither, and the target the last.
    """
    address = internet.address(block, family)
    trace = await make_tracer().trace(address)

    expected = [*path(region, family), address]
    assert (Stop.REACHED, len(expected), None) == (trace.stop, trace.reached_ttl, trace.failure)
    assert expected == [hop.address for hop in trace.hops]
    assert list(range(1, len(expected) + 1)) == [hop.ttl for hop in trace.hops]
    assert all((hop.rtt_ms is None) == (hop.address is None) for hop in trace.hops)
    assert min(hop.rtt_ms for hop in trace.hops if hop.rtt_ms) >= NEAR_MS


@pytest.mark.parametrize("family", [4, 6])
async def test_a_trace_ends_after_a_gap(internet, make_tracer, family):
    """After the last router that replies, `gap_limit` silent TTLs are probed, and no more."""
    trace = await make_tracer(gap_limit=3).trace(internet.address("silent", family))

    assert (Stop.GAP_LIMIT, None) == (trace.stop, trace.reached_ttl)
    assert [*path("near", family), None, None, None] == [hop.address for hop in trace.hops]


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize(("behaviour", "routers"), [("no_route", 1), ("host_unreachable", 5)])
async def test_a_trace_ends_at_a_router_that_reports_unreachable(internet, make_tracer, family, behaviour, routers):
    """Destination Unreachable ends a trace at the router that sent it."""
    trace = await make_tracer().trace(internet.address(behaviour, family))

    assert (Stop.UNREACHABLE, None, None) == (trace.stop, trace.reached_ttl, trace.failure)
    assert path("near", family)[routers - 1] == trace.hops[-1].address


async def test_the_last_ttl_is_probed(internet, make_tracer):
    """`max_ttl` itself is probed: a path of exactly that length is reached, a longer one is not."""
    address = internet.address("open", 6)
    length = len(path("near", 6)) + 1
    reached = await make_tracer(max_ttl=length).trace(address)
    not_reached = await make_tracer(max_ttl=length - 1).trace(address)

    assert (Stop.REACHED, length) == (reached.stop, reached.reached_ttl)
    assert (Stop.MAX_TTL, None, length - 1) == (not_reached.stop, not_reached.reached_ttl, len(not_reached.hops))


async def test_no_more_than_the_window_is_in_flight(internet, make_tracer):
    """The next TTL of a silent path is probed only when the window has room."""
    tracer = make_tracer(window=2, gap_limit=4)
    waiting = []

    async def pace(address):
        waiting.append(sum(process.in_flight for process in tracer._processes))

    trace = await tracer.trace(internet.address("dead", 6), pace)

    assert (len(trace.hops), 1) == (len(waiting), max(waiting))


async def test_pacing_applies_to_every_probe(internet, make_tracer):
    """Each TTL waits for its turn, under its target address; nothing is sent once the target is reached."""
    turns = []

    async def pace(address):
        turns.append(address)
        await asyncio.sleep(0.05)

    address = internet.address("open", 6)
    began = time.time()
    trace = await make_tracer().trace(address, pace)

    sent = [packet.ttl for packet in internet.packets(since=began) if packet.destination == address]
    assert (Stop.REACHED, {address}) == (trace.stop, set(turns))
    assert max(sent) <= trace.reached_ttl + 1


async def test_traces_run_concurrently(internet, make_tracer):
    """A hundred concurrent traces are complete, over two processes."""
    tracer = make_tracer(timeout_s=2.0)
    traces = await asyncio.gather(*(tracer.trace(internet.address("open", 6, n)) for n in range(100)))

    assert {(Stop.REACHED, 6)} == {(trace.stop, trace.reached_ttl) for trace in traces}


async def test_a_trace_survives_its_processes(internet, make_tracer):
    """When mtr-packet is killed in the middle of a trace, the probes in flight are repeated."""
    tracer = make_tracer(timeout_s=1.0, processes=1)
    asking = asyncio.ensure_future(tracer.trace(internet.address("silent", 4)))
    (process,) = tracer._processes
    await until(lambda: process.pid and process.in_flight)
    await asyncio.sleep(0.2)
    os.kill(process.pid, signal.SIGKILL)
    trace = await asking

    assert (Stop.GAP_LIMIT, None) == (trace.stop, trace.failure)
    assert path("near", 4) == [hop.address for hop in trace.hops][:5]


async def test_without_mtr_packet_a_trace_is_a_failure(internet, make_tracer):
    """A trace that could not be sent has a failure, not a path of silent hops."""
    trace = await make_tracer(executable="mtr-packet-that-is-not-there").trace(internet.address("open", 4))

    assert (Failure.PROBE_FAILED, None, ()) == (trace.failure, trace.stop, trace.hops)


async def test_a_forbidden_destination_is_a_failure(internet, make_tracer):
    """An address that this machine cannot send to has a failure of its own."""
    trace = await make_tracer().trace("255.255.255.255")

    assert (Failure.PERMISSION_DENIED, None, ()) == (trace.failure, trace.stop, trace.hops)


async def test_a_cancelled_trace_leaves_nothing_in_flight(internet, make_tracer):
    """After cancellation no probe of a trace is waited for."""
    tracer = make_tracer(processes=1)
    asking = asyncio.ensure_future(tracer.trace(internet.address("dead", 4)))
    await until(lambda: tracer._processes[0].in_flight == tracer.window)
    asking.cancel()
    await asyncio.wait([asking])
    await until(lambda: tracer._processes[0].in_flight == 0)


async def test_closing_ends_traces(internet, make_tracer):
    """A trace in progress when the tracer is closed ends as a failure, without a new process."""
    tracer = make_tracer(processes=1, timeout_s=30.0)
    asking = asyncio.ensure_future(tracer.trace(internet.address("dead", 4)))
    await until(lambda: tracer._processes[0].pid and tracer._processes[0].in_flight)
    await tracer.close()
    async with asyncio.timeout(5):
        trace = await asking

    assert (Failure.PROBE_FAILED, None) == (trace.failure, tracer._processes[0].pid)


@pytest.mark.slow
@pytest.mark.parametrize("family", [4, 6])
def test_the_source_follows_the_routing_table(internet, family):
    """The source address belongs to the link that leads to the target."""
    assert LINKS[0].address("vantage", family) == source_of(internet.address("open", family))
