"""
Ping: a series of Echo Requests to one address.

Sources: RFC 792 (Echo), RFC 4443 section 4, RFC 2681 (round-trip delay).
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from typing import Final

import icmplib

from ipv6matrix.items import Failure, Family, PingObservation
from ipv6matrix.probes import Pace, no_pace
from ipv6matrix.probes.echo import EchoSocket, Reply, failure_of_opening
from ipv6matrix.probes.failures import failure_of

_FAMILIES: Final[tuple[Family, Family]] = (4, 6)
_TOKEN_BYTES = 8
# 56 octets in all, as sent by ping(8). The text identifies the measurement to anyone who inspects the packet.
_TEXT = b"ipv6matrix: a measurement of IPv6 reachability. "
# Maximum number of replies read per turn: an unlimited reader would starve the event loop.
_READS_AT_ONCE = 32
# More packets than fit into any receive buffer.
_ALL = 1 << 20
_FULL_QUEUE_WAIT_S = 0.01


class _Series:
    """The Echo Requests to one address and their replies."""

    def __init__(self, address: str) -> None:
        self.address = _as_the_kernel_writes(address)
        self.sent = 0
        self.rtts_ms: dict[int, float] = {}
        self.error: OSError | None = None
        self.complete: asyncio.Future[None] | None = None

    def answered(self, number: int, rtt_ms: float) -> None:
        """Record the reply to request `number`."""
        self.rtts_ms[number] = rtt_ms
        if self.complete is not None and len(self.rtts_ms) == self.sent:
            self.end()

    def end(self) -> None:
        """Stop waiting."""
        if self.complete is not None and not self.complete.done():
            self.complete.set_result(None)


class _Request:
    """One Echo Request in flight."""

    __slots__ = ("number", "sent_monotonic", "sent_ns", "series", "token")

    def __init__(self, series: _Series, number: int) -> None:
        self.series = series
        self.number = number
        self.token = os.urandom(_TOKEN_BYTES)
        self.sent_monotonic = time.monotonic()
        self.sent_ns = 0

    def rtt_ms(self, received_ns: int) -> float:
        """
        Return the round-trip time by the kernel's clock, which a busy event loop cannot delay.

        That clock may be adjusted in between. A negative time, or one above what the
        monotonic clock has counted, shows that; the monotonic time is returned instead.
        """
        at_most_ms = (time.monotonic() - self.sent_monotonic) * 1e3
        rtt_ms = (received_ns - self.sent_ns) / 1e6
        return rtt_ms if 0 <= rtt_ms <= at_most_ms else at_most_ms


class Pinger:
    """
    Sends any number of ping series at once, over one socket per family.

    A series has `count` Echo Requests, `interval_s` apart; a reply later than
    `timeout_s` after its request counts as lost. `local4` and `local6` are the source
    addresses. Each packet carries `text`, which must have an even number of octets.
    """

    def __init__(
        self,
        *,
        count: int = 5,
        interval_s: float = 0.2,
        timeout_s: float = 2.0,
        local4: str | None = None,
        local6: str | None = None,
        text: bytes = _TEXT,
    ) -> None:
        self.count = count
        self.interval_s = interval_s
        self.timeout_s = timeout_s
        self._text = text
        self._local: dict[Family, str | None] = {4: local4, 6: local6}
        self._sockets: dict[Family, EchoSocket] = {}
        self._failures: dict[Family, Failure] = {}
        self._in_flight: dict[tuple[str, int], _Request] = {}
        self._sequence = 0

    def open(self) -> None:
        """Open both sockets; if a family is unavailable, its pings fail with the reason (see ping_permission)."""
        for family in _FAMILIES:
            try:
                opened = EchoSocket(family, identifier=int.from_bytes(os.urandom(2)), local=self._local[family])
            except icmplib.ICMPSocketError as error:
                self._failures[family] = failure_of_opening(error)
            else:
                self._sockets[family] = opened
                asyncio.get_running_loop().add_reader(opened.socket, self._read, opened)

    def close(self) -> None:
        """Close the sockets; pending series end with the replies received so far."""
        for opened in self._sockets.values():
            asyncio.get_running_loop().remove_reader(opened.socket)
            opened.close()
        self._sockets.clear()
        for request in list(self._in_flight.values()):
            request.series.end()

    async def ping(self, address: str, pace: Pace = no_pace) -> PingObservation:
        """Ping `address`, IPv4 or RFC 5952 text, with its zone if link-local; raise OSError for any other text."""
        opened = self._sockets.get(6 if ":" in address else 4)
        if opened is None:
            failure = self._failures.get(6 if ":" in address else 4, Failure.PROBE_FAILED)
            return PingObservation(sent=0, failure=failure, asked_at=time.time())
        series = _Series(address)
        keys: list[tuple[str, int]] = []
        await pace(address)
        asked_at = time.time()
        try:
            for number in range(self.count):
                if number:
                    await asyncio.sleep(self.interval_s)
                    await pace(address)
                await self._send(opened, series, keys)
            await self._wait(opened, series)
        finally:
            for key in keys:
                self._in_flight.pop(key, None)
        return _observation(series, self.count, asked_at)

    async def _send(self, opened: EchoSocket, series: _Series, keys: list[tuple[str, int]]) -> None:
        """Send one Echo Request; retry once if the send queue of this machine is full."""
        for may_wait in (True, False):
            key = series.address, self._free_sequence(series.address)
            request = _Request(series, series.sent)
            try:
                request.sent_ns = opened.send(*key, request.token + self._text)
            except OSError as error:
                series.error = error
                if failure_of(error) is not Failure.PROBE_FAILED or not may_wait:
                    return
                await asyncio.sleep(_FULL_QUEUE_WAIT_S)
            else:
                self._in_flight[key] = request
                keys.append(key)
                series.sent += 1
                return

    def _free_sequence(self, address: str) -> int:
        """
        Return the next sequence number that no request to `address` has in flight.

        Numbers may repeat across addresses, so the number of addresses is not limited.
        """
        self._sequence = (self._sequence + 1) & 0xFFFF
        while (address, self._sequence) in self._in_flight:
            self._sequence = (self._sequence + 1) & 0xFFFF
        return self._sequence

    async def _wait(self, opened: EchoSocket, series: _Series) -> None:
        """Wait for the missing replies, at most until the last request times out."""
        if len(series.rtts_ms) == series.sent:
            return
        loop = asyncio.get_running_loop()
        series.complete = loop.create_future()
        timer = loop.call_later(self.timeout_s, self._expire, opened, series)
        try:
            await series.complete
        finally:
            timer.cancel()

    def _expire(self, opened: EchoSocket, series: _Series) -> None:
        # If the event loop is late, the replies may already be waiting in the socket.
        self._read(opened, _ALL)
        series.end()

    def _read(self, opened: EchoSocket, at_most: int = _READS_AT_ONCE) -> None:
        for reply in opened.receive(at_most):
            self._deliver(reply)

    def _deliver(self, reply: Reply) -> None:
        """
        Record a reply if it belongs to a request in flight.

        Only the probed address can know the sequence number and token; a duplicate finds nothing in flight.
        """
        key = reply.address, reply.sequence
        request = self._in_flight.get(key)
        if request is None or reply.payload[:_TOKEN_BYTES] != request.token:
            return
        rtt_ms = request.rtt_ms(reply.received_ns)
        if rtt_ms <= self.timeout_s * 1e3:
            del self._in_flight[key]
            request.series.answered(request.number, rtt_ms)


def _as_the_kernel_writes(address: str) -> str:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    host, percent, zone = address.partition("%")
    return socket.inet_ntop(family, socket.inet_pton(family, host)) + percent + zone


def _observation(series: _Series, count: int, asked_at: float) -> PingObservation:
    failure = failure_of(series.error) if series.error is not None and not series.sent else None
    rtts_ms = tuple(series.rtts_ms[number] for number in sorted(series.rtts_ms))
    unsent = count - series.sent
    return PingObservation(sent=series.sent, rtts_ms=rtts_ms, failure=failure, unsent=unsent, asked_at=asked_at)


def ping_permission() -> str | None:
    """Return None if this process may ping over both families, otherwise an error message."""
    for family in _FAMILIES:
        try:
            EchoSocket(family, identifier=0).close()
        except icmplib.SocketPermissionError:
            return (
                f"No permission to open ICMP sockets for IPv{family}: as root, run"
                " `sysctl -w net.ipv4.ping_group_range='0 2147483647'`"
                " (and add it to /etc/sysctl.d), or start the crawl with the capability cap_net_raw"
                " [PING_NOT_PERMITTED]"
            )
        except icmplib.ICMPSocketError:
            continue  # the machine lacks this family; permissions would not help
    return None
