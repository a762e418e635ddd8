"""Replies that an attacker forges in the name of the resolver, with all possible ids."""

from __future__ import annotations

import asyncio
import random
import threading

import pytest

from ipv6matrix.items import Failure, Status
from ipv6matrix.probes.dns import Resolver
from simnet.spoofer import connected_ports
from tests.probes.waiting import until

FORGED = "198.18.99.66"
ALL_IDS = range(1 << 16)


@pytest.fixture
async def resolver(internet):
    """A patient resolver of the simulated Internet, whose answers are forged by a remote host."""
    opened = Resolver([(internet.resolver4, 53)], timeout_s=8.0, lifetime_s=16.0)
    internet.forget()
    yield opened
    await opened.close()


async def attacked(internet, resolver, name, ids):
    """Look up a name while forged replies with these ids arrive at the source port of the query."""
    before = connected_ports(internet.resolver4)
    over = threading.Event()
    asking = asyncio.ensure_future(resolver.lookup(name, "A"))
    await until(lambda: connected_ports(internet.resolver4) - before)
    (port,) = connected_ports(internet.resolver4) - before
    labels = b"".join(bytes((len(label),)) + label.encode() for label in name.split("."))
    with internet.spoofer() as spoofer:
        question = labels + b"\0\0\1\0\1"
        sending = asyncio.to_thread(spoofer.send, port, question, FORGED, ids, over.is_set)
        task = asyncio.ensure_future(sending)
        lookup = await asking
        over.set()
        await task
    return lookup


async def test_65536_guesses_are_not_accepted(internet, resolver):
    """
    A spoofer who knows question and port tries every id; the lookup is repeated over TCP and gets the true answer.
    """
    name = "www.flaky.example"
    lookup = await attacked(internet, resolver, name, random.Random(4).sample(ALL_IDS, len(ALL_IDS)))

    assert Status.OK == lookup.status
    assert FORGED not in lookup.records
    assert {"udp", "tcp"} == {query.transport for query in internet.queries() if query.name == name}
    assert 1 == resolver.attacks


async def test_guesses_while_the_resolver_is_silent_end_as_a_failure(internet, resolver):
    """If the true answer is not available, the lookup fails instead of accepting a guess."""
    internet.resolver_mode("silent")
    try:
        lookup = await attacked(internet, resolver, "www.web.example", ALL_IDS)
    finally:
        internet.resolver_mode("normal")

    assert Failure.TIMEOUT == lookup.status


async def test_a_few_stray_replies_change_nothing(internet, resolver):
    """A few replies that match nothing are not an attack: the next valid reply over UDP counts."""
    lookup = await attacked(internet, resolver, "www.open.example", range(5))

    assert (Status.OK, 0) == (lookup.status, resolver.attacks)
