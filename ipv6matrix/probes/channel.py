"""
Lines over a connected socket, and TLS once both sides agree.

asyncio's streams do this as well, at the price of a transport and a task per
connection, a handshake with a timer of its own and errors that reach a log
instead of the caller.

What a handshake computes is the server's choice: keys of 16,384 bits and groups
of 8,192 take more than 100 ms. Threads do that, so that the loop goes on. They
are few, which bounds the processors that hostile servers keep busy.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from typing import Final

# RFC 5321 section 4.5.3.1.5 allows 512 octets; servers exceed it, but not so much.
MAX_LINE_BYTES = 4096
# TLS records of one connection: OpenSSL takes certificates of 100 kB, and all the rest is small.
MAX_TLS_BYTES: Final = 1 << 18
_RECORDS_BYTES: Final = 1 << 14
_HANDSHAKES: Final = ThreadPoolExecutor(4, thread_name_prefix="tls")
_COSTLY_HANDSHAKES: Final = ThreadPoolExecutor(1, thread_name_prefix="tls-costly")
_NO_COMMON_CIPHER: Final = ("SSLV3_ALERT_HANDSHAKE_FAILURE", "TLSV1_ALERT_INSUFFICIENT_SECURITY")


class LineTooLongError(ValueError):
    """A line that does not end within MAX_LINE_BYTES."""


class TlsError(Exception):
    """A TLS handshake that failed, or TLS records beyond all measure."""


class NoCommonCipherError(TlsError):
    """A handshake that the server refused for what was offered (alerts 40 and 71 of RFC 8446 section 6.2)."""


class Channel:
    """
    A connected non-blocking socket, which stays the caller's to close.

    Raises EOFError when the peer has closed, OSError when the connection breaks
    (ssl.SSLError is one). A `costly` channel shares one thread with all others:
    its handshake may take long, and may have to wait.
    """

    def __init__(self, connected: socket.socket, *, costly: bool = False) -> None:
        self._socket = connected
        self._handshakes = _COSTLY_HANDSHAKES if costly else _HANDSHAKES
        self._loop = asyncio.get_running_loop()
        self._buffer = b""
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls_octets = 0
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
            refused = isinstance(error, ssl.SSLError) and error.reason in _NO_COMMON_CIPHER
            raise (NoCommonCipherError if refused else TlsError)(str(error)) from error
        self.tls = tls
        return tls

    async def _shake_hands(self, tls: ssl.SSLObject) -> None:
        while True:
            try:
                await self._loop.run_in_executor(self._handshakes, tls.do_handshake)
            except ssl.SSLWantReadError:
                await self._take_records()
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
                await self._take_records()
            else:
                raise EOFError

    async def _take_records(self) -> None:
        await self._flush()
        # As long as octets are waiting, sock_recv returns without a turn of the loop, and no timer would end a flood.
        await asyncio.sleep(0)
        records = await self._receive(_RECORDS_BYTES)
        self._tls_octets += len(records)
        if self._tls_octets > MAX_TLS_BYTES:
            raise TlsError(f"more than {MAX_TLS_BYTES} octets of TLS records")
        self._incoming.write(records)

    async def _receive(self, at_most: int = MAX_LINE_BYTES) -> bytes:
        data = await self._loop.sock_recv(self._socket, at_most)
        if not data:
            raise EOFError
        return data

    async def _flush(self) -> None:
        if self._outgoing.pending:
            await self._loop.sock_sendall(self._socket, self._outgoing.read())
