"""
TCP: which ports of an address complete a handshake, and how fast.

The prober's own timer ends an attempt. The kernel repeats an unanswered SYN
after one second (RFC 6298 section 2), so a lost SYN does not make a port closed.
How often differs: TCP_SYNCNT cannot be below 1, and from Linux 6.5 on
net.ipv4.tcp_syn_linear_timeouts are added to it. TCP_USER_TIMEOUT sees to it
that nothing more is sent once the timeout is over: two SYNs in the usual 2 s.

A port that completed the handshake is open, also if a reset or an ICMP error
arrived before this process looked. TCP_INFO tells the two apart; SO_ERROR
reports only the error, and would take it from the SMTP session that follows.

Sources: RFC 9293 sections 3.5 (handshake) and 3.10.7.3 (RST in SYN-SENT), tcp(7).
"""

from __future__ import annotations

import asyncio
import errno
import random
import select
import socket
import struct
import time
from typing import NamedTuple

from ipv6matrix.items import Failure, PortObservation, TcpObservation
from ipv6matrix.probes import Pace, no_pace
from ipv6matrix.probes.failures import failure_of
from ipv6matrix.probes.smtp import converse, require_hello_name, tls_context

SMTP_PORT = 25

_SYN_RETRIES = 1
# RST instead of TIME_WAIT: a crawl would use up its local ports.
_RST_ON_CLOSE = struct.pack("@ii", 1, 0)
# Local ports: above what servers listen on by habit, below those from which mtr-packet numbers its probes. It takes an
# error that quotes a TCP port for one that quotes such a number (docs/decisions/0008-mtr-packet.md).
_LOCAL_PORTS = range(10_000, 33_000)
_TRIES = 10
# tcpi_rtt, in microseconds, and tcpi_bytes_acked, in which the SYN counts as one octet: struct tcp_info (linux/tcp.h).
_TCP_INFO = struct.Struct("=68xI48xQ")


class TcpProber:
    """
    Connects to ports of addresses, all ports of an address at once.

    A port has `timeout_s` to answer, an SMTP session `smtp_timeout_s` in all.
    `contact_name` is what EHLO says (ValueError if it cannot be); `local4` and
    `local6` are source addresses.
    """

    def __init__(
        self,
        *,
        timeout_s: float = 2.0,
        smtp_timeout_s: float = 10.0,
        contact_name: str = "crawler.invalid",
        local4: str | None = None,
        local6: str | None = None,
    ) -> None:
        self.timeout_s = timeout_s
        self.smtp_timeout_s = smtp_timeout_s
        self.contact_name = require_hello_name(contact_name)
        self._local4 = local4
        self._local6 = local6
        self._tls_context = tls_context()

    async def probe(
        self, address: str, ports: tuple[int, ...], *, starttls: bool, pace: Pace = no_pace
    ) -> TcpObservation:
        """
        One attempt per port, and an SMTP session when port 25 is among them and opens.

        Never raises for what the network, the peer or the limits of this process do.
        """
        attempts: list[Attempt] = []
        more: list[Attempt] = []
        smtp = None

        async def reconnect() -> socket.socket | None:
            await pace(address)
            more.append(self._attempt(address, SMTP_PORT))
            return await more[0].connected()

        try:
            for port in ports:
                await pace(address)
                attempts.append(self._attempt(address, port))
            # SMTP first: the other attempts end, and close, without being waited for.
            for attempt in sorted(attempts, key=lambda attempt: attempt.port != SMTP_PORT):
                connected = await attempt.connected()
                if connected is not None:
                    smtp = await converse(
                        connected,
                        timeout_s=self.smtp_timeout_s,
                        hello_name=self.contact_name,
                        tls_context=self._tls_context if starttls else None,
                        reconnect=reconnect,
                    )
        finally:
            for attempt in (*attempts, *more):
                attempt.close()
        return TcpObservation(ports=tuple(attempt.result() for attempt in attempts), smtp=smtp)

    def _attempt(self, address: str, port: int) -> Attempt:
        local = self._local6 if ":" in address else self._local4
        return Attempt(address, port, timeout_s=self.timeout_s, local=local, keep=port == SMTP_PORT)


class Attempt:
    """
    One handshake, under way from the moment this is made.

    It ends by itself, without anybody awaiting it: the first event, or the
    timer, settles the outcome and closes the socket, unless the port opened and
    `keep` is set. Then the socket is open until `close`.
    """

    def __init__(self, address: str, port: int, *, timeout_s: float, local: str | None, keep: bool) -> None:
        self.port = port
        self._keep = keep
        self._asked_at = time.time()
        self._loop = asyncio.get_running_loop()
        self._outcome: asyncio.Future[PortObservation] = self._loop.create_future()
        self._timer: asyncio.TimerHandle | None = None
        self._socket: socket.socket | None = None
        try:
            self._socket = _open(address, local, timeout_s)
            error = self._socket.connect_ex((address, port))
        except OSError as raised:
            error = raised.errno or errno.EIO
        if error == errno.EINPROGRESS and self._socket is not None:
            # By number: for a socket object the selector writes out its addresses, 30 us, only to drop the text.
            self._loop.add_writer(self._socket.fileno(), self._settle)
            self._timer = self._loop.call_later(timeout_s, self._settle)
        else:
            self._end(failure_of(OSError(error, "")) if error else None)

    async def connected(self) -> socket.socket | None:
        """Wait for the outcome; the connected socket if the port opened and was to be kept."""
        observation = await self._outcome
        return self._socket if observation.open else None

    def result(self) -> PortObservation:
        """The outcome, which `connected` has waited for."""
        return self._outcome.result()

    def close(self) -> None:
        """Close what is open, settled or not."""
        self._stop_waiting()
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _stop_waiting(self) -> None:
        if self._timer is not None and self._socket is not None:
            self._timer.cancel()
            self._timer = None
            self._loop.remove_writer(self._socket.fileno())

    def _settle(self) -> None:
        """
        The event or the timer: the handshake may have ended just before either.

        EACCES that arrives later than connect() is a router's "administratively
        prohibited" over IPv6; over IPv4 the same word arrives as EHOSTUNREACH.
        """
        assert self._socket is not None
        error = _error(self._socket)
        if error in (errno.EACCES, errno.EPERM):
            error = errno.EHOSTUNREACH
        self._end(failure_of(OSError(error, "")) if error else None)

    def _end(self, failure: Failure | None) -> None:
        rtt_us = _handshake(self._socket).rtt_us if self._socket is not None and failure is None else 0
        self._stop_waiting()
        if failure is not None or not self._keep:
            self.close()
        elif self._socket is not None:  # what follows has a time of its own
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 0)
        observation = PortObservation(
            port=self.port,
            open=failure is None,
            connect_ms=rtt_us / 1e3 if rtt_us else None,
            failure=failure,
            asked_at=self._asked_at,
        )
        self._outcome.set_result(observation)


def _open(address: str, local: str | None, timeout_s: float) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_SYNCNT, _SYN_RETRIES)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, max(int(timeout_s * 1000), 1))
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST_ON_CLOSE)
        _bind(opened, local or "")
    except OSError:
        opened.close()
        raise
    return opened


def _bind(unbound: socket.socket, local: str) -> None:
    """Take a local port at random, which others may have too: each connects to a place of its own."""
    unbound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    for tries_left in reversed(range(_TRIES)):
        try:
            unbound.bind((local, random.choice(_LOCAL_PORTS)))  # noqa: S311 - no secret
        except OSError as error:
            if error.errno != errno.EADDRINUSE or not tries_left:  # where somebody listens
                raise
        else:
            return


def _error(connecting: socket.socket) -> int:
    """The error that ended a handshake; 0 if it was completed, whatever has happened to the connection since."""
    if _handshake(connecting).completed:
        return 0
    return connecting.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) if _ready(connecting) else errno.ETIMEDOUT


def _ready(connecting: socket.socket) -> bool:
    poll = select.poll()
    poll.register(connecting, select.POLLOUT)
    return bool(poll.poll(0))


class _Handshake(NamedTuple):
    """What the kernel knows of a handshake, also after the connection has been reset."""

    rtt_us: int
    "Time between SYN and SYN-ACK; 0 if the kernel could not tell which SYN was answered."
    completed: bool


def _handshake(connecting: socket.socket) -> _Handshake:
    info = connecting.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO.size)
    rtt_us, octets_acknowledged = _TCP_INFO.unpack(info)
    return _Handshake(rtt_us, completed=octets_acknowledged > 0)
