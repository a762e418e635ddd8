"""
The protocols: bytes out, bytes in, an observation.

A probe knows nothing of Scrapy, of settings or of what an answer means. It
never raises for what a network does; it waits only for its own answers and for
its `pace`, which decides when a packet may leave.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

# Awaited with the destination address before each packet or connection attempt.
# The time it takes never counts against a probe's timeouts.
Pace = Callable[[str], Awaitable[None]]

# Awaited before each query; which server it goes to is no secret to keep from
# a limit, as resolvers are ours.
QueryPace = Callable[[], Awaitable[None]]


async def no_pace(address: str) -> None:
    """Hold nothing back."""


async def no_query_pace() -> None:
    """Hold nothing back."""
