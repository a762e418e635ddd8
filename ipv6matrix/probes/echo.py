"""
One ICMP socket per family, for all Echo Requests of a crawl.

icmplib opens the sockets, but its packet functions are not used: `send` calls
getaddrinfo for each request and computes the checksum octet by octet in Python
(95 us), and `receive` blocks and takes its timestamp afterwards. The header of
an Echo Request has only eight octets and is built here.

Sources: RFC 792 (Echo), RFC 4443 section 4, RFC 1071 (checksum), socket(7)
(SO_TIMESTAMPNS), icmp(7).
"""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

import icmplib

from ipv6matrix.items import Failure, Family

_HEADER = struct.Struct("!BBHHH")
_TIMESPEC = struct.Struct("@ll")
# Linux constants that Python 3.11 does not define (asm-generic/socket.h, linux/icmp.h, linux/icmpv6.h).
SO_TIMESTAMPNS = 35
_SOL_RAW, _ICMP_FILTER = 255, 1
_ICMP6_FILTER = 1

# Receive buffer in octets, for replies that arrive while the event loop is busy. The kernel may grant less.
_BUFFER_BYTES = 4 << 20


class Reply(NamedTuple):
    """One Echo Reply and the time at which the kernel received it (ns since 1970)."""

    address: str
    sequence: int
    payload: bytes
    received_ns: int


class _IcmpSocket(Protocol):
    """The part of the interface of icmplib's sockets that is used here."""

    @property
    def sock(self) -> socket.socket: ...

    def close(self) -> None: ...


class EchoSocket:
    """
    Sends Echo Requests and receives only the replies to them.

    Uses a datagram socket if net.ipv4.ping_group_range permits it (the kernel
    separates its replies), otherwise a raw socket. A raw socket receives every Echo
    Reply that reaches the machine; a random identifier per socket selects the right
    ones.

    Raises icmplib.ICMPSocketError: SocketPermissionError if the kernel permits
    neither, SocketAddressError if `local` is not an address of this machine.
    """

    def __init__(self, family: Family, *, identifier: int, local: str | None = None) -> None:
        self.family = family
        self.identifier = identifier
        self._request = 8 if family == 4 else 128
        self._reply = 0 if family == 4 else 129
        self._icmp, self.raw = _open(family, local)
        self.socket = self._icmp.sock
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        if self.raw:
            self._filter()

    def close(self) -> None:
        """Close the socket."""
        self._icmp.close()

    def send(self, address: str, sequence: int, payload: bytes) -> int:
        """Send one Echo Request and return the time just before, in ns since 1970. Raises OSError."""
        packet = _HEADER.pack(self._request, 0, 0, self.identifier, sequence) + payload
        if self.raw and self.family == 4:  # otherwise the kernel computes the checksum
            packet = packet[:2] + checksum(packet).to_bytes(2) + packet[4:]
        sent_ns = time.time_ns()
        self.socket.sendto(packet, _destination(address))
        return sent_ns

    def receive(self, at_most: int) -> Iterator[Reply]:
        """Yield the replies waiting in the socket. Stop at the first error; errors never belong to a reply."""
        for _ in range(at_most):
            try:
                packet, control, _, source = self.socket.recvmsg(2048, 64)
                address = _address(source)
            except OSError:
                return
            reply = self._parse(packet, address, kernel_time_ns(control))
            if reply is not None:
                yield reply

    def _parse(self, packet: bytes, address: str, received_ns: int) -> Reply | None:
        if self.raw and self.family == 4 and packet:  # strip the IP header
            packet = packet[(packet[0] & 0xF) * 4 :]
        if len(packet) < _HEADER.size:
            return None
        kind, _, _, identifier, sequence = _HEADER.unpack_from(packet)
        if kind != self._reply or (self.raw and identifier != self.identifier):
            return None
        return Reply(address, sequence, packet[_HEADER.size :], received_ns)

    def _filter(self) -> None:
        """Drop everything but Echo Replies: a set bit blocks a type."""
        if self.family == 4:
            self.socket.setsockopt(_SOL_RAW, _ICMP_FILTER, struct.pack("@I", 0xFFFFFFFF ^ 1 << self._reply))
        else:
            words = [0xFFFFFFFF] * 8
            words[self._reply >> 5] ^= 1 << (self._reply & 31)
            self.socket.setsockopt(socket.IPPROTO_ICMPV6, _ICMP6_FILTER, struct.pack("@8I", *words))


def _open(family: Family, local: str | None) -> tuple[_IcmpSocket, bool]:
    """Return an icmplib socket and whether it is raw."""
    kind = icmplib.ICMPv4Socket if family == 4 else icmplib.ICMPv6Socket
    try:
        return kind(local, privileged=False), False
    except icmplib.SocketPermissionError:
        return kind(local, privileged=True), True


def _destination(address: str) -> tuple[str, int] | tuple[str, int, int, int]:
    """Return the socket address; Python accepts only numeric zones (RFC 4007 section 11)."""
    host, _, zone = address.partition("%")
    return (host, 0, 0, socket.if_nametoindex(zone)) if zone else (address, 0)


def _address(source: tuple[Any, ...]) -> str:
    """Return the address in a socket address; include the zone if it is link-local."""
    host, scope = source[0], source[3] if len(source) > 2 else 0
    return f"{host}%{socket.if_indextoname(scope)}" if scope else host


def kernel_time_ns(control: list[tuple[int, int, bytes]]) -> int:
    """Return the time at which the kernel received a packet, in ns since 1970, from its control messages."""
    for level, kind, data in control:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
            seconds, nanoseconds = _TIMESPEC.unpack(data)
            return int(seconds) * 1_000_000_000 + int(nanoseconds)
    return time.time_ns()


def checksum(packet: bytes) -> int:
    """Return the Internet checksum of an even number of octets (RFC 1071): modulo 0xFFFF is one's complement."""
    return 0xFFFF - (int.from_bytes(packet) % 0xFFFF)


def failure_of_opening(error: icmplib.ICMPSocketError) -> Failure:
    """Return why a family has no socket: `permission_denied`, or that this machine lacks the family."""
    if isinstance(error, icmplib.SocketPermissionError):
        return Failure.PERMISSION_DENIED
    return Failure.NETWORK_UNREACHABLE
