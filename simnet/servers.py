"""
The web servers: accept connections on ports 80 and 443, and answer requests with the behaviour of their address.

    python -m simnet.servers SCENARIO KEY LOG|- REQUESTS|- LISTENER,LISTENER…

KEY is the key of the certification authority. Commands: `flush` (write the logs to
their files), `stats`. LOG has a line for each connection: time, local address, port;
REQUESTS one for each request: time, local address, port, Host, User-Agent.

A connection costs next to nothing before the client has sent something: a crawler
opens many only to see that it can.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import pickle
import socket
import ssl
import struct
import sys
import tempfile
import time
from functools import lru_cache
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

from simnet import helper, pages
from simnet.behaviours import Web
from simnet.certificate import Authority
from simnet.topology import Family

if TYPE_CHECKING:
    from simnet.scenario import Scenario

BURST: Final = 64
# A silent client must not hold a connection forever.
PATIENCE_S: Final = 60.0
SLOWNESS_S: Final = 0.25
RST_ON_CLOSE: Final = struct.pack("@ii", 1, 0)
# What a server sends instead of a handshake; the alert is unrecognized_name (RFC 8446 section 6.2).
INSTEAD_OF_TLS: Final = {
    Web.NO_TLS: b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
    Web.ALERT: b"\x15\x03\x03\x00\x02\x02\x70",
}
DEFAULT_NAME: Final = "default.simulated.example"


class Log:
    """Lines that are kept until they are flushed to a file."""

    def __init__(self, path: str) -> None:
        self._file = None if path == "-" else FileIO(path, "w")
        self._lines: list[str] = []

    def write(self, connection: tuple[str, int], *words: str) -> None:
        if self._file is not None:
            self._lines.append(" ".join((f"{time.time():.6f}", connection[0], str(connection[1]), *words)) + "\n")
            if len(self._lines) > 4096:
                self.flush()

    def flush(self) -> None:
        if self._file is not None:
            self._file.write("".join(self._lines).encode())
        self._lines.clear()


class Certificates:
    """TLS contexts by host, created on demand."""

    def __init__(self, key: str) -> None:
        self._authority = Authority.load(Path(key))

    def context(self, web: Web, family: Family) -> ssl.SSLContext:
        """Return the context of a server; its certificate follows from the name that a client asks for."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_alpn_protocols(["h2", "http/1.1"])

        def choose(secured: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
            wrong = family == 6 and web in (Web.DEFAULT_HOST6, Web.WRONG_CERTIFICATE6)
            secured.context = self._for_host(web, DEFAULT_NAME if wrong or name is None else name)

        context.sni_callback = choose
        return context

    @lru_cache(maxsize=10_000)  # noqa: B019 - one object per process
    def _for_host(self, web: Web, name: str) -> ssl.SSLContext:
        untrusted = web is Web.UNTRUSTED
        pem = self._authority.untrusted(name) if untrusted else self._authority.issue(name, expired=web is Web.EXPIRED)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_alpn_protocols(["http/1.1"])
        with tempfile.NamedTemporaryFile() as file:
            file.write(pem)
            file.flush()
            context.load_cert_chain(file.name)
        return context


class WebServers:
    """Everything that listens on ports 80 and 443."""

    def __init__(self, scenario: Scenario, key: str, log: str, requests: str) -> None:
        self._scenario = scenario
        self._certificates = Certificates(key)
        self._log, self._requests = Log(log), Log(requests)
        self._accepted = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, listeners: list[socket.socket]) -> None:
        """Serve forever."""
        self._loop = asyncio.get_running_loop()
        for listener in listeners:
            self._loop.add_reader(listener, self._accept, listener)
        self._loop.add_reader(0, helper.obey, self._command)
        self._loop.set_exception_handler(lambda *_: None)  # How clients end connections does not matter.
        helper.ready()
        await asyncio.Event().wait()

    def _accept(self, listener: socket.socket) -> None:
        for _ in range(BURST):
            try:
                connection, _client = listener.accept()
            except BlockingIOError:
                return
            except OSError:
                continue  # Closed before it was accepted.
            self._accepted += 1
            connection.setblocking(False)
            self._log.write(_place(connection))
            self._loop.add_reader(connection.fileno(), self._begin, connection)

    def _begin(self, connection: socket.socket) -> None:
        """Serve a client that has sent something."""
        self._loop.remove_reader(connection.fileno())
        try:
            sent = connection.recv(1, socket.MSG_PEEK)
        except OSError:
            sent = b""
        if not sent:
            connection.close()
            return
        task = self._loop.create_task(self._answer(connection))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, connection: socket.socket) -> None:
        place = _place(connection)
        web = self._scenario.sites.get(place[0], Web.SAME)
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            async with asyncio.timeout(PATIENCE_S):
                await self._talk(connection, web, place)

    async def _talk(self, connection: socket.socket, web: Web, place: tuple[str, int]) -> None:
        if web is Web.RESETS:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST_ON_CLOSE)
            connection.close()
            return
        if web is Web.MUTE:
            await asyncio.sleep(PATIENCE_S)
        family: Family = 6 if ":" in place[0] else 4
        secure = place[1] == 443 and web not in INSTEAD_OF_TLS
        # The transport closes the connection, later: the number of its descriptor must not be used again before.
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        transport, _ = await self._loop.connect_accepted_socket(
            lambda: protocol, connection, ssl=self._certificates.context(web, family) if secure else None
        )
        writer = asyncio.StreamWriter(transport, protocol, reader, self._loop)
        try:
            await self._exchange(reader, writer, web, family, place)
        finally:
            writer.close()

    async def _exchange(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        web: Web,
        family: Family,
        place: tuple[str, int],
    ) -> None:
        if place[1] == 443 and web in INSTEAD_OF_TLS:
            writer.write(INSTEAD_OF_TLS[web])
            await writer.drain()
            return
        fields = _fields(await reader.readuntil(b"\r\n\r\n"))
        self._requests.write(place, fields.get("host", "-"), fields.get("user-agent", "-"))
        if web in (Web.SLOW_BODY, Web.ENDLESS_BODY):
            await _trickle(writer, endless=web is Web.ENDLESS_BODY)
        writer.write(pages.response(web, family, fields.get("host", "")))
        await writer.drain()

    def _command(self, line: str) -> str:
        if line == "flush":
            self._log.flush()
            self._requests.flush()
        return json.dumps({"accepted": self._accepted})


async def _trickle(writer: asyncio.StreamWriter, *, endless: bool) -> None:
    """Send a body that does not end: slowly, or as fast as the client reads."""
    writer.write(pages.head())
    while True:
        writer.write(pages.chunk(f"<p>{pages.TEXT}</p>" * 100 if endless else "."))
        await writer.drain()
        await asyncio.sleep(0 if endless else SLOWNESS_S)


def _fields(head: bytes) -> dict[str, str]:
    lines = head.decode("latin-1").split("\r\n")[1:]
    return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines) if name}


def _place(connection: socket.socket) -> tuple[str, int]:
    address, port = connection.getsockname()[:2]
    return address.removeprefix("::ffff:"), port


def main(scenario: str, key: str, log: str, requests: str, descriptors: str) -> None:
    helper.begin()
    servers = WebServers(pickle.loads(Path(scenario).read_bytes()), key, log, requests)
    asyncio.run(servers.serve([socket.socket(fileno=int(number)) for number in descriptors.split(",")]))


if __name__ == "__main__":
    main(*sys.argv[1:])
