"""
Runs the project's own probes, in a process whose CPU time is measured.

    python -m benchmarks.peers.ours lookups|pings|traces FILE LIMIT [SERVER]

Prints one JSON array for each line of FILE: the subject and what was found.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from ipv6matrix.probes.dns import Resolver
from ipv6matrix.probes.icmp import Pinger
from ipv6matrix.probes.trace import Tracer
from ipv6matrix.rates.pacers import Pacer

Probe = Callable[[str], Awaitable[object]]

ECHOES: Final = 5
"Number of Echo Requests to each address."
INTERVAL_S: Final = 0.2
"Between the Echo Requests to one address."
AT_ONCE: Final = 500
"Series or traces at once; the rate limits them."


@asynccontextmanager
async def lookups(limit: int, server: str) -> AsyncIterator[Probe]:
    """Look up lines of a name and a type; `limit` queries are outstanding."""
    resolver = Resolver([(server, 53)])
    await resolver.open()

    async def probe(line: str) -> object:
        return (await resolver.lookup(*line.split())).status

    yield probe
    await resolver.close()


@asynccontextmanager
async def pings(limit: int, _: str) -> AsyncIterator[Probe]:
    """Ping addresses; `limit` packets are sent per second."""
    pinger, pacer = Pinger(count=ECHOES, interval_s=INTERVAL_S, timeout_s=1.0), Pacer(limit)
    pinger.open()

    async def probe(address: str) -> object:
        return (await pinger.ping(address, lambda _: pacer.wait())).rtts_ms

    yield probe
    pinger.close()


@asynccontextmanager
async def traces(limit: int, _: str) -> AsyncIterator[Probe]:
    """Trace addresses; `limit` packets are sent per second."""
    tracer, pacer = Tracer(timeout_s=1.0), Pacer(limit)
    await tracer.open()

    async def probe(address: str) -> object:
        trace = await tracer.trace(address, lambda _: pacer.wait())
        return [hop.address for hop in trace.hops]

    yield probe
    await tracer.close()


KINDS: Final = {"lookups": lookups, "pings": pings, "traces": traces}


async def run(kind: str, lines: Iterator[str], limit: int, server: str) -> None:
    """Probe every line, a fixed number at once, and print what was found."""

    async def work() -> None:
        for line in lines:
            print(json.dumps([line, await probe(line)]))

    async with KINDS[kind](limit, server) as probe:
        await asyncio.gather(*(work() for _ in range(limit if kind == "lookups" else AT_ONCE)))


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], iter(Path(sys.argv[2]).read_text().splitlines()), int(sys.argv[3]), sys.argv[-1]))
