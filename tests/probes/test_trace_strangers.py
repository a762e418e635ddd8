"""Traces that strangers, and targets with unusual behaviour, answer: the real mtr-packet on a scripted path."""

from __future__ import annotations

import asyncio

import pytest

from ipv6matrix.items import Stop
from ipv6matrix.probes.trace import Tracer
from tests.probes.scripted_path import EXPIRED, REPLY, UNREACHABLE, Probe, Says, scripted_path

pytestmark = pytest.mark.slow

FAMILIES = pytest.mark.parametrize("family", [4, 6])
DISTANCE = 6


def place(family, number):
    """Return an address on the scripted path: routers are numbered by TTL, strangers from 90."""
    return f"203.0.113.{number}" if family == 4 else f"2001:db8:ff::{number:x}"


def ordinary(probe: Probe, distance: int = DISTANCE) -> list[Says]:
    """Answer as an ordinary path: routers send Time Exceeded, the target replies."""
    family = 6 if ":" in probe.target else 4
    return [Says(REPLY, probe.target) if probe.ttl >= distance else Says(EXPIRED, place(family, probe.ttl))]


async def traced(script, family, **options):
    """Return the trace of a target, and the probes that arrived."""
    tracer = Tracer(**{"timeout_s": 1.0, "gap_limit": 4, "processes": 1, **options})
    try:
        with scripted_path(script) as seen:
            return await tracer.trace(place(family, 80)), seen
    finally:
        await tracer.close()


def routers(family, distance=DISTANCE):
    """Return the addresses of an ordinary path."""
    return [*(place(family, ttl) for ttl in range(1, distance)), place(family, 80)]


def addresses(trace):
    """Return the responding address of each TTL."""
    return [hop.address for hop in trace.hops]


def most(seen):
    """Return the highest number of probes with the same TTL."""
    return max(probe.count for probe in seen)


@pytest.fixture(autouse=True)
def vantage(internet):
    """Traces leave from the namespace of the simulated Internet."""


@FAMILIES
async def test_an_ordinary_path_is_probed_once(family):
    """No probe is repeated where only routers and the target answer."""
    trace, seen = await traced(ordinary, family)

    assert (Stop.REACHED, DISTANCE, 1) == (trace.stop, trace.reached_ttl, most(seen))
    assert routers(family) == addresses(trace)


@FAMILIES
@pytest.mark.parametrize("kind", [REPLY, UNREACHABLE], ids=["reply", "unreachable"])
@pytest.mark.parametrize("ttl", [1, 3, 5, 6])
async def test_a_single_guessed_number_does_no_harm(family, kind, ttl):
    """The TTL with the stolen answer is probed again, and the trace is the same as without the stranger."""

    def script(probe):
        forged = [Says(kind, place(family, 90))] if (probe.ttl, probe.count) == (ttl, 1) else []
        return [*forged, *ordinary(probe)]

    trace, seen = await traced(script, family)

    assert (Stop.REACHED, DISTANCE) == (trace.stop, trace.reached_ttl)
    assert routers(family) == addresses(trace)
    assert most(seen) <= 3


@FAMILIES
@pytest.mark.parametrize("times", [1, 9], ids=["once", "always"])
async def test_a_stranger_of_the_other_family_is_not_a_hop(family, times):
    """An answer over IPv4 belongs to no trace over IPv6, and vice versa, however often it arrives."""
    stranger = place(10 - family, 90)

    def script(probe):
        forged = [Says(REPLY, stranger)] if probe.ttl in (2, 4) and probe.count <= times else []
        return [*forged, *ordinary(probe)]

    trace, seen = await traced(script, family)

    # If the stranger is always first, the router's answer may be missed.
    missed = (None,) if times > 1 else ()
    allowed = [(router, *missed) if ttl in (2, 4) else (router,) for ttl, router in enumerate(routers(family), start=1)]
    assert (Stop.REACHED, DISTANCE) == (trace.stop, trace.reached_ttl)
    assert all(router in any_of for router, any_of in zip(addresses(trace), allowed, strict=True))
    assert most(seen) <= 3


@FAMILIES
async def test_guessed_numbers_of_other_probes_do_no_harm(family):
    """A router that also answers the probes after its own does not end the trace, although its answers agree."""

    def script(probe):
        guesses = range(1, 4) if (probe.ttl, probe.count) == (1, 1) else ()
        return [*ordinary(probe), *(Says(REPLY, place(family, 91), ahead=ahead) for ahead in guesses)]

    trace, _ = await traced(script, family)

    assert (Stop.REACHED, DISTANCE) == (trace.stop, trace.reached_ttl)
    assert routers(family) == addresses(trace)


@FAMILIES
async def test_a_host_that_replies_from_another_address_is_not_reached(family):
    """Its replies end the trace, with a reason of their own."""
    other = place(family, 90)

    def script(probe):
        return [Says(REPLY, other)] if probe.ttl >= DISTANCE else ordinary(probe)

    trace, seen = await traced(script, family)

    assert (Stop.OTHER_ADDRESS, None) == (trace.stop, trace.reached_ttl)
    assert [*routers(family)[:-1], other] == addresses(trace)
    assert max(probe.ttl for probe in seen) < DISTANCE + 4


@FAMILIES
@pytest.mark.parametrize("kind", [EXPIRED, UNREACHABLE], ids=["expired", "unreachable"])
async def test_a_target_that_sends_only_errors_is_reached(family, kind):
    """Time Exceeded and Destination Unreachable from the target itself end the path there."""

    def script(probe):
        return [Says(kind, probe.target)] if probe.ttl >= DISTANCE else ordinary(probe)

    trace, seen = await traced(script, family)

    assert (Stop.REACHED, DISTANCE) == (trace.stop, trace.reached_ttl)
    assert routers(family) == addresses(trace)
    assert max(probe.ttl for probe in seen) < DISTANCE + 4


@FAMILIES
@pytest.mark.parametrize("at_once", [True, False], ids=["every probe", "one probe a second"])
async def test_a_router_that_reports_the_target_unreachable_is_believed(family, at_once):
    """A router that limits its errors is believed too: the TTL is probed again."""

    def script(probe):
        if probe.ttl < 3:
            return ordinary(probe)
        return [Says(UNREACHABLE, place(family, 3))] if at_once or probe.ttl == 3 else []

    trace, seen = await traced(script, family)

    assert (Stop.UNREACHABLE, None, routers(family)[:3]) == (trace.stop, trace.reached_ttl, addresses(trace))
    assert most(seen) <= 2


@FAMILIES
async def test_an_answer_that_is_never_repeated_ends_nothing(family):
    """If everything after it is silent, the trace ends with the gap; a single answer makes no hop."""

    def script(probe):
        if probe.ttl < 3:
            return ordinary(probe)
        return [Says(UNREACHABLE, place(family, 90))] if (probe.ttl, probe.count) == (3, 1) else []

    trace, seen = await traced(script, family)

    assert (Stop.GAP_LIMIT, [*routers(family)[:2], *[None] * 4]) == (trace.stop, addresses(trace))
    assert 3 == most(seen)


@FAMILIES
@pytest.mark.parametrize("length", [1, 2, 3])
async def test_a_loop_is_detected(family, length):
    """A router that answers at a fourth TTL indicates a routing loop, and the trace ends."""

    def script(probe):
        return [Says(EXPIRED, place(family, 3 + (probe.ttl - 3) % length if probe.ttl > 3 else probe.ttl))]

    trace, seen = await traced(script, family)

    assert (Stop.LOOP, None, 3 + 3 * length) == (trace.stop, trace.reached_ttl, len(trace.hops))
    assert max(probe.ttl for probe in seen) < 3 + 3 * length + 4


async def test_hosts_that_guess_numbers_falsify_no_other_trace():
    """Three hosts answer eighty probes around each of their own, over both families: every other trace is correct."""
    hostile = {place(family, number) for family, number in ((4, 101), (6, 102), (4, 103))}

    def script(probe):
        guesses = (
            [ahead for ahead in range(-40, 41) if ahead] if probe.target in hostile and probe.ttl >= DISTANCE else []
        )
        return [*(Says(REPLY, probe.target, ahead=ahead) for ahead in guesses), *ordinary(probe)]

    targets = [place(family, number) for number in range(110, 150) for family in (4, 6)]
    tracer = Tracer(timeout_s=1.0, processes=1)
    try:
        with scripted_path(script):
            traces = await asyncio.gather(*map(tracer.trace, [*hostile, *targets]))
    finally:
        await tracer.close()

    expected = {(Stop.REACHED, DISTANCE, (*routers(6 if ":" in ahead else 4)[:-1], ahead)) for ahead in targets}
    assert expected == {(ahead.stop, ahead.reached_ttl, tuple(addresses(ahead))) for ahead in traces[len(hostile) :]}
