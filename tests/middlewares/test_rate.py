"""How many packets leave in a second."""

from __future__ import annotations

import time

import pytest

from ipv6matrix import questions
from ipv6matrix.middlewares.rate import RateMiddleware
from ipv6matrix.optout_file import OptOutFile
from ipv6matrix.optouts import OptedOutError
from tests.crawlers import crawler


def pace(rate, address):
    request = questions.request(questions.ping(address))
    assert rate.process_request(request) is None
    return request.meta["pace"]


async def seconds(rate, *addresses):
    started_at = time.monotonic()
    for address in addresses:
        await pace(rate, address)(address)
    return time.monotonic() - started_at


async def test_the_overall_rate_holds_for_all_probes(tmp_path):
    """
    All requests share one rate of packets.
    """
    rate = RateMiddleware.from_crawler(crawler(tmp_path, PROBE_RATE=100, PROBE_RATE_PER_NETWORK=0))

    assert 0.09 <= await seconds(rate, *(f"192.0.{n}.1" for n in range(10)))


async def test_each_network_has_its_rate(tmp_path):
    """
    Packets to one network are slower than packets to many.
    """
    rate = RateMiddleware.from_crawler(crawler(tmp_path, PROBE_RATE=0, PROBE_RATE_PER_NETWORK=50))

    assert 0.09 <= await seconds(rate, *(f"192.0.2.{n}" for n in range(6)))
    assert await seconds(rate, *(f"198.51.{n}.1" for n in range(6))) < 0.08


async def test_a_packet_to_whoever_opted_out_meanwhile_is_not_sent(tmp_path):
    """
    The pace of a probe that has begun ends it.
    """
    (tmp_path / "optout").write_text("192.0.2.1\n")
    rate = RateMiddleware.from_crawler(crawler(tmp_path, OPTOUT_FILE=str(tmp_path / "optout")))
    begun = pace(rate, "198.51.100.1")
    await begun("198.51.100.1")
    OptOutFile(tmp_path / "optout").add(["198.51.100.0/24"])

    with pytest.raises(OptedOutError):
        await begun("198.51.100.1")
    await begun("203.0.113.1")


async def test_no_rate_is_no_wait(tmp_path):
    """
    0 means no limit.
    """
    rate = RateMiddleware.from_crawler(crawler(tmp_path, PROBE_RATE=0, PROBE_RATE_PER_NETWORK=0))

    assert await seconds(rate, *(["192.0.2.1"] * 1000)) < 0.3
