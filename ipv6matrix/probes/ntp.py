"""
NTP: one client packet, and what the reply says about the server's clock.

The transmit timestamp of the request is random: it has to be echoed by the server,
and nothing else in the packet is of any use to a forger or an observer. The time of
sending stays here. The source port is chosen at random by the kernel.

Sources: RFC 5905 sections 7.3 (header), 7.4 (kiss codes), 8 (offset and delay) and 9.2
(checks); RFC 9109 (source port); draft-ietf-ntp-data-minimization (random timestamp).
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import time
from ipaddress import IPv4Address
from typing import Final, NamedTuple

from ipv6matrix.items import Failure, NtpObservation, NtpStatus
from ipv6matrix.probes import Pace, no_pace
from ipv6matrix.probes.echo import SO_TIMESTAMPNS, kernel_time_ns
from ipv6matrix.probes.failures import failure_of

PORT: Final = 123
_PACKETS: Final = 2
# Leap indicator, version and mode; stratum, poll, precision; root delay, root dispersion; reference id; reference,
# origin, receive and transmit timestamp.
_HEADER: Final = struct.Struct("!BBbbII4s8s8sQQ")
_REQUEST: Final = 4 << 3 | 3
_SERVER_MODE, _ALARM, _UNSYNCHRONISED_STRATUM = 4, 3, 16
# Seconds from 1900 to 1970, and of one era of 32-bit timestamps (RFC 5905 section 6).
_TO_1970: Final = 2_208_988_800
_ERA: Final = 1 << 32
_READS_AT_ONCE: Final = 32
# IP_RECVERR and IPV6_RECVERR (linux/in.h, linux/in6.h): report every ICMP error, not only port unreachable (ip(7)).
_REPORT_ERRORS: Final = {socket.AF_INET: (socket.IPPROTO_IP, 11), socket.AF_INET6: (socket.IPPROTO_IPV6, 25)}


class _Reply(NamedTuple):
    """A reply and the time at which it arrived, in seconds since 1970."""

    packet: bytes
    received_at: float


class NtpProber:
    """
    Asks time servers, each over a socket of its own.

    A server has `timeout_s` to answer; it then gets one more packet. `local4` and `local6`
    are the source addresses.
    """

    def __init__(self, *, timeout_s: float = 2.0, local4: str | None = None, local6: str | None = None) -> None:
        self.timeout_s = timeout_s
        self._local4 = local4
        self._local6 = local6

    async def probe(self, address: str, pace: Pace = no_pace) -> NtpObservation:
        """Ask the server at an address. Never raises for the network or the server."""
        await pace(address)
        asked_at = time.time()
        seen: Failure | NtpObservation = Failure.TIMEOUT
        bad = False
        for packet in range(_PACKETS):
            if packet:
                await pace(address)
            try:
                seen, bad_now = await self._ask(address)
            except OSError as error:
                seen, bad_now = failure_of(error), False
            bad = bad or bad_now
            if seen is not Failure.TIMEOUT:
                break
        if isinstance(seen, NtpObservation):
            return seen
        failure = Failure.BAD_REPLY if bad and seen is Failure.TIMEOUT else seen
        return NtpObservation(status=failure, asked_at=asked_at)

    async def _ask(self, address: str) -> tuple[NtpObservation | Failure, bool]:
        """Send one packet; return what its reply says or why there is none, and whether others have arrived."""
        with _connected(address, self._local6 if ":" in address else self._local4) as connected:
            token = os.urandom(8)
            asked_at = time.time()
            connected.send(
                _HEADER.pack(_REQUEST, 0, 0, 0, 0, 0, bytes(4), bytes(8), bytes(8), 0, int.from_bytes(token))
            )
            waiting = _Waiting(connected, token)
            reply = await waiting.reply(self.timeout_s)
            return Failure.TIMEOUT if reply is None else _observation(reply, asked_at), waiting.bad


class _Waiting:
    """Waits for the reply to one packet."""

    def __init__(self, connected: socket.socket, token: bytes) -> None:
        self.bad = False
        self._socket = connected
        self._token = token
        self._loop = asyncio.get_running_loop()
        self._reply: asyncio.Future[_Reply | None] = self._loop.create_future()

    async def reply(self, timeout_s: float) -> _Reply | None:
        """Return the reply, or None at the timeout; raise OSError for an ICMP error."""
        self._loop.add_reader(self._socket.fileno(), self._read)
        timer = self._loop.call_later(timeout_s, self._expire)
        try:
            return await self._reply
        finally:
            timer.cancel()
            self._loop.remove_reader(self._socket.fileno())

    def _read(self) -> None:
        for _ in range(_READS_AT_ONCE):
            if self._reply.done():
                return
            try:
                packet, control, _, _ = self._socket.recvmsg(512, 64)
            except BlockingIOError:
                return
            except OSError as error:
                self._reply.set_exception(error)
                return
            if _belongs(packet, self._token):
                self._reply.set_result(_Reply(packet, kernel_time_ns(control) / 1e9))
            else:
                self.bad = True

    def _expire(self) -> None:
        # If the event loop is late, the reply may already be waiting in the socket.
        self._read()
        if not self._reply.done():
            self._reply.set_result(None)


def _connected(address: str, local: str | None) -> socket.socket:
    """Return a socket that receives only from an address; raise OSError if there is no route."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    try:
        opened.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        opened.setsockopt(*_REPORT_ERRORS[family], 1)
        if local:
            opened.bind((local, 0))
        opened.connect((address, PORT))
    except OSError:
        opened.close()
        raise
    return opened


def _belongs(packet: bytes, token: bytes) -> bool:
    """Return whether a packet is a server's reply to the request of that transmit timestamp (RFC 5905 section 9.2)."""
    return len(packet) >= _HEADER.size and packet[0] & 7 == _SERVER_MODE and packet[24:32] == token


def _observation(reply: _Reply, asked_at: float) -> NtpObservation:
    first, stratum, _, _, _, _, reference, _, _, received, sent = _HEADER.unpack_from(reply.packet)
    status = _status(first >> 6, stratum, reference)
    observation = NtpObservation(
        status=status, stratum=stratum, reference_id=_reference(stratum, reference), asked_at=asked_at
    )
    if status is not NtpStatus.ANSWERS or not (received and sent):
        return observation
    there_s, back_s = _since_1970(received, asked_at) - asked_at, _since_1970(sent, asked_at) - reply.received_at
    return NtpObservation(
        status=status,
        stratum=stratum,
        reference_id=observation.reference_id,
        offset_ms=(there_s + back_s) / 2 * 1e3,
        delay_ms=(there_s - back_s) * 1e3,
        asked_at=asked_at,
    )


def _status(leap: int, stratum: int, reference: bytes) -> NtpStatus:
    if stratum == 0 and _is_code(reference):
        return NtpStatus.KISS
    unsynchronised = leap == _ALARM or stratum == 0 or stratum >= _UNSYNCHRONISED_STRATUM
    return NtpStatus.UNSYNCHRONISED if unsynchronised else NtpStatus.ANSWERS


def _is_code(reference: bytes) -> bool:
    return reference.rstrip(b"\0").isalnum() and reference.isascii()


def _reference(stratum: int, reference: bytes) -> str:
    """Return a reference id: a name of a clock or a kiss code up to stratum 1, an address or part of a hash above."""
    if stratum <= 1 and _is_code(reference):
        return reference.rstrip(b"\0").decode("ascii")
    return str(IPv4Address(reference))


def _since_1970(timestamp: int, near: float) -> float:
    """Return a 64-bit timestamp in seconds since 1970, in the era that is nearest to another time."""
    seconds = timestamp / _ERA - _TO_1970
    return seconds + round((near - seconds) / _ERA) * _ERA
