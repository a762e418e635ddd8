"""Lookups against scripted servers on loopback, and against the simulated resolvers."""

from __future__ import annotations

import asyncio
import socket
import time
from ipaddress import ip_address

import pytest

from ipv6matrix.items import Failure, Status
from tests.probes.dns_server import (
    A_RECORD,
    ADDRESS,
    Server,
    closed_port,
    error,
    question,
    reply,
    resolving,
    serving,
)
from tests.probes.waiting import until


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_a_reply_becomes_an_observation(host):
    """The observation has name, records and TTL of the reply, over either family."""
    async with serving(lambda query: [reply(query)], host) as server, resolving(server) as resolver:
        lookup = await resolver.lookup("WWW.Example.com.", "A")

    assert ("www.example.com", "A", Status.OK, (ADDRESS,), 60) == (
        lookup.name, lookup.type, lookup.status, lookup.records, lookup.ttl_s,
    )  # fmt: skip


@pytest.mark.parametrize(
    "forge",
    [
        lambda query: bytes((query[0] ^ 1,)) + reply(query)[1:],
        lambda query: reply(query, asked=question(query).replace(b"example", b"elpmaxe")),
        lambda query: reply(query, asked=question(query)[:-4] + b"\0\x1c\0\1"),
        lambda query: reply(query, flags=b"\x01\x80"),
        lambda query: reply(query)[:11],
        lambda query: b"",
    ],
    ids=["id", "name", "type", "no reply", "short", "empty"],
)
async def test_a_mismatched_reply_is_ignored(forge):
    """A datagram with another id or question, or that is not a reply, does not end the lookup."""
    async with serving(lambda query: [forge(query), reply(query)]) as server, resolving(server) as resolver:
        lookup = await resolver.lookup("www.example.com", "A")

    assert (Status.OK, 1) == (lookup.status, len(server.queries))


async def test_another_source_is_ignored():
    """A reply from a port other than the server's never reaches the lookup."""
    async with serving(lambda query: []) as server, serving(lambda query: []) as forger, resolving(server) as resolver:
        asking = asyncio.ensure_future(resolver.lookup("www.example.com", "A"))
        await until(lambda: server.queries)
        forger.transport.sendto(reply(server.queries[0]), server.clients[0])

        assert Failure.TIMEOUT == (await asking).status


async def test_duplicates_do_no_harm():
    """A reply that arrives twice answers once, and not the next lookup."""
    script = lambda query: [reply(query), reply(query)]  # noqa: E731
    async with serving(script) as server, resolving(server) as resolver:
        lookups = [await resolver.lookup(f"{number}.example", "A") for number in range(3)]

    assert [Status.OK] * 3 == [lookup.status for lookup in lookups]


async def test_a_lost_query_is_retried_with_another_id():
    """Silence leads to a second query with a new id."""
    script = lambda query: [reply(query)] if len(server.queries) > 1 else []  # noqa: E731
    async with serving(script) as server, resolving(server) as resolver:
        lookup = await resolver.lookup("www.example.com", "A")

    assert (Status.OK, 2) == (lookup.status, len({query[:2] for query in server.queries}))


async def test_silence_is_a_timeout_at_the_end_of_the_lifetime():
    """A server that never answers is queried until the lifetime is over, and no longer."""
    async with serving(lambda query: []) as server, resolving(server) as resolver:
        began = time.monotonic()
        lookup = await resolver.lookup("www.example.com", "A")
        took_s = time.monotonic() - began

    assert (Failure.TIMEOUT, True) == (lookup.status, 0.59 < took_s < 1.0)
    assert len(server.queries) in (3, 4)


async def test_the_next_server_is_queried_after_silence():
    """A resolver that is down costs one try, whichever lookup uses it first."""
    async with (
        serving(lambda query: []) as down,
        serving(lambda query: [reply(query)]) as up,
        resolving(down, up) as resolver,
    ):
        lookups = [await resolver.lookup("www.example.com", "A") for _ in range(4)]

    assert [Status.OK] * 4 == [lookup.status for lookup in lookups]
    assert (2, 4) == (len(down.queries), len(up.queries))


@pytest.mark.parametrize("rcode", [2, 5])
async def test_the_next_server_is_queried_after_an_error(rcode):
    """After SERVFAIL or REFUSED from one server, another one is tried."""
    async with (
        serving(lambda query: [error(query, rcode)]) as bad,
        serving(lambda query: [reply(query)]) as good,
        resolving(bad, good) as resolver,
    ):
        lookup = await resolver.lookup("www.example.com", "A")

    assert (Status.OK, 1) == (lookup.status, len(bad.queries))


@pytest.mark.parametrize(
    ("rcode", "failure", "queries"),
    [(2, Failure.SERVFAIL, 1), (5, Failure.REFUSED, 1), (6, Failure.OTHER_RCODE, 1), (1, Failure.FORMERR, 2)],
)
async def test_an_error_of_all_servers_is_the_answer(rcode, failure, queries):
    """A server that returned an error is not queried again, except without EDNS after FORMERR."""
    async with serving(lambda query: [error(query, rcode)]) as server, resolving(server) as resolver:
        lookup = await resolver.lookup("www.example.com", "A")

    assert (failure, queries) == (lookup.status, len(server.queries))


async def test_a_server_without_edns_is_queried_without():
    """FORMERR to a query with an OPT record is followed by a query without one (RFC 6891 section 7)."""
    async with (
        serving(lambda query: [error(query, 1) if query[11] else reply(query)]) as server,
        resolving(server) as resolver,
    ):
        lookup = await resolver.lookup("www.example.com", "A")

    assert (Status.OK, [1, 0]) == (lookup.status, [query[11] for query in server.queries])


async def test_an_error_takes_precedence_over_silence():
    """If one resolver returns SERVFAIL and another is silent, SERVFAIL is recorded."""
    async with (
        serving(lambda query: [error(query, 2)]) as bad,
        serving(lambda query: []) as silent,
        resolving(bad, silent) as resolver,
    ):
        lookup = await resolver.lookup("www.example.com", "A")

    assert Failure.SERVFAIL == lookup.status


async def test_a_closed_port_is_connection_refused():
    """If no server listens, the lookup retries and ends as `connection_refused`, not as a timeout."""
    async with resolving(closed_port(), timeout_s=5.0) as resolver:
        lookup = await resolver.lookup("www.example.com", "A")

    assert Failure.CONNECTION_REFUSED == lookup.status


async def test_a_closed_port_leads_to_the_next_server_immediately():
    """A resolver that has stopped does not cost its timeout."""
    async with (
        serving(lambda query: [reply(query)]) as server,
        resolving(closed_port(), server, timeout_s=5.0, lifetime_s=9.0) as resolver,
    ):
        async with asyncio.timeout(3):
            lookup = await resolver.lookup("www.example.com", "A")

    assert Status.OK == lookup.status


async def test_a_restarted_server_is_found():
    """Queries to a closed port are repeated during the lifetime."""
    address = closed_port()
    async with resolving(address, lifetime_s=5.0) as resolver:
        asking = asyncio.ensure_future(resolver.lookup("www.example.com", "A"))
        await asyncio.sleep(0)
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: Server(lambda query: [reply(query)]), local_addr=address
        )
        lookup = await asking
        transport.close()

    assert Status.OK == lookup.status


async def test_a_forbidden_destination_is_reported(internet):
    """An address that the kernel does not allow to send to is a failure of this vantage point."""
    async with resolving(("255.255.255.255", 53)) as resolver:
        lookup = await resolver.lookup("www.example.com", "A")

    assert Failure.PERMISSION_DENIED == lookup.status


async def test_malformed_replies_are_a_bad_reply():
    """A lookup whose replies are all malformed ends as `bad_reply`."""
    async with serving(lambda query: [reply(query, answer=b"\xc0\xff\0\1")]) as server, resolving(server) as resolver:
        lookup = await resolver.lookup("www.example.com", "A")

    assert Failure.BAD_REPLY == lookup.status


async def test_a_valid_reply_after_a_malformed_one_counts():
    """A retry recovers from a malformed reply."""
    script = lambda query: [reply(query) if len(server.queries) > 1 else reply(query, answer=b"\xff")]  # noqa: E731
    async with serving(script) as server, resolving(server) as resolver:
        lookup = await resolver.lookup("www.example.com", "A")

    assert Status.OK == lookup.status


@pytest.mark.parametrize(
    ("name", "failure"),
    [
        ("a" * 64 + ".example", Failure.NAME_TOO_LONG),
        (".".join(["a" * 60] * 5), Failure.NAME_TOO_LONG),
        ("a..example", Failure.PROBE_FAILED),
    ],
)
async def test_names_without_a_wire_form_are_not_queried(name, failure):
    """A name that fits no query is a failure of its own, and nothing is sent."""
    async with serving(lambda query: [reply(query)]) as server, resolving(server) as resolver:
        lookup = await resolver.lookup(name, "A")

    assert (failure, 0) == (lookup.status, len(server.queries))


async def test_a_busy_loop_loses_no_reply():
    """A reply that arrived while the loop was blocked for longer than the timeout still counts."""
    async with serving(lambda query: [reply(query)]) as server, resolving(server, lifetime_s=0.2) as resolver:
        asking = asyncio.ensure_future(resolver.lookup("www.example.com", "A"))
        await until(lambda: server.queries)
        time.sleep(0.5)  # noqa: ASYNC251 - the blocked loop is what is tested
        lookup = await asking

    assert (Status.OK, 1) == (lookup.status, len(server.queries))


async def test_concurrent_lookups_get_their_own_answers():
    """A thousand concurrent lookups share a few sockets and each get their own answer."""

    def script(query):
        number = int(query[13 : 13 + query[12]])
        return [reply(query, answer=A_RECORD[:-4] + number.to_bytes(4))]

    async with serving(script) as server, resolving(server, timeout_s=5.0, lifetime_s=20.0) as resolver:
        lookups = await asyncio.gather(*(resolver.lookup(f"{number}.example", "A") for number in range(1000)))

    expected = [(socket.inet_ntoa(number.to_bytes(4)),) for number in range(1000)]
    assert expected == [lookup.records for lookup in lookups]


async def test_pacing_applies_to_every_query_and_not_to_the_lifetime():
    """Each query waits for its turn, and the wait does not count towards the lifetime of the lookup."""
    turns: list[float] = []

    async def pace():
        await asyncio.sleep(0.4)
        turns.append(time.monotonic())

    script = lambda query: [reply(query)] if len(server.queries) > 2 else []  # noqa: E731
    async with serving(script) as server, resolving(server, pace=pace, lifetime_s=0.5) as resolver:
        lookup = await resolver.lookup("www.example.com", "A")

    assert (Status.OK, 3) == (lookup.status, len(turns))


async def test_a_lookup_can_name_its_server():
    """A lookup that names a server queries only that one."""
    async with (
        serving(lambda query: [error(query, 5)]) as usual,
        serving(lambda query: [reply(query)]) as named,
        resolving(usual) as resolver,
    ):
        lookup = await resolver.lookup("www.example.com", "A", server=named.address)

    assert (Status.OK, 0) == (lookup.status, len(usual.queries))


async def test_a_cancelled_lookup_leaves_nothing_behind():
    """After cancellation no task waits and no query is pending."""
    async with serving(lambda query: []) as server, resolving(server) as resolver:
        asking = asyncio.ensure_future(resolver.lookup("www.example.com", "A"))
        await until(lambda: server.queries)
        asking.cancel()
        await asyncio.wait([asking])

        assert resolver._servers[0].idle


async def test_closing_ends_lookups():
    """A lookup in progress ends when the resolver is closed."""
    async with serving(lambda query: []) as server, resolving(server, timeout_s=30.0, lifetime_s=0.1) as resolver:
        asking = asyncio.ensure_future(resolver.lookup("www.example.com", "A"))
        await until(lambda: server.queries)
        await resolver.close()
        async with asyncio.timeout(2):
            lookup = await asking

    assert lookup.status in (Failure.PROBE_FAILED, Failure.TIMEOUT)


async def test_simulated_resolvers_answer(internet):
    """Both resolvers of the simulated Internet know the reverse name of a server."""
    name = ip_address(internet.address("open", 6)).reverse_pointer
    async with resolving((internet.resolver4, 53), (internet.resolver6, 53), timeout_s=2.0) as resolver:
        first, second = [await resolver.lookup(name, "PTR") for _ in range(2)]

    assert (Status.OK, Status.OK) == (first.status, second.status)
    assert first.records == second.records
    assert first.records[0].endswith(".rev.example")


@pytest.mark.parametrize(
    ("mode", "failure"),
    [("servfail", Failure.SERVFAIL), ("refused", Failure.REFUSED), ("silent", Failure.TIMEOUT)],
)
async def test_a_broken_resolver_has_a_specific_failure(internet, mode, failure):
    """SERVFAIL, REFUSED and silence of a resolver are different failures."""
    internet.resolver_mode(mode)
    try:
        async with resolving((internet.resolver4, 53)) as resolver:
            lookup = await resolver.lookup("example.com", "SOA")
    finally:
        internet.resolver_mode("normal")

    assert failure == lookup.status
