"""Handshakes with ports of the simulated Internet and of the loopback device."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import socket
import struct
import subprocess
import time

import pytest

from ipv6matrix.items import Failure
from ipv6matrix.probes import tcp
from ipv6matrix.probes.tcp import TcpProber
from simnet.truth import Truth
from tests.probes.waiting import BLOCKED_S, NEAR_MS, SOON_MS, open_files, until

PORTS = (80, 443)


@pytest.fixture
def prober(internet):
    """A prober with short timeouts."""
    return TcpProber(timeout_s=1.0, smtp_timeout_s=2.0)


def outcomes(observation):
    """Return the outcome of each port: open, or the failure."""
    return [port.failure or "open" for port in observation.ports]


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        ("open", ["open", "open"]),
        ("port80_closed", [Failure.CONNECTION_REFUSED, "open"]),
        ("all_closed", [Failure.CONNECTION_REFUSED] * 2),
        ("filtered", [Failure.TIMEOUT] * 2),
        ("dead", [Failure.TIMEOUT] * 2),
        ("host_unreachable", [Failure.HOST_UNREACHABLE] * 2),
        ("no_route", [Failure.NETWORK_UNREACHABLE] * 2),
    ],
)
async def test_every_handshake_outcome_has_a_word(internet, prober, family, behaviour, expected):
    """Open, closed, filtered and unreachable ports are distinguished over both families."""
    observation = await prober.probe(internet.address(behaviour, family), PORTS, starttls=False)

    assert expected == outcomes(observation)
    assert PORTS == tuple(port.port for port in observation.ports)


@pytest.mark.parametrize("family", [4, 6])
async def test_the_connect_time_is_the_round_trip_time(internet, prober, family):
    """An open port has the time between SYN and SYN-ACK, another port has none."""
    observation = await prober.probe(internet.address("port80_closed", family), PORTS, starttls=False)

    closed, opened = observation.ports
    assert closed.connect_ms is None
    assert NEAR_MS <= opened.connect_ms < SOON_MS


@pytest.mark.parametrize(("block", "family"), [("open", 4), ("open", 6), ("narrow", 4), ("narrow", 6)])
async def test_the_segment_size_is_that_of_the_path(internet, prober, block, family):
    """A tunnel lowers the MSS, and TCP timestamps do not; a closed port has none."""
    address = internet.address(block, family)
    expected = Truth(internet.scenario).address(address).ports[80].mss_bytes

    opened, closed = [
        await prober.probe(target, (80,), starttls=False)
        for target in (address, internet.address("port80_closed", family))
    ]

    assert expected == opened.ports[0].mss_bytes
    assert closed.ports[0].mss_bytes is None


async def test_a_busy_loop_changes_neither_outcome_nor_time(internet):
    """A handshake that completed while the loop was blocked beyond the timeout is open, with its true time."""
    prober = TcpProber(timeout_s=BLOCKED_S * 0.9)
    asking = asyncio.ensure_future(prober.probe(internet.address("open", 6), PORTS, starttls=False))
    await asyncio.sleep(0)
    time.sleep(BLOCKED_S)  # noqa: ASYNC251 - the blocked loop is what is tested
    observation = await asking

    assert ["open", "open"] == outcomes(observation)
    assert max(port.connect_ms for port in observation.ports) < SOON_MS


async def test_the_ports_of_an_address_are_probed_concurrently(internet):
    """Two filtered ports cost one timeout."""
    began = time.monotonic()
    await TcpProber(timeout_s=2.0).probe(internet.address("filtered", 6), PORTS, starttls=False)

    assert 2 <= time.monotonic() - began < 4


async def test_a_silent_port_gets_one_syn(internet):
    """With a timeout below one second no SYN is repeated, and nothing is sent afterwards."""
    address = internet.address("filtered", 4)
    began = time.time()
    await TcpProber(timeout_s=0.5).probe(address, (80,), starttls=False)

    assert [(80, 0x02)] == [
        (packet.port, packet.flags) for packet in internet.packets(since=began) if packet.destination == address
    ]


async def test_a_silent_port_gets_two_syns_in_two_seconds(internet):
    """The kernel repeats a SYN once, after one second, and not at the timeout."""
    address = internet.address("filtered", 6)
    began = time.time()
    await TcpProber(timeout_s=2.0).probe(address, (80,), starttls=False)

    assert [0x02] * 2 == [packet.flags for packet in internet.packets(since=began) if packet.destination == address]


async def test_an_open_port_is_closed_with_a_reset(internet, prober):
    """A connection ends with RST, which leaves no TIME_WAIT behind."""
    address = internet.address("open", 4)
    began = time.time()
    await prober.probe(address, (443,), starttls=False)

    assert (
        0x04 == [packet.flags for packet in internet.packets(since=began) if packet.destination == address][-1] & 0x05
    )


async def test_pacing_applies_to_every_attempt(internet, prober):
    """Each attempt waits for its turn, under its destination address."""
    turns = []

    async def pace(address):
        turns.append(address)

    await prober.probe(internet.address("open", 6), PORTS, starttls=False, pace=pace)

    assert [internet.address("open", 6)] * 2 == turns


async def test_a_foreign_source_address_is_a_failure(internet):
    """A handshake that cannot be sent is a failure of each port."""
    prober = TcpProber(local4="192.0.2.1")

    observation = await prober.probe(internet.address("open", 4), PORTS, starttls=False)

    assert [Failure.NETWORK_UNREACHABLE] * 2 == outcomes(observation)


async def test_a_source_address_is_used(internet):
    """`local4` is the source of the handshake."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        await TcpProber(local4="127.0.0.7").probe("127.0.0.1", (port,), starttls=False)
        connection, peer = server.accept()
        connection.close()

    assert "127.0.0.7" == peer[0]


@pytest.mark.parametrize("behaviour", ["open", "filtered", "all_closed", "smtp_mute"])
async def test_probes_close_their_sockets(internet, prober, behaviour):
    """However a probe ends, it holds no file descriptor afterwards."""
    before = open_files()
    await prober.probe(internet.address(behaviour, 6), (25, 80, 443), starttls=True)

    assert before == open_files()


@pytest.mark.parametrize("behaviour", ["filtered", "smtp_mute"])
async def test_cancelled_probes_close_their_sockets(internet, behaviour):
    """A probe cancelled in a handshake or in a mail session holds no file descriptor afterwards."""
    before = open_files()
    prober = TcpProber(timeout_s=60.0, smtp_timeout_s=60.0)
    asking = [
        asyncio.ensure_future(prober.probe(internet.address(behaviour, 6, n), (25, 80, 443), starttls=True))
        for n in range(20)
    ]
    await until(lambda: open_files() >= before + 20)
    await asyncio.sleep(0.1)
    for task in asking:
        task.cancel()
    await asyncio.wait(asking)

    assert before == open_files()


async def test_a_handshake_that_ends_with_its_probe_is_ignored(internet, prober):
    """A probe that is cancelled in the turn of the loop in which its handshake ends raises nothing else."""
    raised = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: raised.append(context))
    asking = asyncio.ensure_future(prober.probe(internet.address("open", 6), (80,), starttls=False))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    time.sleep(BLOCKED_S)  # noqa: ASYNC251 - the handshake ends before the loop goes on
    loop.call_soon(asking.cancel)
    await asyncio.wait([asking])

    assert asking.cancelled()
    assert [] == raised


async def test_running_out_of_files_is_a_local_failure(internet, prober):
    """If the process cannot open more files, a port is `probe_failed`, and the crawl continues."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    held = socket.socket()
    resource.setrlimit(resource.RLIMIT_NOFILE, (held.fileno() + 1, limits[1]))
    try:
        observation = await prober.probe(internet.address("open", 6), (25, 80, 443), starttls=True)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        held.close()

    assert [Failure.PROBE_FAILED] * 3 == outcomes(observation)
    assert observation.smtp is None


async def test_port_25_has_a_mail_session(internet, prober):
    """An open port 25 has a mail session in addition to its outcome; a closed one has none."""
    mailing = await prober.probe(internet.address("open", 6), (25, 80), starttls=True)
    not_mailing = await prober.probe(internet.address("port25_closed", 6), (25, 80), starttls=True)

    assert (["open", "open"], 220) == (outcomes(mailing), mailing.smtp.greeting_code)
    assert ([Failure.CONNECTION_REFUSED, "open"], None) == (outcomes(not_mailing), not_mailing.smtp)


@pytest.mark.parametrize("name", ["", "two words", "bücher.example", "evil\r\nMAIL FROM:<>"])
def test_an_invalid_ehlo_name_is_rejected(name):
    """A contact name that would break EHLO is an error before the first probe."""
    with pytest.raises(ValueError, match="EHLO cannot say"):
        TcpProber(contact_name=name)


LOOPBACK = pytest.mark.parametrize(("host", "family"), [("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)])


def reset(accepted):
    """End a connection with RST."""
    accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("@ii", 1, 0))
    accepted.close()


def close_then_reset(accepted):
    """End a connection with FIN, then with RST."""
    accepted.shutdown(socket.SHUT_WR)
    reset(accepted)


def greet(then):
    """Return an ending that is preceded by a greeting."""

    def end(accepted):
        accepted.sendall(b"220 ready\r\n")
        then(accepted)

    return end


@pytest.mark.parametrize("is_late", [False, True], ids=["in time", "late"])
@pytest.mark.parametrize(
    ("end", "failure"),
    [
        (reset, Failure.CONNECTION_RESET),
        (socket.socket.close, Failure.CONNECTION_CLOSED),
        (close_then_reset, Failure.CONNECTION_CLOSED),
        (greet(reset), Failure.CONNECTION_RESET),
        (greet(close_then_reset), Failure.CONNECTION_CLOSED),
    ],
    ids=["reset", "close", "close and reset", "greeting and reset", "greeting, close and reset"],
)
async def test_an_accepting_port_is_open_however_it_ends(monkeypatch, end, failure, is_late):
    """A reset after the handshake is an event of the SMTP session, not of the port, whenever the loop sees it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setattr(tcp, "SMTP_PORT", port)
        asking = asyncio.ensure_future(TcpProber().probe("127.0.0.1", (port,), starttls=False))
        await asyncio.sleep(0 if is_late else 0.05)
        accepted, _ = server.accept()
        end(accepted)
        time.sleep(0.05)  # noqa: ASYNC251 - the loop is late
        observation = await asking

    (opened,) = observation.ports
    assert (True, None, True) == (opened.open, opened.failure, opened.connect_ms > 0)
    assert failure == observation.smtp.failure


@contextlib.contextmanager
def packet_filter(rule):
    """Apply an nft rule to all packets that this machine receives."""
    chain = "chain inet firewall input"
    lines = ("add table inet firewall", f"add {chain} {{ type filter hook input priority 0; }}")
    table = "\n".join((*lines, f"add rule {chain.removeprefix('chain ')} {rule}"))
    subprocess.run(["nft", "-f", "-"], input=table, text=True, check=True)
    try:
        yield
    finally:
        subprocess.run(["nft", "delete", "table", "inet", "firewall"], check=True)


@LOOPBACK
async def test_an_icmp_error_after_the_handshake_leaves_a_port_open(internet, host, family):
    """A firewall that rejects every packet but the SYN does not make an open port unreachable."""
    with socket.create_server((host, 0), family=family) as server:
        port = server.getsockname()[1]
        with packet_filter(f"tcp dport {port} tcp flags & (syn | ack) == ack reject with icmpx type host-unreachable"):
            asking = asyncio.ensure_future(TcpProber().probe(host, (port,), starttls=False))
            await asyncio.sleep(0)
            time.sleep(0.05)  # noqa: ASYNC251 - the loop is late
            observation = await asking

    assert ["open"] == outcomes(observation)


@LOOPBACK
@pytest.mark.parametrize("is_bound", [True, False])
def test_local_ports_are_below_the_numbers_of_traces(host, family, is_bound):
    """mtr-packet takes an error that quotes a port from 33000 on for an answer to one of its probes."""
    with socket.create_server((host, 0), family=family, backlog=50) as server:
        opened = [tcp._open(host, host if is_bound else None, 1.0) for _ in range(20)]
        for sock in opened:
            sock.connect_ex((host, server.getsockname()[1]))
        ports = [sock.getsockname()[1] for sock in opened]
        for sock in opened:
            sock.close()

    assert max(ports) < 33_000


@LOOPBACK
def test_a_listening_port_is_skipped(monkeypatch, host, family):
    """A port with a listener is skipped; a port with a connection can be shared."""
    with socket.create_server((host, 0), family=family, backlog=50) as server:
        taken = server.getsockname()[1]
        chosen = iter([taken, 12_345, 12_345])
        monkeypatch.setattr(tcp.random, "choice", lambda _: next(chosen))
        opened = [tcp._open(host, None, 1.0) for _ in range(2)]
        ports = [sock.getsockname()[1] for sock in opened]
        for sock in opened:
            sock.close()

    assert [12_345] * 2 == ports


def test_running_out_of_ports_is_reported(monkeypatch):
    """After some attempts the kernel's own error is raised, and no file stays open."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setattr(tcp.random, "choice", lambda _: server.getsockname()[1])
        before = open_files()
        with pytest.raises(OSError, match="in use"):
            tcp._open("127.0.0.1", None, 1.0)

        assert before == open_files()


async def test_the_local_port_of_another_connection_is_not_used_again(monkeypatch):
    """Two connections to one destination never fail because both chose the same local port."""
    choices = iter((12_346, 12_346, 12_346, 12_347))
    monkeypatch.setattr(tcp.random, "choice", lambda _: next(choices))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        host, port = listener.getsockname()
        other = tcp._open(host, None, 1.0)
        other.connect_ex((host, port))

        observation = await TcpProber(timeout_s=1.0, smtp_timeout_s=2.0).probe(host, (port,), starttls=False)

        other.close()
    assert ["open"] == outcomes(observation)
