"""
TLS: one handshake with one address, for one host.

The handshake is completed whatever the certificate is; the certificate is judged
afterwards (`trust`). What a server may cost is limited as for STARTTLS (`channel`).

Sources: RFC 8446; RFC 6066 section 3 (server name); RFC 7301 (ALPN).
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from ipv6matrix.items import Failure, TlsObservation, TlsStatus
from ipv6matrix.probes import Pace, no_pace
from ipv6matrix.probes.certificates import certificate_of
from ipv6matrix.probes.channel import (
    MAX_TLS_BYTES,
    Channel,
    NoCommonCipherError,
    TlsError,
    finite_fields_context,
    tls_context,
)
from ipv6matrix.probes.failures import failure_of
from ipv6matrix.probes.tcp import Attempt
from ipv6matrix.probes.trust import Trust

# How OpenSSL names an alert of the peer.
_ALERTS: Final = ("SSLV3_ALERT_", "TLSV1_", "TLSV13_ALERT_")
_DER: Final = 2


@dataclass(slots=True)
class Connection:
    """An address that was contacted; `channel` is None if the handshake failed."""

    tls: TlsObservation
    channel: Channel | None = None
    refused: bool = False
    "True if the server supports none of the ciphers offered."


class TlsProber:
    """
    Performs TLS handshakes.

    A port has `connect_timeout_s` to accept a connection, a server `timeout_s` for the
    handshake. `alpn` are the protocols to offer, `trust` judges certificates, and
    `local4` and `local6` are the source addresses. A connection may carry
    `max_tls_bytes` of TLS records.
    """

    def __init__(
        self,
        *,
        connect_timeout_s: float = 2.0,
        timeout_s: float = 10.0,
        alpn: tuple[str, ...] = ("h2", "http/1.1"),
        trust: Trust | None = None,
        local4: str | None = None,
        local6: str | None = None,
        max_tls_bytes: int = MAX_TLS_BYTES,
    ) -> None:
        self.connect_timeout_s = connect_timeout_s
        self.timeout_s = timeout_s
        self._alpn = alpn
        self._context = tls_context(alpn=alpn)
        self._trust = trust or Trust()
        self._local4 = local4
        self._local6 = local6
        self._max_tls_bytes = max_tls_bytes

    async def probe(self, address: str, name: str, port: int = 443, pace: Pace = no_pace) -> TlsObservation:
        """Perform a handshake for the host `name`. Never raises for the network or the server."""
        async with self.connection(address, name, port, pace) as connection:
            return connection.tls

    @asynccontextmanager
    async def connection(
        self, address: str, name: str, port: int = 443, pace: Pace = no_pace
    ) -> AsyncIterator[Connection]:
        """
        Yield the connection to a server after the handshake, whatever its outcome.

        A server that supports none of the ciphers offered gets a second connection, with
        key exchange over finite fields.
        """
        attempts: list[Attempt] = []
        try:
            connection = await self._connect(attempts, address, name, port, pace)
            if connection.refused:
                costly = await self._connect(attempts, address, name, port, pace, costly=True)
                connection = costly if costly.channel is not None else connection
            yield connection
        finally:
            for attempt in attempts:
                attempt.close()

    async def connected(self, attempts: list[Attempt], address: str, port: int, pace: Pace) -> socket.socket | Failure:
        """Return a connected socket or the reason why there is none; the caller closes the attempt."""
        await pace(address)
        local = self._local6 if ":" in address else self._local4
        attempt = Attempt(address, port, timeout_s=self.connect_timeout_s, local=local, keep=True)
        attempts.append(attempt)
        return await attempt.connected() or attempt.result().failure or Failure.PROBE_FAILED

    async def _connect(
        self, attempts: list[Attempt], address: str, name: str, port: int, pace: Pace, *, costly: bool = False
    ) -> Connection:
        connected = await self.connected(attempts, address, port, pace)
        asked_at = time.time()
        if isinstance(connected, Failure):
            return Connection(TlsObservation(status=connected, asked_at=asked_at))
        channel = Channel(connected, costly=costly, max_tls_bytes=self._max_tls_bytes)
        context = finite_fields_context(self._alpn) if costly else self._context
        try:
            async with asyncio.timeout(self.timeout_s):
                began = time.monotonic()
                tls = await channel.start_tls(context, name)
                took_ms = (time.monotonic() - began) * 1e3
                return Connection(await self._observation(channel, tls, name, asked_at, took_ms), channel)
        except (TlsError, TimeoutError) as error:
            refused = isinstance(error, NoCommonCipherError)
            return Connection(TlsObservation(status=word_of(error), asked_at=asked_at), refused=refused)

    async def _observation(
        self, channel: Channel, tls: ssl.SSLObject, name: str, asked_at: float, took_ms: float
    ) -> TlsObservation:
        chain = _chain(tls)
        cipher = tls.cipher()
        return TlsObservation(
            status=await channel.in_thread(lambda: self._trust.judge(chain, name)),
            version=tls.version(),
            cipher=cipher[0] if cipher else None,
            alpn=tls.selected_alpn_protocol(),
            certificate=certificate_of(chain[0]) if chain else None,
            handshake_ms=took_ms,
            asked_at=asked_at,
        )


def word_of(error: Exception) -> TlsStatus | Failure:
    """Return the word for the error that ended a handshake or a connection with TLS."""
    cause = error.__cause__ if isinstance(error, TlsError) else error
    if isinstance(cause, EOFError):
        return Failure.CONNECTION_CLOSED
    if isinstance(cause, TimeoutError):
        return Failure.TIMEOUT
    if isinstance(cause, ssl.SSLError):
        return TlsStatus.ALERT if (cause.reason or "").startswith(_ALERTS) else Failure.TLS_FAILED
    return failure_of(cause) if isinstance(cause, OSError) else Failure.TLS_FAILED


def _chain(tls: ssl.SSLObject) -> list[bytes]:
    """Return the certificates that the server sent, its own first, as DER."""
    # Public from Python 3.13 on, as SSLObject.get_unverified_chain.
    inner: Any = tls._sslobj  # type: ignore[attr-defined]
    return [certificate.public_bytes(_DER) for certificate in inner.get_unverified_chain() or ()]
