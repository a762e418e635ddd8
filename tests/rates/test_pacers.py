"""The number of packets per second."""

from __future__ import annotations

import asyncio
import time
from random import Random
from typing import NamedTuple

import pytest

from ipv6matrix.rates import pacers
from ipv6matrix.rates.pacers import NetworkPacer, Pacer
from tests.paces import busiest, most_in_a_second

pytestmark = pytest.mark.usefixtures("clock")


async def seconds(*waits):
    """Return the time until all waits have passed."""
    started_at = time.monotonic()
    await asyncio.gather(*waits)
    return pytest.approx(time.monotonic() - started_at, abs=1e-4)


class Sent(NamedTuple):
    """When a packet was sent, and to which IPv4 address."""

    sent_at: float
    destination: str
    family: int = 4


async def test_waits_are_spaced_evenly():
    """At 100 per second the fiftieth wait ends 0.49 s after the first."""
    pacer = Pacer(100)

    assert 0.49 == await seconds(*(pacer.wait() for _ in range(50)))


async def test_sequential_waits_lose_no_rate():
    """They take no longer than concurrent waits."""
    pacer = Pacer(1000)
    started_at = time.monotonic()
    for _ in range(200):
        await pacer.wait()

    assert pytest.approx(0.199, abs=1e-4) == time.monotonic() - started_at


async def test_a_late_loop_loses_no_rate(clock):
    """Each moment follows from the previous one: a delay below a tenth of a second is caught up."""
    pacer = Pacer(100)
    waits = [asyncio.ensure_future(pacer.wait()) for _ in range(50)]
    await asyncio.sleep(0.101)
    clock.now += 0.09

    assert 0.49 - 0.191 == await seconds(*waits)


async def test_a_blocked_loop_does_not_catch_up(clock):
    """
    After a process was stopped for ten seconds, the packets of a tenth of a second leave immediately, not those of ten.
    """
    pacer, passed_at = Pacer(100), []

    async def passing():
        await pacer.wait()
        passed_at.append(round(time.monotonic(), 3))

    waits = [asyncio.ensure_future(passing()) for _ in range(50)]
    await asyncio.sleep(0.101)
    before = len(passed_at)
    clock.now += 10
    back_at = round(clock.now, 3)
    await asyncio.gather(*waits)

    assert 11 == before
    assert 11 == sum(moment == back_at for moment in passed_at)
    assert pytest.approx(back_at + 0.01 * (50 - 22)) == passed_at[-1]


async def test_idle_time_is_not_saved_for_a_burst(clock):
    """After a pause the rate holds as before."""
    pacer = Pacer(100)
    await pacer.wait()
    clock.now += 60

    assert 0.09 == await seconds(*(pacer.wait() for _ in range(10)))


async def test_the_lowest_rank_is_next():
    """It passes first whenever it arrived; within a rank the order is first come, first served."""
    pacer, passed = Pacer(200), []

    async def passing(rank, name):
        await pacer.wait(rank)
        passed.append(name)

    await pacer.wait()
    await asyncio.gather(passing(2, "c"), passing(1, "a"), passing(2, "d"), passing(1, "b"))

    assert ["a", "b", "c", "d"] == passed


async def test_a_cancelled_wait_takes_no_moment():
    """The next one passes when the cancelled one would have."""
    pacer = Pacer(20)
    await pacer.wait()
    gone, waiting = (asyncio.ensure_future(pacer.wait()) for _ in range(2))
    await asyncio.sleep(0)
    gone.cancel()

    assert 0.05 == await seconds(waiting)


async def test_a_rate_of_0_does_not_wait():
    """0 lets everything pass immediately."""
    pacer, packets = Pacer(0), NetworkPacer(0, 0)
    waits = [*(pacer.wait() for _ in range(500)), *(packets.wait("192.0.2.1") for _ in range(500))]

    assert 0 == await seconds(*waits)


@pytest.mark.parametrize(
    ("address", "same", "other"),
    [
        ("192.0.2.1", "192.0.2.255", "192.0.3.1"),
        ("2001:db8:1::1", "2001:db8:1:ffff::1", "2001:db8:2::1"),
        ("192.0.2.1", "192.0.2.2", "c000:200::1"),
    ],
)
async def test_each_network_has_its_own_rate(address, same, other):
    """Addresses of one /24 or /48 share a rate, those of another have their own."""
    shared = NetworkPacer(0, 10)
    separate = NetworkPacer(0, 10)

    assert 0.1 == await seconds(shared.wait(address), shared.wait(same))
    assert 0 == await seconds(separate.wait(address), separate.wait(other))


async def test_the_overall_rate_limits_all_networks():
    """Many networks together do not exceed the overall rate."""
    packets = NetworkPacer(100, 1000)

    assert 0.19 == await seconds(*(packets.wait(f"192.0.{number}.1") for number in range(20)))


async def test_packets_of_a_network_do_not_gather_before_the_overall_rate():
    """A network whose packets wait for older ones to others gets its rate, not what has gathered."""
    packets, sent = NetworkPacer(60, 20), []

    async def sending(address, rank):
        await packets.wait(address, rank)
        sent.append(Sent(time.monotonic(), address))

    # Two seconds of packets to other networks; those of this one are younger, and leave afterwards.
    others = [sending(f"192.0.{number}.1", rank) for rank in range(4) for number in range(3, 33)]
    await asyncio.gather(*others, *(sending("192.0.2.1", 10) for _ in range(60)))
    mine = [packet.sent_at for packet in sent if packet.destination == "192.0.2.1"]

    assert 180 == len(sent)
    assert 20 <= busiest(sent)["192.0.2.0/24"] <= 22
    assert pytest.approx(59 / 20, abs=0.2) == mine[-1] - mine[0]


async def test_an_older_packet_overtakes_one_of_its_network():
    """A packet that waits for the overall rate gives way to a more urgent one to the same network."""
    packets, passed = NetworkPacer(10, 1000), []

    async def passing(name, address, rank):
        await packets.wait(address, rank)
        passed.append(name)

    await packets.wait("192.0.3.1")
    waits = [passing("young", "192.0.2.1", 9), passing("other", "192.0.4.1", 5), passing("old", "192.0.2.1", 1)]
    await asyncio.gather(*waits)

    assert ["old", "other", "young"] == passed


@pytest.mark.parametrize("rates", [(0, 20), (50, 0), (50, 20), (20, 50)])
@pytest.mark.parametrize("seed", range(10))
async def test_no_packet_is_forgotten_and_no_rate_exceeded(rates, seed):
    """Packets of any networks and ranks come at any time, and some are cancelled while they wait."""
    packets, random, sent = NetworkPacer(*rates), Random(seed), []

    async def sending(network, rank, after_s):
        await asyncio.sleep(after_s)
        await packets.wait(f"192.0.{network}.1", rank)
        sent.append(Sent(time.monotonic(), f"192.0.{network}.1"))

    tasks = [
        asyncio.ensure_future(sending(random.randrange(4), random.randrange(6), random.random() * 3))
        for _ in range(200)
    ]
    cancelled = random.sample(tasks, 40)
    await asyncio.sleep(1.5)
    gone = sum(task.cancel() for task in cancelled)
    await asyncio.wait(tasks)

    assert 200 - gone == len(sent)
    overall, per_network = rates
    assert not overall or most_in_a_second(sent) <= overall * 1.1
    assert not per_network or max(busiest(sent).values()) <= per_network * 1.1


async def test_idle_networks_are_forgotten(monkeypatch, clock):
    """The table of networks does not grow with the crawl, and a busy network stays in it."""
    monkeypatch.setattr(pacers, "_MANY_GROUPS", 10)
    pacer = Pacer(0, 50)
    for number in range(100):
        clock.now += 0.001
        await pacer.wait(key=b"%d" % number)
    assert len(pacer._groups) < 30

    await pacer.wait(key=b"busy")
    for number in range(30):
        await pacer.wait(key=b"another %d" % number)
    assert 0.02 == await seconds(pacer.wait(key=b"busy"))


async def test_waits_are_counted():
    """At 100 per second the third of three waits 20 ms, the second 10 ms."""
    pacer = Pacer(100)
    await seconds(*(pacer.wait() for _ in range(3)))

    assert 3 == pacer.waits.turns
    assert pytest.approx(0.03, abs=1e-4) == pacer.waits.seconds


async def test_both_rates_count_their_waits():
    """A packet waits for its network, then for the overall rate; without a rate nothing waits."""
    pacer = NetworkPacer(0, 100)
    await seconds(pacer.wait("192.0.2.1"), pacer.wait("192.0.2.2"), pacer.wait("2001:db8::1"))

    assert [3, 3] == [pacer.waits[rate].turns for rate in ("all", "network")]
    assert 0.0 == pacer.waits["all"].seconds
    assert pytest.approx(0.01, abs=1e-4) == pacer.waits["network"].seconds
