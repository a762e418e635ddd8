"""One DNS server: the local UDP ports used to query it, and its TCP port."""

from __future__ import annotations

import asyncio
import os
from typing import Final

from ipv6matrix.items import Failure
from ipv6matrix.probes import messages, wire
from ipv6matrix.probes.failures import failure_of
from ipv6matrix.probes.port import Port, Reply

# Each query uses one of this many local ports, chosen at random, which adds three bits an attacker has to guess.
_PORTS: Final = 8
# Maximum number of pending queries; more would indicate a bug in the caller.
_MAX_IN_FLIGHT: Final = 1 << 15


class Endpoint:
    """
    A DNS server, shared by any number of queries from several local ports.

    `local` is the source address of the queries (default: chosen by the routes).

    Sources: RFC 5452 sections 9 and 10 (which replies to accept, unpredictable ports
    and IDs), RFC 7766 (TCP).
    """

    def __init__(self, server: tuple[str, int], local: str | None = None, *, ports: int = _PORTS) -> None:
        self.server = server
        self._local = local
        self._closed = False
        self._ports: list[Port | None] = [None] * ports
        self._retired: list[Port] = []
        self._counted = [0, 0]
        self._in_flight = 0

    @property
    def idle(self) -> bool:
        """Return whether no query is pending."""
        return not self._in_flight

    @property
    def mismatches(self) -> int:
        """Number of replies that matched no query."""
        return self._counted[0] + sum(port.mismatches for port in self._open())

    @property
    def attacks(self) -> int:
        """Number of ports abandoned because of unmatched replies."""
        return self._counted[1] + sum(port.is_attacked for port in self._open())

    def close(self) -> None:
        """Close permanently; pending and later queries end as `probe_failed`."""
        self._closed = True
        for port in self._open():
            port.close(Failure.PROBE_FAILED)

    async def ask(self, question: wire.Question, *, timeout_s: float, edns: bool = True) -> Reply:
        """
        Send one query over UDP; return the reply that belongs to it, or why there is none.

        None means that replies are being guessed: use TCP instead.
        """
        if self._closed or self._in_flight >= _MAX_IN_FLIGHT:
            return Failure.PROBE_FAILED
        try:
            port = self._port()
        except OSError as error:
            return failure_of(error)
        self._in_flight += 1
        try:
            return await port.ask(question, timeout_s=timeout_s, edns=edns)
        finally:
            self._in_flight -= 1

    async def ask_over_tcp(self, question: wire.Question, *, timeout_s: float, edns: bool = True) -> bytes | Failure:
        """Send one query over a new TCP connection (RFC 7766 section 8: a two-octet length precedes each message)."""
        identifier = int.from_bytes(os.urandom(2))
        query = messages.query(identifier, question, edns=edns)
        try:
            async with asyncio.timeout(timeout_s):
                reply = await self._exchange(len(query).to_bytes(2) + query)
        except TimeoutError:
            return Failure.TIMEOUT
        except asyncio.IncompleteReadError:
            return Failure.CONNECTION_CLOSED
        except OSError as error:
            return failure_of(error)
        fits = wire.identifier(reply) == identifier and wire.answers(reply, question) and not wire.truncated(reply)
        return reply if fits else Failure.BAD_REPLY

    async def _exchange(self, message: bytes) -> bytes:
        local = (self._local, 0) if self._local else None
        reader, writer = await asyncio.open_connection(*self.server, local_addr=local)
        try:
            writer.write(message)
            return await reader.readexactly(int.from_bytes(await reader.readexactly(2)))
        finally:
            writer.transport.abort()

    def _port(self) -> Port:
        """Return the local port for the next query; raise OSError if there is no route."""
        number = os.urandom(1)[0] % len(self._ports)
        port = self._ports[number]
        if port is None or port.is_spent:
            if port is not None:
                port.retire()
                self._retired.append(port)
                self._forget_closed()
            port = self._ports[number] = Port(self.server, self._local)
        return port

    def _forget_closed(self) -> None:
        for port in self._retired:
            if port.closed:
                self._counted[0] += port.mismatches
                self._counted[1] += int(port.is_attacked)
        self._retired = [port for port in self._retired if not port.closed]

    def _open(self) -> list[Port]:
        return [*filter(None, self._ports), *self._retired]
