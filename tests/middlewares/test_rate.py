"""The number of packets per second."""

from __future__ import annotations

import asyncio
import time

import pytest

from ipv6matrix.middlewares.rate import RateMiddleware
from ipv6matrix.targets.optout_file import OptOutFile
from ipv6matrix.targets.optouts import OptedOutError
from tests import urls
from tests.crawlers import crawler

pytestmark = pytest.mark.usefixtures("clock")


def pace(rate, address):
    request = urls.request(urls.ping(address))
    assert rate.process_request(request) is None
    return request.meta["pace"]


async def seconds(rate, *addresses):
    started_at = time.monotonic()
    for address in addresses:
        await pace(rate, address)(address)
    return pytest.approx(time.monotonic() - started_at, abs=1e-4)


async def test_the_overall_rate_applies_to_all_probes(tmp_path):
    """All requests share one rate of packets."""
    rate = RateMiddleware.from_crawler(crawler(tmp_path, PROBE_RATE=100, PROBE_RATE_PER_NETWORK=0))

    assert 0.09 == await seconds(rate, *(f"192.0.{n}.1" for n in range(10)))


async def test_each_network_has_its_rate(tmp_path):
    """Packets to one network are slower than packets to many."""
    rate = RateMiddleware.from_crawler(crawler(tmp_path, PROBE_RATE=0, PROBE_RATE_PER_NETWORK=50))

    assert 0.1 == await seconds(rate, *(f"192.0.2.{n}" for n in range(6)))
    assert 0 == await seconds(rate, *(f"198.51.{n}.1" for n in range(6)))


async def test_earlier_probes_end_earlier(tmp_path):
    """
    Of a hundred concurrent series, the first are complete while the last have sent nothing and can still be returned.
    """
    rate = RateMiddleware.from_crawler(crawler(tmp_path, PROBE_RATE=500, PROBE_RATE_PER_NETWORK=0))
    sent, fifty = [0] * 100, asyncio.Event()

    async def series(number, wait):
        for _ in range(5):
            await wait(f"192.0.{number}.1")
            sent[number] += 1
            if sum(sent) == 50:
                fifty.set()

    waits = [pace(rate, f"192.0.{number}.1") for number in range(100)]
    begun = [asyncio.ensure_future(series(number, wait)) for number, wait in enumerate(waits)]
    await fifty.wait()
    counts = sent[:]
    for task in begun:
        task.cancel()

    # All requests arrived before the second packet left.
    assert [5] * 9 == counts[:9]
    assert [0] * 80 == counts[20:]


async def test_urgent_packets_go_first(tmp_path):
    """They pass all waiting packets, but not faster than the rate."""
    rate, passed = RateMiddleware.from_crawler(crawler(tmp_path, PROBE_RATE=50, PROBE_RATE_PER_NETWORK=0)), []

    async def passing(wait, number):
        await wait(f"192.0.{number}.1")
        passed.append(number)

    waits = [*(pace(rate, f"192.0.{number}.1") for number in range(4)), rate.ahead]
    await asyncio.gather(*(passing(wait, number) for number, wait in enumerate(waits)))

    assert [0, 4, 1, 2, 3] == passed


async def test_a_packet_to_an_address_that_has_opted_out_is_not_sent(tmp_path):
    """An opt-out ends a probe in progress at its next packet."""
    (tmp_path / "optout").write_text("192.0.2.1\n")
    rate = RateMiddleware.from_crawler(crawler(tmp_path, OPTOUT_FILE=str(tmp_path / "optout")))
    begun = pace(rate, "198.51.100.1")
    await begun("198.51.100.1")
    OptOutFile(tmp_path / "optout").add(["198.51.100.0/24"])

    with pytest.raises(OptedOutError):
        await begun("198.51.100.1")
    await begun("203.0.113.1")


async def test_a_rate_of_0_does_not_wait(tmp_path):
    """0 means no limit."""
    rate = RateMiddleware.from_crawler(crawler(tmp_path, PROBE_RATE=0, PROBE_RATE_PER_NETWORK=0))

    assert 0 == await seconds(rate, *(["192.0.2.1"] * 1000))


async def test_each_packet_is_announced(tmp_path):
    """The signal has the URL of the request and comes after the wait; urgent packets belong to no request."""
    rate, announced = RateMiddleware.from_crawler(crawler(tmp_path, PROBE_RATE_PER_NETWORK=10)), []
    rate.begun = announced.append
    first, second = pace(rate, "192.0.2.1"), pace(rate, "192.0.2.2")
    await rate.ahead("192.0.2.3")
    waits = asyncio.gather(first("192.0.2.1"), second("192.0.2.2"))
    await asyncio.sleep(0.15)
    before = announced[:]
    await waits

    assert ["ping://192.0.2.1"] == before
    assert ["ping://192.0.2.1", "ping://192.0.2.2"] == announced
