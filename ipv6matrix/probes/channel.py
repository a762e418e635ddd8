"""
Lines over a connected socket, and TLS once both sides agree.

asyncio's streams do this as well, at the price of a transport and a task per
connection, a handshake with a timer of its own and errors that reach a log
instead of the caller.
"""

from __future__ import annotations

import asyncio
import socket
import ssl

# RFC 5321 section 4.5.3.1.5 allows 512 octets; servers exceed it, but not so much.
MAX_LINE_BYTES = 4096


class LineTooLongError(ValueError):
    """A line that does not end within MAX_LINE_BYTES."""


class TlsError(Exception):
    """A TLS handshake that failed."""


class Channel:
    """
    A connected non-blocking socket, which stays the caller's to close.

    Raises EOFError when the peer has closed, OSError when the connection breaks
    (ssl.SSLError is one).
    """

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._loop = asyncio.get_running_loop()
        self._buffer = b""
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self.tls: ssl.SSLObject | None = None

    async def write(self, data: bytes) -> None:
        """Send all of `data`."""
        if self.tls is None:
            await self._loop.sock_sendall(self._socket, data)
        else:
            self.tls.write(data)
            await self._flush()

    async def read_line(self) -> bytes:
        """The next line, without its end; CRLF as well as a lone LF ends one."""
        while b"\n" not in self._buffer[:MAX_LINE_BYTES]:
            if len(self._buffer) >= MAX_LINE_BYTES:
                raise LineTooLongError
            self._buffer += await self._read()
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.removesuffix(b"\r")

    async def start_tls(self, context: ssl.SSLContext) -> ssl.SSLObject:
        """
        Shake hands as a client; TlsError when that fails for whatever reason.

        What has been read but not asked for was sent before TLS began: it is
        dropped, not taken for a part of what follows (RFC 3207 section 4.2).
        """
        self._buffer = b""
        tls = context.wrap_bio(self._incoming, self._outgoing)
        try:
            await self._shake_hands(tls)
        except TimeoutError:
            raise
        except (OSError, EOFError) as error:
            raise TlsError(str(error)) from error
        self.tls = tls
        return tls

    async def _shake_hands(self, tls: ssl.SSLObject) -> None:
        while True:
            try:
                tls.do_handshake()
            except ssl.SSLWantReadError:
                await self._flush()
                self._incoming.write(await self._receive())
            else:
                return await self._flush()

    async def _read(self) -> bytes:
        if self.tls is None:
            return await self._receive()
        while True:
            try:
                if data := self.tls.read(MAX_LINE_BYTES):
                    return data
            except ssl.SSLWantReadError:
                await self._flush()
                self._incoming.write(await self._receive())
            else:
                raise EOFError

    async def _receive(self) -> bytes:
        data = await self._loop.sock_recv(self._socket, MAX_LINE_BYTES)
        if not data:
            raise EOFError
        return data

    async def _flush(self) -> None:
        if self._outgoing.pending:
            await self._loop.sock_sendall(self._socket, self._outgoing.read())
