"""ICMP sockets: which kind the kernel allows, and what they receive."""

from __future__ import annotations

import select
import time
from pathlib import Path

import icmplib
import pytest

from ipv6matrix.items import Failure
from ipv6matrix.probes.echo import EchoSocket, checksum, failure_of_opening

LOOPBACK = {4: "127.0.0.1", 6: "::1"}


@pytest.fixture
def ping_groups(internet):
    """A function that sets the groups that may open ICMP datagram sockets, for the duration of a test."""
    path = Path("/proc/sys/net/ipv4/ping_group_range")
    before = path.read_text()

    def permit(groups):
        try:
            path.write_text(groups)
        except OSError:
            # A user namespace knows only its own group, so no range can exclude it.
            if groups == "1 0":
                pytest.skip("in a user namespace the own group cannot be shut out again")
            path.write_text("0 0")

    yield permit
    permit(before)


@pytest.fixture
def opened():
    """A function that opens sockets, which are closed after the test."""
    sockets = []

    def open_one(family, **more):
        sockets.append(EchoSocket(family, **{"identifier": 4711, **more}))
        return sockets[-1]

    yield open_one
    for sock in sockets:
        sock.close()


def replies(sock, within_s=2.0):
    """Return everything that arrives first."""
    select.select([sock.socket], [], [], within_s)
    return list(sock.receive(100))


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize(("groups", "raw"), [("0 2147483647", False), ("1 0", True)])
def test_an_echo_reply_has_the_kernel_timestamp(opened, ping_groups, family, groups, raw):
    """Over datagram and raw sockets a reply has its source, sequence number, payload and time."""
    ping_groups(groups)
    sock = opened(family)

    sent_ns = sock.send(LOOPBACK[family], 7, b"payload!")

    (reply,) = replies(sock)
    assert raw == sock.raw
    assert (LOOPBACK[family], 7, b"payload!") == (reply.address, reply.sequence, reply.payload)
    assert sent_ns < reply.received_ns < time.time_ns()


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("groups", ["0 2147483647", "1 0"])
def test_replies_to_other_sockets_are_invisible(opened, ping_groups, family, groups):
    """A socket reads neither the replies to requests of other sockets nor the requests themselves."""
    ping_groups(groups)
    ours, theirs = opened(family), opened(family, identifier=4712)

    theirs.send(LOOPBACK[family], 1, b"for them")

    assert 1 == len(replies(theirs))
    assert [] == replies(ours, within_s=0)


def test_a_source_address_is_used(opened, internet):
    """`local` is the source of the requests."""
    sock = opened(4, local="127.0.0.9")

    sock.send("127.0.0.1", 1, b"payload!")

    assert "127.0.0.9" == sock.socket.getsockname()[0]
    assert 1 == len(replies(sock))


def test_a_foreign_source_address_is_an_error(internet):
    """A source address that this machine does not have is an immediate error."""
    with pytest.raises(icmplib.SocketAddressError):
        EchoSocket(4, identifier=1, local="192.0.2.1")


@pytest.mark.parametrize("packet", [b"\x08\0\0\0\x12\x67\0\x07payload!", b"\xff" * 8, b"\0" * 8])
def test_the_checksum_completes_a_packet(packet):
    """With its checksum in place the one's complement sum of a packet is all ones (RFC 1071 section 1)."""
    summed = packet[:2] + checksum(packet[:2] + b"\0\0" + packet[4:]).to_bytes(2) + packet[4:]

    assert 0 == int.from_bytes(summed) % 0xFFFF


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (icmplib.SocketPermissionError(privileged=True), Failure.PERMISSION_DENIED),
        (icmplib.ICMPSocketError("Address family not supported by protocol"), Failure.NETWORK_UNREACHABLE),
    ],
)
def test_a_socket_that_does_not_open_has_a_failure(error, failure):
    """A missing permission and a missing family are different failures."""
    assert failure == failure_of_opening(error)
