"""TCP servers with scripted behaviour."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def tcp_server(talk: Talk) -> AsyncIterator[tuple[str, int]]:
    """Yield the address of a server that runs `talk` for each client; wait for all of them at the end."""
    talks: list[asyncio.Task[None] | None] = []
    broken = (OSError, ssl.SSLError, asyncio.IncompleteReadError)

    async def take(reader, writer):
        talks.append(asyncio.current_task())
        with contextlib.suppress(*broken):
            await talk(reader, writer)
        writer.close()
        with contextlib.suppress(*broken):
            await writer.wait_closed()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()
    finally:
        server.close()
        if talks:
            await asyncio.wait(talks, timeout=5)
        await server.wait_closed()
