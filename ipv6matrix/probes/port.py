"""One UDP port of ours: a socket connected to a DNS server, and the queries that left from it."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from typing import Final

from ipv6matrix.items import Failure
from ipv6matrix.probes import messages, wire
from ipv6matrix.probes.failures import failure_of

# Replies that arrive while the loop is busy wait here; the kernel may grant less.
_BUFFER_BYTES: Final = 4 << 20
# A reader that never stopped would starve the rest of the loop.
_READS_AT_ONCE: Final = 32
# More datagrams than any receive buffer holds.
_ALL: Final = 1 << 20
# A port is changed after so many queries, or so many seconds: what was found out about it is of no use then.
_MAX_QUERIES: Final = 256
_MAX_AGE_S: Final = 60.0
# Replies that match no query of this port. Servers send hardly any (late ones and doubles match); of
# 65,536 ids, 16 guesses hit one in 4,096 times.
_MAX_MISMATCHES: Final = 16

Reply = bytes | Failure | None


class Port:
    """
    A socket with an ephemeral port that the kernel chooses at random.

    Queries are told apart by a random id of their own and by their question; the
    kernel drops what does not come from the server's address and port. Many
    replies that match no query are guesses: then every query that waits ends
    with None, which is to say that UDP cannot be trusted (RFC 5452 section 9.2).
    """

    def __init__(self, server: tuple[str, int]) -> None:
        """Connect the socket, which sends nothing; OSError when there is no route."""
        self.closed = False
        self.mismatches = 0
        self._retired = False
        self._waiting: dict[int, asyncio.Future[Reply]] = {}
        self._asked: dict[int, wire.Question] = {}
        self._loop = asyncio.get_running_loop()
        self._old_at = self._loop.time() + _MAX_AGE_S
        family = socket.AF_INET6 if ":" in server[0] else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
            self._socket.connect(_socket_address(server))
            self._loop.add_reader(self._socket, self._read)
        except OSError:
            self._socket.close()
            raise

    @property
    def is_spent(self) -> bool:
        """True when the next query should leave from another port."""
        return self.closed or len(self._asked) >= _MAX_QUERIES or self._loop.time() >= self._old_at

    @property
    def is_attacked(self) -> bool:
        """True when somebody guesses replies."""
        return self.mismatches >= _MAX_MISMATCHES

    def retire(self) -> None:
        """Close once every query has its reply."""
        self._retired = True
        if not self._waiting:
            self.close(Failure.PROBE_FAILED)

    def close(self, ending: Failure | None) -> None:
        """Close at once; queries that wait end with a failure, or None if the port cannot be trusted."""
        if not self.closed:
            self.closed = True
            self._loop.remove_reader(self._socket)
            self._socket.close()
        self._end_all(ending)

    async def ask(self, asked: wire.Question, *, timeout_s: float, edns: bool) -> Reply:
        """Send one query; return the reply that belongs to it, why there is none, or None."""
        identifier = self._free_identifier()
        future: asyncio.Future[Reply] = self._loop.create_future()
        self._asked[identifier] = asked
        self._waiting[identifier] = future
        timer = self._loop.call_later(timeout_s, self._expire, future)
        try:
            self._send(messages.query(identifier, asked, edns=edns))
            return await future
        except OSError as error:
            self._settle(error)
            return failure_of(error)
        finally:
            timer.cancel()
            del self._waiting[identifier]
            if self._retired and not self._waiting:
                self.close(Failure.PROBE_FAILED)

    def _free_identifier(self) -> int:
        while (identifier := int.from_bytes(os.urandom(2))) in self._asked:
            pass
        return identifier

    def _send(self, query: bytes) -> None:
        try:
            self._socket.send(query)
        except ConnectionRefusedError:
            # An earlier query's ICMP error, handed over by this call; this query has not been sent.
            self._end_all(Failure.CONNECTION_REFUSED, but=query)
            self._socket.send(query)

    def _settle(self, error: OSError) -> None:
        """Close a socket that stays unusable, as its route or source address is gone."""
        if error.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL, errno.EINVAL):
            self.close(failure_of(error))

    def _read(self, at_most: int = _READS_AT_ONCE) -> None:
        """Hand out the replies that have arrived."""
        for _ in range(at_most):
            if self.closed:
                return
            try:
                self._deliver(self._socket.recv(4096))
            except BlockingIOError:
                return
            except OSError as error:
                # An ICMP error does not say which of our queries it is about.
                self._end_all(failure_of(error))

    def _deliver(self, reply: bytes) -> None:
        identifier = wire.identifier(reply)
        asked = self._asked.get(identifier)
        if asked is None or not wire.answers(reply, asked):
            self.mismatches += 1
            if self.is_attacked:
                self.close(None)
            return
        future = self._waiting.get(identifier)
        if future is not None and not future.done():
            future.set_result(reply)

    def _expire(self, future: asyncio.Future[Reply]) -> None:
        # On a late loop the reply may have been waiting in the socket long since.
        self._read(_ALL)
        if not future.done():
            future.set_result(Failure.TIMEOUT)

    def _end_all(self, ending: Failure | None, *, but: bytes = b"") -> None:
        spared = wire.identifier(but)
        for identifier, future in self._waiting.items():
            if identifier != spared and not future.done():
                future.set_result(ending)


def _socket_address(server: tuple[str, int]) -> tuple[object, ...]:
    """Return what a socket connects to: the zone of a link-local address as a number (RFC 3493 section 3.3)."""
    ((*_, address), *_) = socket.getaddrinfo(*server, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST)
    return tuple(address)
