"""The socket of one DNS server: what it sends, accepts and drops."""

from __future__ import annotations

import asyncio
import socket
import subprocess

import pytest

from ipv6matrix.items import Failure
from ipv6matrix.probes import wire
from ipv6matrix.probes.endpoint import Endpoint
from tests.probes.waiting import open_files, received, until

ASKED = wire.question("www.example.com", "A")


@pytest.fixture
async def endpoint(server):
    """The endpoint for that server."""
    opened = Endpoint(server.getsockname())
    yield opened
    opened.close()


async def test_a_reply_goes_to_the_query_with_its_id(endpoint, server):
    """Two queries in flight each get their own reply, in whatever order these arrive."""
    other = wire.question("www.example.org", "A")
    asking = asyncio.gather(endpoint.ask(ASKED, timeout_s=5), endpoint.ask(other, timeout_s=5))
    queries = [await received(server) for _ in range(2)]
    replies = [query[:2] + b"\x81\x80" + query[4:10] + b"\0\0" + query[12:-11] for query, _ in queries]
    for reply, (_, client) in reversed(list(zip(replies, queries, strict=True))):
        server.sendto(reply, client)

    assert replies == await asking


async def test_ids_in_flight_differ(endpoint, server):
    """No two queries in flight have the same id and port."""
    asking = [asyncio.ensure_future(endpoint.ask(ASKED, timeout_s=0.2)) for _ in range(200)]
    queries = [await received(server) for _ in asking]
    identifiers = {(client, query[:2]) for query, client in queries}

    assert 200 == len(identifiers)
    assert {Failure.TIMEOUT} == {await task for task in asking}


async def test_closing_an_endpoint_ends_its_queries(endpoint, server):
    """Waiting queries end when the socket is closed, and the socket is gone."""
    before = open_files()
    asking = asyncio.ensure_future(endpoint.ask(ASKED, timeout_s=60))
    await until(lambda: not endpoint.idle)
    endpoint.close()

    assert (Failure.PROBE_FAILED, before) == (await asking, open_files())


async def test_a_missing_route_is_reported(internet):
    """A server without a route is an immediate failure and holds no file descriptor."""
    before = open_files()
    unreachable = Endpoint(("255.255.255.255", 53))

    assert Failure.PERMISSION_DENIED == await unreachable.ask(ASKED, timeout_s=5)
    assert before == open_files()


async def test_a_full_endpoint_sends_nothing(endpoint, server, monkeypatch):
    """No query is sent when all ids are in flight."""
    monkeypatch.setattr("ipv6matrix.probes.endpoint._MAX_IN_FLIGHT", 1)
    asking = asyncio.ensure_future(endpoint.ask(ASKED, timeout_s=0.2))
    await until(lambda: not endpoint.idle)

    assert (Failure.PROBE_FAILED, Failure.TIMEOUT) == (await endpoint.ask(ASKED, timeout_s=1), await asking)


@pytest.fixture
def link_local(internet):
    """An address that is valid on one link only, like those of home routers."""
    subprocess.run(("ip", "-6", "address", "add", "fe80::53/64", "dev", "lo", "nodad"), check=True)
    yield "fe80::53"
    subprocess.run(("ip", "-6", "address", "del", "fe80::53/64", "dev", "lo"), check=True)


@pytest.mark.parametrize("zone", ["lo", "1"])
async def test_a_link_local_server_is_queried_in_its_zone(link_local, zone):
    """The name or number of the interface identifies the link (RFC 4007 section 11)."""
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as server:
        server.bind((link_local, 0, 0, socket.if_nametoindex("lo")))
        server.setblocking(False)
        endpoint = Endpoint((f"{link_local}%{zone}", server.getsockname()[1]))
        asking = asyncio.ensure_future(endpoint.ask(ASKED, timeout_s=5))
        async with asyncio.timeout(5):
            query, client = await received(server)
        reply = query[:2] + b"\x81\x80" + query[4:10] + b"\0\0" + query[12:-11]
        server.sendto(reply, client)

        assert reply == await asking
        endpoint.close()


async def test_a_link_local_server_is_queried_over_tcp_in_its_zone(link_local):
    """The zone applies to both transports."""

    async def answer(reader, writer):
        query = await reader.readexactly(int.from_bytes(await reader.readexactly(2)))
        reply = query[:2] + b"\x81\x80" + query[4:10] + b"\0\0" + query[12:-11]
        writer.write(len(reply).to_bytes(2) + reply)
        writer.close()

    with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as listening:
        listening.bind((link_local, 0, 0, socket.if_nametoindex("lo")))
        server = await asyncio.start_server(answer, sock=listening)
        async with server:
            endpoint = Endpoint((f"{link_local}%lo", listening.getsockname()[1]))
            reply = await endpoint.ask_over_tcp(ASKED, timeout_s=5)

    assert isinstance(reply, bytes)


async def test_a_zone_that_disappeared_is_a_failure(link_local):
    """An interface that disappears during a crawl is a failure of the lookup, not an exception."""
    assert Failure.PROBE_FAILED == await Endpoint(("fe80::53%gone0", 53)).ask(ASKED, timeout_s=0.5)
