"""
TCP: which ports of an address complete a handshake, and how fast.

A timer of this module ends each attempt. The kernel repeats an unanswered SYN
after one second (RFC 6298 section 2), so losing one SYN does not make a port look
closed. The number of repetitions varies: TCP_SYNCNT cannot be less than 1, and
Linux 6.5 and later add net.ipv4.tcp_syn_linear_timeouts to it. TCP_USER_TIMEOUT
makes sure that nothing is sent after the timeout: two SYNs in the default 2 s.

A port that completes the handshake is open, even if a reset or an ICMP error
arrives before this process looks. TCP_INFO distinguishes the two; SO_ERROR
reports only the error, and reading it would clear it for the SMTP session that
follows.

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
from ipv6matrix.probes.channel import tls_context
from ipv6matrix.probes.failures import failure_of
from ipv6matrix.probes.smtp import converse, require_hello_name

SMTP_PORT = 25

_SYN_RETRIES = 1
# Close with RST instead of TIME_WAIT: a crawl would run out of local ports.
_RST_ON_CLOSE = struct.pack("@ii", 1, 0)
# Local ports: above the usual listening ports, and below the numbers that mtr-packet gives its probes. It mistakes an
# ICMP error that quotes a TCP port for one that quotes such a number (docs/decisions/0008-mtr-packet.md).
_LOCAL_PORTS = range(10_000, 33_000)
_TRIES = 10
# Fields of struct tcp_info (linux/tcp.h): tcpi_options, tcpi_snd_mss, tcpi_rtt in microseconds, and tcpi_bytes_acked,
# which counts the SYN as one octet.
_TCP_INFO = struct.Struct("=5xB10xI48xI48xQ")
_TIMESTAMPS, _TIMESTAMPS_OCTETS = 0x1, 12


class TcpProber:
    """
    Connects to ports of addresses, all ports of an address at once.

    A port has `timeout_s` to answer, an SMTP session `smtp_timeout_s` in total.
    `contact_name` is the name sent in EHLO (ValueError if it cannot be); `local4` and
    `local6` are the source addresses.
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
        Try each port once, and run an SMTP session if port 25 is among them and opens.

        Never raises for the network, the peer or the limits of this process.
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
            # SMTP first: the other attempts end and close their sockets without being awaited.
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
    One handshake, started by the constructor.

    It ends on its own, even if nothing awaits it: the first event or the timer
    determines the outcome and closes the socket, unless the port opened and `keep` is
    set. In that case the socket stays open until `close`.
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
            self._socket, error = _begin((address, port), local, timeout_s)
        except OSError as raised:
            error = raised.errno or errno.EIO
        if error == errno.EINPROGRESS and self._socket is not None:
            # Register the file descriptor: for a socket object, the selector formats its addresses (30 us) only to
            # discard the text.
            self._loop.add_writer(self._socket.fileno(), self._settle)
            self._timer = self._loop.call_later(timeout_s, self._settle)
        else:
            self._end(failure_of(OSError(error, "")) if error else None)

    async def connected(self) -> socket.socket | None:
        """Wait for the outcome; return the connected socket if the port opened and `keep` is set."""
        observation = await self._outcome
        return self._socket if observation.open else None

    def result(self) -> PortObservation:
        """Return the outcome; call only after `connected`."""
        return self._outcome.result()

    def close(self) -> None:
        """Close what is open, finished or not."""
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
        Handle the event or the timer: the handshake may have ended just before either.

        EACCES that arrives after connect() has returned is a router's "administratively
        prohibited" over IPv6; over IPv4 the same message arrives as EHOSTUNREACH.
        """
        assert self._socket is not None
        error = _error(self._socket)
        if error in (errno.EACCES, errno.EPERM):
            error = errno.EHOSTUNREACH
        self._end(failure_of(OSError(error, "")) if error else None)

    def _end(self, failure: Failure | None) -> None:
        handshake = _handshake(self._socket) if self._socket is not None and failure is None else None
        self._stop_waiting()
        if failure is not None or not self._keep:
            self.close()
        elif self._socket is not None:  # the SMTP session has its own timeout
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 0)
        observation = PortObservation(
            port=self.port,
            open=failure is None,
            connect_ms=handshake.rtt_us / 1e3 if handshake and handshake.rtt_us else None,
            mss_bytes=handshake.mss_bytes if handshake else None,
            failure=failure,
            asked_at=self._asked_at,
        )
        # Cancelled with the probe that awaits it, which closes the socket only in the next turn of the loop.
        if not self._outcome.cancelled():
            self._outcome.set_result(observation)


def _begin(destination: tuple[str, int], local: str | None, timeout_s: float) -> tuple[socket.socket, int]:
    """Begin a handshake; return its socket and the error of connect(), which is EINPROGRESS if it goes on."""
    tries_left = _TRIES
    while True:
        tries_left -= 1
        opened = _open(destination[0], local, timeout_s)
        error = opened.connect_ex(destination)
        # Another connection to this destination has the same local port, or had it a moment ago.
        if error != errno.EADDRNOTAVAIL or not tries_left:
            return opened, error
        opened.close()


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
    """Bind to a random local port. Sockets may share one, because their destinations differ."""
    unbound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    for tries_left in reversed(range(_TRIES)):
        try:
            unbound.bind((local, random.choice(_LOCAL_PORTS)))  # noqa: S311 - need not be unpredictable
        except OSError as error:
            if error.errno != errno.EADDRINUSE or not tries_left:  # another process listens on it
                raise
        else:
            return


def _error(connecting: socket.socket) -> int:
    """Return the error that ended a handshake; 0 if it completed, even if the connection has failed since."""
    if _handshake(connecting).completed:
        return 0
    return connecting.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) if _ready(connecting) else errno.ETIMEDOUT


def _ready(connecting: socket.socket) -> bool:
    poll = select.poll()
    poll.register(connecting, select.POLLOUT)
    return bool(poll.poll(0))


class _Handshake(NamedTuple):
    """What the kernel knows about a handshake, even after the connection has been reset."""

    rtt_us: int
    "Time between SYN and SYN-ACK; 0 if the kernel could not tell which SYN was acknowledged."
    mss_bytes: int
    "The most that a segment to the peer may carry: what it announced, or less if the path allows less."
    completed: bool


def _handshake(connecting: socket.socket) -> _Handshake:
    info = connecting.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO.size)
    options, mss_bytes, rtt_us, octets_acknowledged = _TCP_INFO.unpack(info)
    if options & _TIMESTAMPS:  # the kernel has subtracted their size (RFC 7323 section 3.2), peers announce it with it
        mss_bytes += _TIMESTAMPS_OCTETS
    return _Handshake(rtt_us, mss_bytes, completed=octets_acknowledged > 0)
