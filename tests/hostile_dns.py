"""
A resolver that answers for hostile domains.

One has thousands of NS and MX hosts, as many as fit into 65,535 octets, and every host thousands of addresses, in
another order each time. The other has NS hosts with unusual names. The name of 11.0.0.0 is the root, that of any
other address `no`.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Final

from tests.probes.talking import tcp_server

DOMAIN: Final = "huge.example"
ODD_DOMAIN: Final = "odd.example"
# In DNS presentation format, and as we write them.
ODD_NAMES: Final = {
    b"\3ns.\0": "ns\\.",
    b"\4a.b\\\1.\0": "a\\.b\\\\.\\.",
    b"\3a b\7example\0": "a\\032b.example",
    b"\3\xff\0\n\2NO\0": "\\255\\000\\010.no",
    b"\x09192.0.2.1\0": "192\\.0\\.2\\.1",
    b"\x03192\0010\0012\0011\0": "192.0.2.1",
    b"\3n/a\0": "n/a",
}
HOSTS: Final = 2900
ADDRESSES4: Final = 4000
ADDRESSES6: Final = 2300

_NS, _PTR, _MX, _A, _AAAA = 2, 12, 15, 1, 28
_TO_QUESTION = b"\xc0\x0c"


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[str, int]]:
    """Serve it on loopback, over UDP and TCP, for the duration of a test."""
    async with tcp_server(_talk) as address:
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(_Truncating, local_addr=address)
        try:
            yield address
        finally:
            transport.close()


class _Truncating(asyncio.DatagramProtocol):
    """Redirects every client to TCP."""

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        reply = _reply(data)
        if len(reply) > 1232:
            reply = data[:2] + b"\x83\x80\0\1\0\0\0\0\0\0" + _question(data)
        self._transport.sendto(reply, addr)


async def _talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    query = await reader.readexactly(int.from_bytes(await reader.readexactly(2)))
    reply = _reply(query)
    writer.write(len(reply).to_bytes(2) + reply)
    await writer.drain()


def _question(query: bytes) -> bytes:
    return query[12 : query.index(b"\0", 12) + 5]


def _reply(query: bytes) -> bytes:
    question = _question(query)
    name, kind = ".".join(_labels(question)).lower(), int.from_bytes(question[-4:-2])
    records = list(_records(name, kind))
    random.shuffle(records)
    exists = not name or name.endswith((DOMAIN, ODD_DOMAIN, "in-addr.arpa"))
    flags = b"\x81\x80" if exists else b"\x81\x83"
    return query[:2] + flags + b"\0\1" + len(records).to_bytes(2) + b"\0\0\0\0" + question + b"".join(records)


def _labels(question: bytes) -> Iterator[str]:
    at = 0
    while size := question[at]:
        yield question[at + 1 : at + 1 + size].decode()
        at += 1 + size


def _records(name: str, kind: int) -> Iterator[bytes]:
    if not name and kind == _NS:
        yield _record(_NS, b"\1a\4root\0")
    elif name.endswith("in-addr.arpa") and kind == _PTR:
        yield _record(_PTR, b"\0" if name.startswith("0.0.0.11.") else b"\2no\0")
    elif name == ODD_DOMAIN and kind == _NS:
        yield from (_record(_NS, name) for name in (*ODD_NAMES, b"\0"))
    elif name == DOMAIN and kind in (_NS, _MX):
        mark, before = (b"n", b"") if kind == _NS else (b"m", b"\0\x0a")
        for number in range(HOSTS):
            yield _record(kind, before + b"\5" + mark + b"%04d" % number + _TO_QUESTION)
    elif name.endswith(f".{DOMAIN}"):
        host = sum(name.encode()) * 7919 + int(name[1:5]) if name[1:5].isdigit() else 0
        yield from _addresses(host % 4000, kind)


def _addresses(host: int, kind: int) -> Iterator[bytes]:
    """Yield one address that may be probed, and thousands of smaller ones that may not."""
    if kind == _A:
        yield _record(_A, (0x0B000000 + host).to_bytes(4))
        for number in range(ADDRESSES4 - 1):
            yield _record(_A, (0x0A000000 + host * ADDRESSES4 + number).to_bytes(4))
    elif kind == _AAAA:
        yield _record(_AAAA, ((0x2A00 << 112) + host).to_bytes(16))
        for number in range(ADDRESSES6 - 1):
            yield _record(_AAAA, ((0x100 << 112) + host * ADDRESSES6 + number).to_bytes(16))


def _record(kind: int, data: bytes) -> bytes:
    return _TO_QUESTION + kind.to_bytes(2) + b"\0\1\0\0\0\x3c" + len(data).to_bytes(2) + data
