"""Lookups that continue over TCP because the reply over UDP was truncated."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ipv6matrix.items import Failure, Status
from tests.probes.dns_server import (
    Server,
    reply,
    resolving,
    serving,
)
from tests.probes.talking import Talk, tcp_server


def cut(query: bytes) -> list[bytes]:
    """Return a truncated reply."""
    return [reply(query, flags=b"\x83\x80", answer=b"")]


@asynccontextmanager
async def truncating(talk: Talk) -> AsyncIterator[Server]:
    """Run a server that truncates every reply over UDP and runs `talk` over TCP."""
    async with tcp_server(talk) as address:
        transport, server = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: Server(cut), local_addr=address
        )
        yield server
        transport.close()


async def read_query(reader: asyncio.StreamReader) -> bytes:
    """Return the next query of a TCP connection."""
    return await reader.readexactly(int.from_bytes(await reader.readexactly(2)))


async def test_a_truncated_reply_is_retried_over_tcp():
    """The whole answer arrives over TCP, even in small pieces."""

    async def talk(reader, writer):
        message = reply(await read_query(reader))
        for octet in len(message).to_bytes(2) + message:
            writer.write(bytes((octet,)))
            await writer.drain()

    async with truncating(talk) as server, resolving(server, lifetime_s=5.0, timeout_s=5.0) as resolver:
        lookup = await resolver.lookup("www.example.com", "A")

    assert (Status.OK, 1) == (lookup.status, len(server.queries))


async def test_a_tcp_connection_closed_early_is_reported():
    """A connection that ends before the reply does is `connection_closed`."""

    async def talk(reader, writer):
        await read_query(reader)
        writer.write(b"\1\0half")

    async with truncating(talk) as server, resolving(server) as resolver:
        lookup = await resolver.lookup("www.example.com", "A")

    assert Failure.CONNECTION_CLOSED == lookup.status


async def test_a_silent_tcp_connection_is_a_timeout():
    """A connection on which nothing arrives ends with the timeout of the lookup."""

    async def talk(reader, writer):
        await reader.read()

    async with truncating(talk) as server, resolving(server) as resolver:
        lookup = await resolver.lookup("www.example.com", "A")

    assert Failure.TIMEOUT == lookup.status


async def test_a_closed_tcp_port_is_connection_refused():
    """A server that truncates its replies and does not listen on TCP is `connection_refused`."""
    async with serving(cut) as server, resolving(server) as resolver:
        lookup = await resolver.lookup("www.example.com", "A")

    assert Failure.CONNECTION_REFUSED == lookup.status


async def test_a_truncated_tcp_reply_is_a_bad_reply():
    """The TC bit is invalid in a reply over TCP."""

    async def talk(reader, writer):
        (message,) = cut(await read_query(reader))
        writer.write(len(message).to_bytes(2) + message)

    async with truncating(talk) as server, resolving(server) as resolver:
        lookup = await resolver.lookup("www.example.com", "A")

    assert Failure.BAD_REPLY == lookup.status
