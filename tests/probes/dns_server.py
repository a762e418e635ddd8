"""A scripted DNS server on loopback, and resolvers that query it."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from ipv6matrix.probes.dns import Resolver

Script = Callable[[bytes], list[bytes]]
A_RECORD = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1"
ADDRESS = "192.0.2.1"


def question(query: bytes) -> bytes:
    """Return the question section of a query for one name."""
    return query[12 : query.index(b"\0", 12) + 5]


def reply(query: bytes, *, flags: bytes = b"\x81\x80", answer: bytes = A_RECORD, asked: bytes | None = None) -> bytes:
    """Return a reply with one record, or with none if `answer` is empty."""
    counts = b"\0\1" + (b"\0\1" if answer else b"\0\0") + b"\0\0\0\0"
    return query[:2] + flags + counts + (question(query) if asked is None else asked) + answer


def error(query: bytes, rcode: int) -> bytes:
    """Return an error reply."""
    return reply(query, flags=bytes((0x81, 0x80 | rcode)), answer=b"")


class Server(asyncio.DatagramProtocol):
    """A DNS server that answers each datagram as its script returns."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.queries: list[bytes] = []
        self.clients: list[tuple[str, int]] = []
        self.asked_at: list[float] = []
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.queries.append(data)
        self.clients.append(addr)
        self.asked_at.append(time.monotonic())
        for message in self.script(data):
            self.transport.sendto(message, addr)

    @property
    def address(self) -> tuple[str, int]:
        return self.transport.get_extra_info("sockname")[:2]


@asynccontextmanager
async def serving(script: Script, host: str = "127.0.0.1") -> AsyncIterator[Server]:
    """Run a server for the duration of a test."""
    transport, server = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Server(script), local_addr=(host, 0)
    )
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    try:
        yield server
    finally:
        transport.close()


@asynccontextmanager
async def resolving(*servers: Server | tuple[str, int], **options: object) -> AsyncIterator[Resolver]:
    """Yield a resolver with short timeouts."""
    options = {"timeout_s": 0.2, "lifetime_s": 0.6, **options}
    resolver = Resolver([server.address if isinstance(server, Server) else server for server in servers], **options)
    await resolver.open()
    try:
        yield resolver
    finally:
        await resolver.close()


def closed_port() -> tuple[str, int]:
    """A UDP port of loopback without a listener."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp_socket:
        udp_socket.bind(("127.0.0.1", 0))
        return udp_socket.getsockname()
