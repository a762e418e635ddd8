"""The state of one dependency of the vantage point, on an event loop."""

from __future__ import annotations

import asyncio
import time

import pytest

from ipv6matrix.health import dependency as module
from ipv6matrix.health import machine
from ipv6matrix.health.dependency import Dependency
from tests.probes.waiting import until

MAX_WAIT_S = 100.0


class Check:
    """A check whose outcome the test decides."""

    def __init__(self):
        self.well = True
        self.began_at = []
        self.changes = []

    async def ask(self):
        self.began_at.append(time.monotonic())
        await asyncio.sleep(0.02)
        return self.well

    def changed(self, part):
        self.changes.append("lost" if part.is_lost else "back" if part.gone_at is None else "gone")


@pytest.fixture
def check():
    return Check()


@pytest.fixture
async def part(check, clock):
    """A dependency that waits as long as any, on a clock that does not."""
    made = Dependency("ipv6", check.ask, check.changed, max_wait_s=MAX_WAIT_S)
    yield made
    made.close()


async def test_concurrent_doubts_share_a_check(part, check):
    """Any number of concurrent requests that end in silence share one check."""
    now = time.monotonic()

    assert [True] * 100 == await asyncio.gather(*(part.stood(now) for _ in range(100)))
    assert 1 == len(check.began_at)


async def test_checks_are_spaced(part, check):
    """Successive doubts lead to at most one check per interval."""
    for _ in range(4):
        assert await part.stood(time.monotonic())

    gaps = [later - earlier for earlier, later in zip(check.began_at, check.began_at[1:], strict=False)]
    assert 3 == len(gaps)
    assert min(gaps) >= machine.SPACING_S * 0.9


async def test_a_dependency_goes_down_and_comes_back(part, check):
    """It is down until a check succeeds; requests sent before that are repeated."""
    check.well = False
    before = time.monotonic()
    assert not await part.stood(before)
    assert part.waits
    assert not await part.stood(time.monotonic())

    check.well = True
    await until(lambda: part.gone_at is None)

    assert ["gone", "back"] == check.changes
    assert part.away_s > 0
    assert not await part.stood(before)
    assert await part.stood(time.monotonic())


async def test_a_dependency_that_stays_down_is_lost(part, check):
    """After the longest wait checks end, and the crawl waits no longer."""
    check.well = False
    assert not await part.stood(time.monotonic())

    await until(lambda: part.is_lost, MAX_WAIT_S * 2)

    assert ["gone", "lost"] == check.changes
    assert not part.waits
    number = len(check.began_at)
    part.begin("ping://192.0.2.1")
    assert not await part.stood(time.monotonic())
    await asyncio.sleep(MAX_WAIT_S)
    assert number == len(check.began_at)


async def test_silence_with_requests_in_flight_is_a_doubt(part, check):
    """An outage is detected before its requests time out, and before the next heartbeat."""
    part.begin("ping://192.0.2.1")
    await until(lambda: check.began_at)
    await asyncio.sleep(module._SILENCE_S * 2)
    check.well = False

    part.watch()

    await until(lambda: part.gone_at is not None, 60)
    assert check.began_at[1] - check.began_at[0] < machine.HEARTBEAT_S


async def test_answers_prevent_doubts(part, check):
    """As long as answers arrive there is no doubt, however old a request is."""
    part.begin("trace://192.0.2.1")
    await asyncio.sleep(module._SILENCE_S * 2)
    part.heard()

    part.watch()

    await asyncio.sleep(machine.PATIENCE_S * 4)
    assert 1 == len(check.began_at)


async def test_a_dependency_in_use_has_a_heartbeat(part, check):
    """From its first request on a dependency is checked at intervals, even if answers arrive."""
    part.begin("ping://192.0.2.1")

    await asyncio.sleep(machine.HEARTBEAT_S * 3.5)

    assert 4 == len(check.began_at)


async def test_an_exception_in_a_check_is_not_swallowed(part, check):
    """It is raised in every waiting task, and none waits forever."""

    async def broken():
        raise ZeroDivisionError

    part._check = broken

    with pytest.raises(ZeroDivisionError):
        await part.stood(time.monotonic())


async def test_a_stop_ends_all_waits(part, check):
    """Waiting observations are discarded, including those that are being released in batches."""
    now = time.monotonic()
    waiting = [asyncio.ensure_future(part.stood(now)) for _ in range(module._PER_TURN * 4)]
    waiting[0].add_done_callback(lambda _: part.close())

    outcomes = await asyncio.gather(*waiting)
    assert {True, False} == set(outcomes)
    assert not await part.stood(time.monotonic())


async def test_an_outage_at_the_end_is_counted(part, check):
    """If a crawl ends during an outage, its duration counts."""
    check.well = False
    await part.stood(time.monotonic())
    await asyncio.sleep(10)

    part.close()

    assert part.away_s >= 10
