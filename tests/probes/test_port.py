"""One local UDP port: how long it is used, and when it is abandoned."""

from __future__ import annotations

import asyncio

import pytest

from ipv6matrix.items import Failure
from ipv6matrix.probes import wire
from ipv6matrix.probes.endpoint import Endpoint
from ipv6matrix.probes.port import Port
from tests.probes.waiting import open_files, received, until

ASKED = wire.question("www.example.com", "A")


@pytest.fixture
async def port(server):
    """A port that is connected to that server."""
    opened = Port(server.getsockname())
    yield opened
    opened.close(Failure.PROBE_FAILED)


def answer(query):
    """Return a reply without records."""
    return query[:2] + b"\x81\x80" + query[4:10] + b"\0\0" + query[12:-11]


async def test_a_burst_of_wrong_ids_ends_every_query(port, server):
    """Sixteen replies that match no query end all waiting queries without an answer, and close the port."""
    asking = asyncio.gather(*(port.ask(ASKED, timeout_s=60, edns=True) for _ in range(3)))
    query, client = await received(server)
    for number in range(1, 17):
        server.sendto(((int.from_bytes(query[:2]) + number * 997) % 65536).to_bytes(2) + answer(query)[2:], client)

    assert [None, None, None] == await asking
    assert port.closed


async def test_right_ids_with_wrong_questions_are_guesses_too(port, server):
    """Sixteen replies with the right id and another question have the same effect."""
    asking = asyncio.ensure_future(port.ask(ASKED, timeout_s=60, edns=True))
    query, client = await received(server)
    for _ in range(16):
        server.sendto(answer(query).replace(b"example", b"elpmaxe"), client)

    assert await asking is None


async def test_each_query_has_a_timeout_of_its_own(port, server):
    """A query that is over ends, while others wait for their replies."""
    patient = asyncio.ensure_future(port.ask(ASKED, timeout_s=60, edns=True))
    query, client = await received(server)

    assert Failure.TIMEOUT == await port.ask(ASKED, timeout_s=0.01, edns=True)
    assert not patient.done()
    server.sendto(answer(query), client)
    assert answer(query) == await patient


async def test_late_and_duplicate_replies_are_not_guesses(port, server):
    """A reply to a query that is over, or that was answered before, matches that query."""
    assert Failure.TIMEOUT == await port.ask(ASKED, timeout_s=0.01, edns=True)
    query, client = await received(server)
    for _ in range(40):
        server.sendto(answer(query), client)
    asking = asyncio.ensure_future(port.ask(ASKED, timeout_s=60, edns=True))
    query, client = await received(server)
    server.sendto(answer(query), client)

    assert answer(query) == await asking
    assert 0 == port.mismatches


async def test_queries_leave_from_many_ports(server):
    """Queries to one server leave from several ports, which change over time, with ids that do not repeat."""
    endpoint = Endpoint(server.getsockname())
    before = open_files()
    seen = set()
    for _ in range(20):
        asking = [asyncio.ensure_future(endpoint.ask(ASKED, timeout_s=5)) for _ in range(200)]
        for _ in asking:
            query, client = await received(server)
            seen.add((client[1], query[:2]))
            server.sendto(answer(query), client)
        await asyncio.gather(*asking)
    ports = {number for number, _ in seen}
    during = open_files() - before
    endpoint.close()

    assert 4000 == len(seen)
    assert len(ports) > 8
    assert during <= 9


async def test_a_retired_port_waits_for_its_replies(port, server):
    """A retired port closes once its last reply has arrived."""
    asking = asyncio.ensure_future(port.ask(ASKED, timeout_s=60, edns=True))
    query, client = await received(server)
    port.retire()
    assert not port.closed
    server.sendto(answer(query), client)

    assert answer(query) == await asking
    await until(lambda: port.closed)


async def test_an_old_port_is_replaced(port, monkeypatch):
    """A port is retired after a minute, however few queries left from it."""
    loop = asyncio.get_running_loop()
    now = loop.time()
    assert not port.is_spent
    monkeypatch.setattr(loop, "time", lambda: now + 61)

    assert port.is_spent
