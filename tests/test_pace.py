"""How many packets leave in a second."""

from __future__ import annotations

import asyncio
import time

import pytest

from ipv6matrix import pace
from ipv6matrix.pace import NetworkPacer, Pacer


async def seconds(*waits):
    started_at = time.monotonic()
    await asyncio.gather(*waits)
    return time.monotonic() - started_at


async def test_waits_are_spaced_evenly():
    """
    At 100 a second the fiftieth wait ends 0.49 s after the first.
    """
    pacer = Pacer(100)

    assert 0.49 <= await seconds(*(pacer.wait() for _ in range(50))) < 2


async def test_a_late_loop_loses_no_rate():
    """
    Moments count on from one another: waits one after another take no longer than waits at once.
    """
    pacer = Pacer(1000)
    started_at = time.monotonic()
    for _ in range(200):
        await pacer.wait()

    assert 0.199 <= time.monotonic() - started_at < 0.4


async def test_time_at_rest_is_not_saved_for_a_burst():
    """
    After a pause the rate holds as before.
    """
    pacer = Pacer(100)
    await pacer.wait()
    pacer.free_at -= 60

    assert 0.09 <= await seconds(*(pacer.wait() for _ in range(10)))


async def test_the_lowest_rank_is_next():
    """
    Whenever it came; of one rank, who came first.
    """
    pacer, passed = Pacer(200), []

    async def passing(rank, name):
        await pacer.wait(rank)
        passed.append(name)

    await pacer.wait()
    await asyncio.gather(passing(2, "c"), passing(1, "a"), passing(2, "d"), passing(1, "b"))

    assert ["a", "b", "c", "d"] == passed


async def test_who_goes_away_takes_no_moment():
    """
    The next one passes when that one would have.
    """
    pacer = Pacer(20)
    await pacer.wait()
    gone, waiting = (asyncio.ensure_future(pacer.wait()) for _ in range(2))
    await asyncio.sleep(0)
    gone.cancel()

    assert 0.04 <= await seconds(waiting) < 0.09


async def test_no_rate_is_no_wait():
    """
    0 lets everything pass at once.
    """
    pacer, packets = Pacer(0), NetworkPacer(0, 0)
    waits = [*(pacer.wait() for _ in range(500)), *(packets.wait("192.0.2.1") for _ in range(500))]

    assert await seconds(*waits) < 0.2


@pytest.mark.parametrize(
    ("one", "same", "other"),
    [
        ("192.0.2.1", "192.0.2.255", "192.0.3.1"),
        ("2001:db8:1::1", "2001:db8:1:ffff::1", "2001:db8:2::1"),
        ("192.0.2.1", "192.0.2.2", "c000:200::1"),
    ],
)
async def test_each_network_has_a_rate_of_its_own(one, same, other):
    """
    Addresses of one /24 or /48 share a rate, those of another have their own.
    """
    shared = NetworkPacer(0, 10)
    separate = NetworkPacer(0, 10)

    assert 0.1 <= await seconds(shared.wait(one), shared.wait(same))
    assert await seconds(separate.wait(one), separate.wait(other)) < 0.09


async def test_the_overall_rate_holds_over_all_networks():
    """
    Many networks together do not exceed the overall rate.
    """
    packets = NetworkPacer(100, 1000)

    assert 0.19 <= await seconds(*(packets.wait(f"192.0.{number}.1") for number in range(20)))


async def test_networks_at_rest_are_forgotten(monkeypatch):
    """
    The table of networks does not grow with the crawl, and a busy network keeps its place in it.
    """
    monkeypatch.setattr(pace, "_MANY_NETWORKS", 10)
    packets = NetworkPacer(0, 5)
    await packets.wait("198.51.100.1")
    packets._networks[bytes((198, 51, 100))].free_at += 0.2
    for number in range(100):
        packets._of(f"192.0.{number}.1")

    assert len(packets._networks) <= 10
    assert 0.2 <= await seconds(packets.wait("198.51.100.2"))


async def test_what_a_rate_makes_wait_is_counted():
    """
    At 100 a second the third of three waits 20 ms, the second 10 ms.
    """
    pacer = Pacer(100)
    await seconds(*(pacer.wait() for _ in range(3)))

    assert 3 == pacer.waits.turns
    assert pytest.approx(0.03, abs=0.005) == pacer.waits.seconds


async def test_both_rates_count_their_waits():
    """
    A packet takes its turn towards its network, then over all; without a rate nothing waits.
    """
    pacer = NetworkPacer(0, 100)
    await seconds(pacer.wait("192.0.2.1"), pacer.wait("192.0.2.2"), pacer.wait("2001:db8::1"))

    assert [3, 3] == [pacer.waits[rate].turns for rate in ("all", "network")]
    assert 0.0 == pacer.waits["all"].seconds
    assert 0.005 < pacer.waits["network"].seconds <= 0.01
