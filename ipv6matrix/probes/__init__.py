"""
Protocol implementations: bytes out, bytes in, an observation.

A probe knows nothing about Scrapy, settings or the meaning of an answer, and
never raises for anything the network does. It waits only for replies to its own
packets and for its `pace`, which decides when a packet may be sent.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

# Awaited with the destination address before each packet or connection attempt.
# The time it takes never counts against a probe's timeouts.
Pace = Callable[[str], Awaitable[None]]

# Awaited before each query. Takes no address: the queries go to the operator's
# own resolvers, so there is no rate per network.
QueryPace = Callable[[], Awaitable[None]]


async def no_pace(address: str) -> None:
    """Return at once: no rate limit."""


async def no_query_pace() -> None:
    """Return at once: no rate limit."""
