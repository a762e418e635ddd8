"""One DNS server and the socket that carries all the queries to it."""

from __future__ import annotations

import asyncio
import errno
import os
import socket

from ipv6matrix.items import Failure
from ipv6matrix.probes import messages, wire
from ipv6matrix.probes.failures import failure_of

# Replies that arrive while the loop is busy wait here; the kernel may grant less.
_BUFFER_BYTES = 4 << 20
# A reader that never stopped would starve the rest of the loop.
_READS_AT_ONCE = 32
# More datagrams than any receive buffer holds.
_ALL = 1 << 20
# With more in flight a free id, random as it must be (RFC 5452 section 9.2), is hard to find.
_MAX_IN_FLIGHT = 1 << 15


class Endpoint:
    """
    A server's UDP socket, shared by any number of queries, and its TCP port.

    Queries are told apart by a random id of their own and by their question; the
    kernel drops what does not come from the server's address and port. Sources:
    RFC 5452 section 9 (which replies to believe), RFC 7766 (TCP).
    """

    def __init__(self, server: tuple[str, int]) -> None:
        self.server = server
        self._socket: socket.socket | None = None
        self._closed = False
        self._waiting: dict[int, tuple[wire.Question, asyncio.Future[bytes | Failure]]] = {}

    @property
    def idle(self) -> bool:
        """Whether nobody waits for a reply."""
        return not self._waiting

    def open(self) -> None:
        """Connect the socket, which sends nothing; OSError when there is no route."""
        family = socket.AF_INET6 if ":" in self.server[0] else socket.AF_INET
        opened = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        try:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
            opened.connect(self.server)
            asyncio.get_running_loop().add_reader(opened, self._read)
        except OSError:
            opened.close()
            raise
        self._socket = opened

    def close(self) -> None:
        """Close for good; who still waits for a reply, or asks later, gets `probe_failed`."""
        self._closed = True
        self._drop_socket(Failure.PROBE_FAILED)

    def _drop_socket(self, failure: Failure) -> None:
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._socket = None
        self._fail_all(failure)

    async def ask(self, asked: wire.Question, *, timeout_s: float, edns: bool = True) -> bytes | Failure:
        """One query over UDP: the reply that belongs to it, or why there is none."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[bytes | Failure] = loop.create_future()
        if self._closed or len(self._waiting) >= _MAX_IN_FLIGHT:
            return Failure.PROBE_FAILED
        identifier = self._free_identifier()
        self._waiting[identifier] = asked, future
        timer = loop.call_later(timeout_s, self._expire, future)
        try:
            self._send(messages.query(identifier, asked, edns=edns))
            return await future
        except OSError as error:
            self._settle_socket(error)
            return failure_of(error)
        finally:
            timer.cancel()
            self._waiting.pop(identifier, None)

    async def ask_over_tcp(self, asked: wire.Question, *, timeout_s: float, edns: bool = True) -> bytes | Failure:
        """The same over a TCP connection of its own (RFC 7766 section 8: two octets of length before each message)."""
        identifier = int.from_bytes(os.urandom(2))
        query = messages.query(identifier, asked, edns=edns)
        try:
            async with asyncio.timeout(timeout_s):
                reply = await self._exchange(len(query).to_bytes(2) + query)
        except TimeoutError:
            return Failure.TIMEOUT
        except asyncio.IncompleteReadError:
            return Failure.CONNECTION_CLOSED
        except OSError as error:
            return failure_of(error)
        fits = wire.identifier(reply) == identifier and wire.answers(reply, asked) and not wire.truncated(reply)
        return reply if fits else Failure.BAD_REPLY

    async def _exchange(self, message: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(*self.server)
        try:
            writer.write(message)
            return await reader.readexactly(int.from_bytes(await reader.readexactly(2)))
        finally:
            writer.transport.abort()

    def _free_identifier(self) -> int:
        while (identifier := int.from_bytes(os.urandom(2))) in self._waiting:
            pass
        return identifier

    def _send(self, query: bytes) -> None:
        if self._socket is None:
            self.open()
        assert self._socket is not None
        try:
            self._socket.send(query)
        except ConnectionRefusedError:
            # An earlier query's ICMP error, handed over by this call; this query has not been sent.
            self._fail_all(Failure.CONNECTION_REFUSED, but=query)
            self._socket.send(query)

    def _settle_socket(self, error: OSError) -> None:
        """A socket whose route or source address is gone stays unusable: let the next query open a new one."""
        if error.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL, errno.EINVAL):
            self._drop_socket(failure_of(error))

    def _read(self, at_most: int = _READS_AT_ONCE) -> None:
        """Hand out the replies that have arrived; what nobody waits for is dropped."""
        for _ in range(at_most):
            if self._socket is None:
                return
            try:
                self._deliver(self._socket.recv(4096))
            except BlockingIOError:
                return
            except OSError as error:
                # An ICMP error does not say which of our queries it is about.
                self._fail_all(failure_of(error))

    def _deliver(self, reply: bytes) -> None:
        asked, future = self._waiting.get(wire.identifier(reply), (None, None))
        if asked is not None and future is not None and not future.done() and wire.answers(reply, asked):
            future.set_result(reply)

    def _expire(self, future: asyncio.Future[bytes | Failure]) -> None:
        # On a late loop the reply may have been waiting in the socket long since.
        self._read(_ALL)
        if not future.done():
            future.set_result(Failure.TIMEOUT)

    def _fail_all(self, failure: Failure, *, but: bytes = b"") -> None:
        spared = wire.identifier(but)
        for identifier, (_, future) in self._waiting.items():
            if identifier != spared and not future.done():
                future.set_result(failure)
