"""
Lines over a connected socket, upgraded to TLS once both sides agree.

asyncio streams would cost a transport and a task per connection, run the
handshake on a timer of their own, and send some errors to a log instead of the
caller.

The server chooses what a handshake computes: 16,384-bit keys and 8,192-bit
groups take more than 100 ms. Handshakes therefore run in threads, so that the
event loop is not blocked. The number of threads is small, which limits how many
processors hostile servers can keep busy.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from typing import Final

# RFC 5321 section 4.5.3.1.5 allows 512 octets. Servers exceed that, but not by this much.
MAX_LINE_BYTES = 4096
# Limit on TLS records per connection: OpenSSL accepts certificate chains of up to 100 kB; everything else is small.
MAX_TLS_BYTES: Final = 1 << 18
_RECORDS_BYTES: Final = 1 << 14
_HANDSHAKES: Final = ThreadPoolExecutor(4, thread_name_prefix="tls")
_COSTLY_HANDSHAKES: Final = ThreadPoolExecutor(1, thread_name_prefix="tls-costly")
_NO_COMMON_CIPHER: Final = ("SSLV3_ALERT_HANDSHAKE_FAILURE", "TLSV1_ALERT_INSUFFICIENT_SECURITY")


class LineTooLongError(ValueError):
    """A line longer than MAX_LINE_BYTES."""


class TlsError(Exception):
    """A TLS handshake failed, or the peer sent too many TLS records."""


class NoCommonCipherError(TlsError):
    """The server rejected what the client offered (alerts 40 and 71, RFC 8446 section 6.2)."""


class Channel:
    """
    A connected non-blocking socket. The caller closes it.

    Raises EOFError if the peer has closed the connection, OSError (which includes
    ssl.SSLError) if the connection breaks. All `costly` channels share one thread:
    their handshakes may take long and may have to wait for one another.
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
        """Return the next line without its CRLF or bare LF."""
        while b"\n" not in self._buffer[:MAX_LINE_BYTES]:
            if len(self._buffer) >= MAX_LINE_BYTES:
                raise LineTooLongError
            self._buffer += await self._read()
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.removesuffix(b"\r")

    async def start_tls(self, context: ssl.SSLContext) -> ssl.SSLObject:
        """
        Perform a TLS handshake as the client; raise TlsError if it fails for any reason.

        Data buffered before the handshake is discarded, not taken for part of the
        encrypted session (RFC 3207 section 4.2).
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
        # While data is buffered, sock_recv returns without yielding to the event loop, so no timer could end a flood.
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
