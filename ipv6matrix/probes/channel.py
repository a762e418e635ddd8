"""
Octets and lines over a connected socket, upgraded to TLS once both sides agree.

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
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Final, TypeVar

# RFC 5321 section 4.5.3.1.5 allows 512 octets. Servers exceed that, but not by this much.
MAX_LINE_BYTES = 4096
# Limit on TLS records per connection: OpenSSL accepts certificate chains of up to 100 kB; everything else is small.
MAX_TLS_BYTES: Final = 1 << 18
_RECORDS_BYTES: Final = 1 << 14
_HANDSHAKES: Final = ThreadPoolExecutor(4, thread_name_prefix="tls")
_COSTLY_HANDSHAKES: Final = ThreadPoolExecutor(1, thread_name_prefix="tls-costly")
# SSL_OP_LEGACY_SERVER_CONNECT, for servers without RFC 5746. Python has a name for it only from 3.12 on.
_LEGACY_SERVERS: Final = 0x4
_NO_COMMON_CIPHER: Final = ("SSLV3_ALERT_HANDSHAKE_FAILURE", "TLSV1_ALERT_INSUFFICIENT_SECURITY")
T = TypeVar("T")


def tls_context(*, finite_fields: bool = False, alpn: tuple[str, ...] = ()) -> ssl.SSLContext:
    """
    Return a TLS context that verifies nothing and accepts any version from TLS 1.0 and nearly any cipher.

    Probes measure whether a handshake works, and judge the certificate afterwards.
    Create one context and share it between all sessions. `alpn` are the protocols to
    offer (RFC 7301).

    Key exchange over finite fields of the server's choice (DHE before TLS 1.3) is
    excluded: a field of 10,000 bits keeps a processor busy for more than a second.
    With `finite_fields`, the context offers only that.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers(f"{'kDHE' if finite_fields else 'ALL:!kDHE'}:@SECLEVEL=0")
    if finite_fields:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    # Without OP_NO_RENEGOTIATION, a server could demand one handshake after another.
    context.options |= _LEGACY_SERVERS | ssl.OP_NO_RENEGOTIATION
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context


@cache
def finite_fields_context(alpn: tuple[str, ...] = ()) -> ssl.SSLContext:
    """Return the context for servers that support key exchange over finite fields only."""
    return tls_context(finite_fields=True, alpn=alpn)


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
    their handshakes may take long and may have to wait for one another. A peer that
    sends more than `max_tls_bytes` of TLS records in total has failed.
    """

    def __init__(self, connected: socket.socket, *, costly: bool = False, max_tls_bytes: int = MAX_TLS_BYTES) -> None:
        self._max_tls_bytes = max_tls_bytes
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

    async def read(self) -> bytes:
        """Return what arrives next, in parts of at most MAX_LINE_BYTES octets; nothing at the end."""
        await asyncio.sleep(0)  # As in _take_records: a flood must not keep the event loop busy.
        try:
            return await self._read()
        except EOFError:
            return b""

    async def start_tls(self, context: ssl.SSLContext, name: str | None = None) -> ssl.SSLObject:
        """
        Perform a TLS handshake as the client; raise TlsError if it fails for any reason.

        `name` is sent to the server, which may have several certificates (RFC 6066 section 3).

        Data buffered before the handshake is discarded, not taken for part of the
        encrypted session (RFC 3207 section 4.2).
        """
        self._buffer = b""
        tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=name)
        try:
            await self._shake_hands(tls)
        except TimeoutError:
            raise
        except (OSError, EOFError) as error:
            refused = isinstance(error, ssl.SSLError) and error.reason in _NO_COMMON_CIPHER
            raise (NoCommonCipherError if refused else TlsError)(str(error)) from error
        self.tls = tls
        return tls

    async def in_thread(self, work: Callable[[], T]) -> T:
        """Call a function in the thread that a handshake would use."""
        return await self._loop.run_in_executor(self._handshakes, work)

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
        if self._tls_octets > self._max_tls_bytes:
            raise TlsError(f"more than {self._max_tls_bytes} octets of TLS records")
        self._incoming.write(records)

    async def _receive(self, at_most: int = MAX_LINE_BYTES) -> bytes:
        data = await self._loop.sock_recv(self._socket, at_most)
        if not data:
            raise EOFError
        return data

    async def _flush(self) -> None:
        if self._outgoing.pending:
            await self._loop.sock_sendall(self._socket, self._outgoing.read())
