"""One local UDP port: a socket connected to a DNS server, and the queries sent from it."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from typing import Final

from ipv6matrix.items import Failure
from ipv6matrix.probes import messages, wire
from ipv6matrix.probes.failures import failure_of

# Receive buffer in octets, for replies that arrive while the event loop is busy. The kernel may grant less.
_BUFFER_BYTES: Final = 4 << 20
# Maximum number of replies read per turn: an unlimited reader would starve the event loop.
_READS_AT_ONCE: Final = 32
# More datagrams than fit into any receive buffer.
_ALL: Final = 1 << 20
# A port is replaced after this many queries or seconds, so that whatever an attacker learned about it becomes useless.
_MAX_QUERIES: Final = 256
_MAX_AGE_S: Final = 60.0
# Number of replies matching no query of this port that make it untrusted. Servers hardly send any (late and
# duplicate replies do match); with 65,536 IDs, 16 guesses hit one in 4,096 times.
_MAX_MISMATCHES: Final = 16
# Seconds between two searches for queries whose time is over. A timer for each query would be a tenth of a lookup.
_EVERY_S: Final = 0.05

Reply = bytes | Failure | None


class Port:
    """
    A socket with an ephemeral port that the kernel chooses at random.

    Replies are matched to queries by a random ID and by the question section; the
    kernel drops packets that do not come from the server's address and port. Many
    replies that match no query indicate guessing: every pending query then ends with
    None, which means that UDP cannot be trusted (RFC 5452 section 9.2).
    """

    def __init__(self, server: tuple[str, int], local: str | None = None) -> None:
        """Connect the socket (this sends nothing); raise OSError without a route or if `local` is not of this host."""
        self.closed = False
        self.mismatches = 0
        self._retired = False
        self._waiting: dict[int, tuple[asyncio.Future[Reply], float]] = {}
        "Pending queries, and when their time is over."
        self._timer: asyncio.TimerHandle | None = None
        self._questions: dict[int, wire.Question] = {}
        self._loop = asyncio.get_running_loop()
        self._old_at = self._loop.time() + _MAX_AGE_S
        family = socket.AF_INET6 if ":" in server[0] else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
            if local:
                self._socket.bind((local, 0))
            self._socket.connect(_socket_address(server))
            # The file descriptor: the selector formats the addresses of a socket object (30 us) and discards the text.
            self._loop.add_reader(self._socket.fileno(), self._read)
        except OSError:
            self._socket.close()
            raise

    @property
    def is_spent(self) -> bool:
        """Return whether the next query should use another port."""
        return self.closed or len(self._questions) >= _MAX_QUERIES or self._loop.time() >= self._old_at

    @property
    def is_attacked(self) -> bool:
        """Return whether replies are being guessed."""
        return self.mismatches >= _MAX_MISMATCHES

    def retire(self) -> None:
        """Close once every query has been answered."""
        self._retired = True
        if not self._waiting:
            self.close(Failure.PROBE_FAILED)

    def close(self, ending: Failure | None) -> None:
        """Close now; pending queries end with a failure, or with None if the port is untrusted."""
        if not self.closed:
            self.closed = True
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()
        self._end_all(ending)

    async def ask(self, question: wire.Question, *, timeout_s: float, edns: bool) -> Reply:
        """Send one query; return the reply that belongs to it, the reason why there is none, or None."""
        identifier = self._free_identifier()
        future: asyncio.Future[Reply] = self._loop.create_future()
        self._questions[identifier] = question
        self._waiting[identifier] = future, self._loop.time() + timeout_s
        if self._timer is None:
            self._timer = self._loop.call_later(_EVERY_S, self._expire)
        try:
            self._send(messages.query(identifier, question, edns=edns))
            return await future
        except OSError as error:
            self._settle(error)
            return failure_of(error)
        finally:
            del self._waiting[identifier]
            if self._retired and not self._waiting:
                self.close(Failure.PROBE_FAILED)

    def _free_identifier(self) -> int:
        while (identifier := int.from_bytes(os.urandom(2))) in self._questions:
            pass
        return identifier

    def _send(self, query: bytes) -> None:
        try:
            self._socket.send(query)
        except ConnectionRefusedError:
            # This call reported the ICMP error of an earlier query; the current query has not been sent.
            self._end_all(Failure.CONNECTION_REFUSED, but=query)
            self._socket.send(query)

    def _settle(self, error: OSError) -> None:
        """Close a socket that has become unusable because its route or source address is gone."""
        if error.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL, errno.EINVAL):
            self.close(failure_of(error))

    def _read(self, at_most: int = _READS_AT_ONCE) -> None:
        """Deliver the replies that have arrived."""
        for _ in range(at_most):
            if self.closed:
                return
            try:
                self._deliver(self._socket.recv(4096))
            except BlockingIOError:
                return
            except OSError as error:
                # An ICMP error does not identify the query that caused it.
                self._end_all(failure_of(error))

    def _deliver(self, reply: bytes) -> None:
        identifier = wire.identifier(reply)
        question = self._questions.get(identifier)
        if question is None or not wire.answers(reply, question):
            self.mismatches += 1
            if self.is_attacked:
                self.close(None)
            return
        future, _ = self._waiting.get(identifier, (None, 0.0))
        if future is not None and not future.done():
            future.set_result(reply)

    def _expire(self) -> None:
        """End the queries whose time is over, and search again while any are pending."""
        now = self._loop.time()
        overdue = [future for future, ends_at in self._waiting.values() if ends_at <= now]
        if overdue:
            # If the event loop is late, the reply may already be waiting in the socket.
            self._read(_ALL)
        for future in overdue:
            if not future.done():
                future.set_result(Failure.TIMEOUT)
        self._timer = self._loop.call_later(_EVERY_S, self._expire) if self._waiting else None

    def _end_all(self, ending: Failure | None, *, but: bytes = b"") -> None:
        spared = wire.identifier(but)
        for identifier, (future, _) in self._waiting.items():
            if identifier != spared and not future.done():
                future.set_result(ending)


def _socket_address(server: tuple[str, int]) -> tuple[object, ...]:
    """Return the address to connect to, with a link-local zone as a number (RFC 3493 section 3.3)."""
    if "%" not in server[0]:
        return server
    ((*_, address), *_) = socket.getaddrinfo(*server, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST)
    return tuple(address)
