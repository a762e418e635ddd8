"""Ping, against the simulated Internet and the loopback device."""

from __future__ import annotations

import asyncio
import errno
import shutil
import subprocess
import sys
import time

import pytest

from ipv6matrix.items import Failure
from ipv6matrix.probes.echo import EchoSocket, Reply
from ipv6matrix.probes.icmp import Pinger, ping_permission
from tests.probes.waiting import BLOCKED_S, NEAR_MS, SOON_MS, open_files, until

# A reply may really be late if other processes keep the processors busy.
TRIES = 10


@pytest.fixture
async def make_pinger(internet):
    """A function that opens pingers, which are closed after the test."""
    pingers = []

    def make(**options):
        pingers.append(Pinger(**{"interval_s": 0.02, "timeout_s": 0.5, **options}))
        pingers[-1].open()
        return pingers[-1]

    yield make
    for pinger in pingers:
        pinger.close()


@pytest.mark.parametrize("family", [4, 6])
async def test_every_reply_has_its_rtt(internet, make_pinger, family):
    """An address that replies yields one round-trip time per request, equal to the delay of the path."""
    ping = await make_pinger(interval_s=0.2, timeout_s=2.0).ping(internet.address("open", family))

    assert (5, 5, None) == (ping.sent, len(ping.rtts_ms), ping.failure)
    assert NEAR_MS <= min(ping.rtts_ms) < SOON_MS


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("behaviour", ["silent", "dead", "no_route", "host_unreachable"])
async def test_silence_is_not_a_failure(internet, make_pinger, family, behaviour):
    """An address that drops Echo Requests, or that a router reports as unreachable, yields no RTT and no failure."""
    ping = await make_pinger(timeout_s=0.1).ping(internet.address(behaviour, family))

    assert (5, (), None) == (ping.sent, ping.rtts_ms, ping.failure)


async def test_a_late_reply_counts_as_lost(internet, make_pinger):
    """A reply after the timeout is ignored, even if another request is still waiting."""
    ping = await make_pinger(timeout_s=0.015, interval_s=0.05).ping(internet.address("open", 4))

    assert (5, ()) == (ping.sent, ping.rtts_ms)


async def test_a_busy_loop_does_not_lengthen_an_rtt(internet, make_pinger):
    """A reply that arrives while the loop is blocked has the RTT of its kernel timestamp."""
    pinger = make_pinger(count=1, timeout_s=BLOCKED_S * 0.9)
    for _ in range(TRIES):
        asking = asyncio.ensure_future(pinger.ping(internet.address("open", 6)))
        await until(lambda: pinger._in_flight)
        time.sleep(BLOCKED_S)  # noqa: ASYNC251 - the blocked loop is what is tested
        ping = await asking
        if ping.rtts_ms:
            break

    assert 1 == len(ping.rtts_ms)
    assert NEAR_MS <= ping.rtts_ms[0] < SOON_MS


@pytest.mark.parametrize(
    "forge",
    [
        lambda address, sequence, payload: ("2001:db8::66", sequence, payload),
        lambda address, sequence, payload: (address, sequence + 1, payload),
        lambda address, sequence, payload: (address, sequence, b"\0" * len(payload)),
        lambda address, sequence, payload: (address, sequence, b""),
    ],
    ids=["source", "sequence", "token", "no payload"],
)
async def test_forged_replies_are_ignored(internet, make_pinger, forge):
    """A reply counts only from the probed address, with the number and token of its request."""
    pinger = make_pinger(count=1, timeout_s=0.1)
    asking = asyncio.ensure_future(pinger.ping(internet.address("silent", 6)))
    await until(lambda: pinger._in_flight)
    (((address, sequence), request),) = pinger._in_flight.items()
    pinger._deliver(Reply(*forge(address, sequence, request.token), time.time_ns()))

    assert () == (await asking).rtts_ms


async def test_a_duplicate_counts_once(internet, make_pinger):
    """A second copy of a reply changes nothing."""
    pinger = make_pinger(count=2, timeout_s=0.1)
    asking = asyncio.ensure_future(pinger.ping(internet.address("silent", 6)))
    await until(lambda: pinger._in_flight)
    (((address, sequence), request),) = pinger._in_flight.items()
    for _ in range(2):
        pinger._deliver(Reply(address, sequence, request.token, time.time_ns()))

    assert 1 == len((await asking).rtts_ms)


async def test_sequence_numbers_in_flight_are_not_reused(internet, make_pinger):
    """When the sequence numbers wrap around, those that an address still has in flight are skipped."""
    pinger = make_pinger(count=3, interval_s=0.0, timeout_s=0.2)
    pinger._sequence = 0xFFFE
    asking = asyncio.ensure_future(pinger.ping(internet.address("silent", 4)))
    await until(lambda: len(pinger._in_flight) == 3)
    assert [0xFFFF, 0, 1] == [sequence for _, sequence in pinger._in_flight]
    pinger._sequence = 0xFFFE

    assert 2 == pinger._free_sequence(internet.address("silent", 4))
    assert () == (await asking).rtts_ms


async def test_concurrent_series_share_one_socket(internet, make_pinger):
    """Five hundred concurrent series get all their replies without a socket each."""
    pinger = make_pinger(interval_s=0.2, timeout_s=2.0)
    before = open_files()
    asking = asyncio.gather(*(pinger.ping(internet.address("open", 6, n)) for n in range(500)))
    await until(lambda: pinger._in_flight)
    during = open_files()
    pings = await asking

    # This process may open a few files of its own during the test.
    assert during - before < 10
    assert {(5, 5)} == {(ping.sent, len(ping.rtts_ms)) for ping in pings}


async def test_pacing_applies_to_every_request(internet, make_pinger):
    """Each request waits for its turn, under its destination address."""
    turns = []

    async def pace(address):
        turns.append(address)

    await make_pinger(count=3).ping(internet.address("open", 4), pace)

    assert [internet.address("open", 4)] * 3 == turns


@pytest.fixture
def link_local(internet):
    """A link-local address of this machine, with its zone."""
    subprocess.run(("ip", "address", "add", "fe80::53/64", "dev", "lo", "nodad"), check=True)
    yield "fe80::53%lo"
    subprocess.run(("ip", "address", "delete", "fe80::53/64", "dev", "lo"), check=True)


async def test_a_link_local_address_has_a_zone(make_pinger, link_local):
    """First-hop routers have such addresses; the reply comes from the same zone."""
    ping = await make_pinger(count=3).ping(link_local)

    assert ping.rtts_ms


async def test_a_failed_send_is_a_failure(make_pinger):
    """If no request can be sent, the observation has a failure, which silence has not."""
    ping = await make_pinger().ping("255.255.255.255")

    assert (0, (), Failure.PERMISSION_DENIED) == (ping.sent, ping.rtts_ms, ping.failure)


async def test_a_series_that_cannot_be_sent_to_its_end_is_doubtful(internet, make_pinger, monkeypatch):
    """All requests that were sent have replies, but the connection of this machine has ended in between."""
    send, sent = EchoSocket.send, []

    def at_first(opened, *words):
        if len(sent) == 3:
            raise PermissionError(errno.EPERM, "Operation not permitted")
        sent.append(words)
        return send(opened, *words)

    monkeypatch.setattr(EchoSocket, "send", at_first)
    ping = await make_pinger(timeout_s=2.0).ping(internet.address("open", 4))

    assert (3, 3, 2, None) == (ping.sent, len(ping.rtts_ms), ping.unsent, ping.failure)


async def test_a_closed_pinger_sends_nothing(make_pinger):
    """Without a socket a ping is a failure, not silence."""
    pinger = make_pinger()
    pinger.close()

    assert Failure.PROBE_FAILED == (await pinger.ping("127.0.0.1")).failure


async def test_closing_ends_series(internet, make_pinger):
    """A series in progress ends with the replies so far when the pinger is closed."""
    pinger = make_pinger(count=1, timeout_s=60.0)
    asking = asyncio.ensure_future(pinger.ping(internet.address("silent", 4)))
    await until(lambda: pinger._in_flight)
    await asyncio.sleep(0)
    pinger.close()
    async with asyncio.timeout(2):
        assert (1, ()) == ((ping := await asking).sent, ping.rtts_ms)


async def test_a_cancelled_ping_leaves_nothing_behind(internet, make_pinger):
    """Nothing is in flight after cancellation."""
    pinger = make_pinger()
    asking = asyncio.ensure_future(pinger.ping(internet.address("silent", 4)))
    await until(lambda: pinger._in_flight)
    asking.cancel()
    await asyncio.wait([asking])

    assert {} == pinger._in_flight


async def test_closing_closes_the_sockets(internet):
    """A closed pinger holds no file descriptor."""
    before = open_files()
    pinger = Pinger()
    pinger.open()
    assert before + 2 == open_files()
    pinger.close()

    assert before == open_files()


def test_root_has_permission(internet):
    """Nothing is missing where one of the two kinds of sockets can be opened."""
    assert ping_permission() is None


@pytest.mark.crawl
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs setpriv (util-linux)")
def test_a_missing_permission_is_reported_with_its_fix():
    """A process with neither the group nor the capability gets an error that names the sysctl to set."""
    program = "from ipv6matrix.probes.icmp import ping_permission; print(ping_permission())"
    unprivileged = ["unshare", "--net", "setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw"]
    result = subprocess.run([*unprivileged, sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert "sysctl -w net.ipv4.ping_group_range=" in result.stdout
