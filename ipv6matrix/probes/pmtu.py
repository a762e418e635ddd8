"""
Path MTU: whether Echo Requests of 1500 and 1280 octets reach an IPv6 address unfragmented.

IPV6_MTU_DISCOVER is IPV6_PMTUDISC_PROBE, so that the kernel sends 1500 octets even if it
has learned a smaller MTU from an earlier Packet Too Big.

Sources: RFC 8201, RFC 2923 section 2.1, RFC 4443 sections 3.2 and 4, RFC 3542 sections
11.2 (IPV6_DONTFRAG) and 2 (error messages), ipv6(7), ip(7) (IP_RECVERR).
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import time
from typing import Final

import icmplib

from ipv6matrix.items import PmtuObservation, PmtuStatus
from ipv6matrix.probes import Pace, no_pace
from ipv6matrix.probes.echo import EchoSocket, failure_of_opening
from ipv6matrix.probes.failures import failure_of

FULL_BYTES: Final = 1500
LEAST_BYTES: Final = 1280
_HEADERS_BYTES: Final = 40 + 8
# Linux constants that Python 3.11 does not define (linux/in6.h, linux/errqueue.h).
_IPV6_MTU_DISCOVER, _IPV6_PMTUDISC_PROBE, _IPV6_RECVERR = 23, 3, 25
_EXTENDED_ERROR: Final = struct.Struct("@IBBBxII")
_ORIGIN_ICMP6: Final = 3
_TOO_BIG: Final = 2
_ERRORS_AT_ONCE: Final = 8


class PmtuProber:
    """Measures the path MTU of IPv6 addresses, each over a socket of its own; a reply may take `timeout_s`."""

    def __init__(self, *, timeout_s: float = 2.0, local6: str | None = None) -> None:
        self.timeout_s = timeout_s
        self._local6 = local6

    async def probe(self, address: str, pace: Pace = no_pace) -> PmtuObservation:
        """Send one to three Echo Requests. Never raises for the network."""
        await pace(address)
        asked_at = time.time()
        try:
            echoes = EchoSocket(6, identifier=int.from_bytes(os.urandom(2)), local=self._local6)
        except icmplib.ICMPSocketError as error:
            return PmtuObservation(status=failure_of_opening(error), sent=0, asked_at=asked_at)
        path = _Path(echoes, address, self.timeout_s)
        try:
            path.open()
            return await self._measure(path, address, pace, asked_at)
        except OSError as error:
            return PmtuObservation(status=failure_of(error), sent=path.sent, asked_at=asked_at)
        finally:
            path.close()

    async def _measure(self, path: _Path, address: str, pace: Pace, asked_at: float) -> PmtuObservation:
        mtu_bytes = await path.try_size(FULL_BYTES)
        status = PmtuStatus.MEASURED
        if mtu_bytes is None:
            await pace(address)
            small = await path.try_size(LEAST_BYTES)
            if small is None:
                status = PmtuStatus.UNTESTABLE
            else:  # one lost packet is no black hole
                await pace(address)
                mtu_bytes = await path.try_size(FULL_BYTES)
                status = PmtuStatus.BLACK_HOLE if mtu_bytes is None else PmtuStatus.MEASURED
        return PmtuObservation(status=status, mtu_bytes=mtu_bytes, sent=path.sent, asked_at=asked_at)


class _Path:
    """The socket of one probe: `try_size` sends one Echo Request and waits for what comes back."""

    def __init__(self, echoes: EchoSocket, address: str, timeout_s: float) -> None:
        self.sent = 0
        self._echoes = echoes
        self._address = address
        self._timeout_s = timeout_s
        self._loop = asyncio.get_running_loop()
        self._token = b""
        self._size = 0
        self._outcome: asyncio.Future[int | None] | None = None

    def open(self) -> None:
        """Connect the socket, so that it gets the errors of its own packets; raise OSError if there is no route."""
        echo_socket = self._echoes.socket
        echo_socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_DONTFRAG, 1)
        echo_socket.setsockopt(socket.IPPROTO_IPV6, _IPV6_MTU_DISCOVER, _IPV6_PMTUDISC_PROBE)
        echo_socket.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVERR, 1)
        echo_socket.connect((self._address, 0))
        self._loop.add_reader(echo_socket.fileno(), self._read)

    def close(self) -> None:
        """Close the socket."""
        self._loop.remove_reader(self._echoes.socket.fileno())
        self._echoes.close()

    async def try_size(self, size: int) -> int | None:
        """Send a packet of `size` octets; return the MTU that the answer shows, or None if there is none."""
        self._size = size
        self._token = os.urandom(8)
        self._outcome = self._loop.create_future()
        self.sent += 1
        self._echoes.send(self._address, self.sent, self._token.ljust(size - _HEADERS_BYTES, b"\0"))
        timer = self._loop.call_later(self._timeout_s, self._expire)
        try:
            return await self._outcome
        finally:
            timer.cancel()

    def _expire(self) -> None:
        # If the event loop is late, the answer may already be waiting in the socket.
        self._read()
        self._settle(None)

    def _settle(self, mtu_bytes: int | None) -> None:
        if self._outcome is not None and not self._outcome.done():
            self._outcome.set_result(mtu_bytes)

    def _read(self) -> None:
        for mtu_bytes in self._too_bigs():
            if LEAST_BYTES <= mtu_bytes < self._size:
                self._settle(mtu_bytes)
        for reply in self._echoes.receive(_ERRORS_AT_ONCE):
            if reply.sequence == self.sent and reply.payload.startswith(self._token):
                self._settle(self._size)

    def _too_bigs(self) -> list[int]:
        """Return the MTUs of the Packet Too Big messages that have arrived; other errors mean no more than silence."""
        mtus = []
        for _ in range(_ERRORS_AT_ONCE):
            try:
                _, control, _, _ = self._echoes.socket.recvmsg(1, 512, socket.MSG_ERRQUEUE)
            except OSError:
                break
            for level, kind, data in control:
                if level == socket.IPPROTO_IPV6 and kind == _IPV6_RECVERR:
                    _, origin, message, _, mtu_bytes, _ = _EXTENDED_ERROR.unpack_from(data)
                    if (origin, message) == (_ORIGIN_ICMP6, _TOO_BIG):
                        mtus.append(mtu_bytes)
        return mtus
