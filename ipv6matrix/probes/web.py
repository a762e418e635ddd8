"""
HTTP: one `GET /` to one address, for one host; no redirect is followed.

A response may take `timeout_s`, and no more of its body is read than 64 KiB, or 256
KiB if the hosts are wanted from which the page loads something. A body that is cut off by
one of these limits is a result all the same.

Sources: RFC 9110 (HTTP), RFC 9112 (HTTP/1.1).
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

import h11

from ipv6matrix.items import BodyEnd, Failure, Scheme, TlsStatus, WebObservation
from ipv6matrix.probes import Pace, no_pace
from ipv6matrix.probes.channel import MAX_TLS_BYTES, Channel, TlsError
from ipv6matrix.probes.page import is_html, read_page
from ipv6matrix.probes.tcp import Attempt
from ipv6matrix.probes.texts import cleaned, decoded
from ipv6matrix.probes.tls import TlsProber, word_of
from ipv6matrix.probes.trust import Trust

COMPARED_BYTES: Final = 1 << 16
PARSED_BYTES: Final = 1 << 18
PORTS: Final[dict[Scheme, int]] = {"https": 443, "http": 80}
# Octets of headers and chunk sizes that a response may have in addition to its body.
_FRAMING_BYTES: Final = 1 << 16
_OK: Final = 200
# Parsing must not block the event loop.
_PAGES: Final = ThreadPoolExecutor(1, thread_name_prefix="pages")


class BadResponseError(ValueError):
    """The data received is not a response of HTTP/1.1, or its headers are too large."""


@dataclass(slots=True)
class _Response:
    """What has been received of a response."""

    status_code: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)
    end: BodyEnd = BodyEnd.BROKEN


class WebProber:
    """
    Requests front pages.

    `agent` is the field User-Agent. A port has `connect_timeout_s` to accept a
    connection, a handshake and a response `timeout_s` each. `trust` judges certificates;
    `local4` and `local6` are the source addresses.
    """

    def __init__(
        self,
        *,
        agent: str,
        connect_timeout_s: float = 2.0,
        timeout_s: float = 10.0,
        trust: Trust | None = None,
        local4: str | None = None,
        local6: str | None = None,
    ) -> None:
        self.agent = agent
        self.timeout_s = timeout_s
        self._tls = TlsProber(
            connect_timeout_s=connect_timeout_s,
            timeout_s=timeout_s,
            alpn=("http/1.1",),
            trust=trust,
            local4=local4,
            local6=local6,
            max_tls_bytes=MAX_TLS_BYTES + PARSED_BYTES,
        )

    async def get(
        self, address: str, name: str, *, scheme: Scheme = "https", hosts: bool = False, pace: Pace = no_pace
    ) -> WebObservation:
        """Request the front page of the host `name`. Never raises for the network or the server."""
        async with self._connection(address, name, scheme, pace) as (channel, seen):
            if channel is None:
                return seen
            response, failure = await self._fetch(channel, name, PARSED_BYTES if hosts else COMPARED_BYTES)
        if response.status_code is None:
            return replace(seen, failure=failure)
        return await _observation(seen, response, f"{scheme}://{name}/", hosts=hosts)

    @asynccontextmanager
    async def _connection(
        self, address: str, name: str, scheme: Scheme, pace: Pace
    ) -> AsyncIterator[tuple[Channel | None, WebObservation]]:
        """Yield a connection, or None, and what is known so far."""
        if scheme == "http":
            attempts: list[Attempt] = []
            try:
                connected = await self._tls.connected(attempts, address, PORTS[scheme], pace)
                failure = connected if isinstance(connected, Failure) else None
                seen = WebObservation(scheme=scheme, failure=failure, asked_at=time.time())
                yield None if isinstance(connected, Failure) else Channel(connected), seen
            finally:
                for attempt in attempts:
                    attempt.close()
            return
        async with self._tls.connection(address, name, PORTS[scheme], pace) as connection:
            tls = connection.tls
            answered = isinstance(tls.status, TlsStatus)
            yield (
                connection.channel,
                WebObservation(
                    scheme=scheme,
                    tls=tls.status if isinstance(tls.status, TlsStatus) else None,
                    certificate_sha256=tls.certificate.sha256 if tls.certificate else None,
                    failure=None if answered and connection.channel else tls.status,
                    asked_at=tls.asked_at,
                ),
            )

    async def _fetch(
        self, channel: Channel, name: str, limit_bytes: int
    ) -> tuple[_Response, Failure | TlsStatus | None]:
        """Return what was received of the response, and the reason if that is nothing."""
        response = _Response()
        exchange = h11.Connection(h11.CLIENT)
        try:
            async with asyncio.timeout(self.timeout_s):
                await channel.write(self._request(exchange, name))
                await _receive(exchange, channel, response, limit_bytes)
        except (BadResponseError, h11.RemoteProtocolError):
            return response, Failure.BAD_RESPONSE
        except (TimeoutError, TlsError, OSError, EOFError) as error:
            word = word_of(error)
            response.end = BodyEnd.TOO_SLOW if word is Failure.TIMEOUT else BodyEnd.BROKEN
            return response, word
        return response, None

    def _request(self, exchange: h11.Connection, name: str) -> bytes:
        headers = (("Host", name), ("User-Agent", self.agent), ("Accept", "*/*"), ("Accept-Encoding", "identity"))
        request = h11.Request(method="GET", target="/", headers=[*headers, ("Connection", "close")])
        return (exchange.send(request) or b"") + (exchange.send(h11.EndOfMessage()) or b"")


async def _receive(exchange: h11.Connection, channel: Channel, response: _Response, limit_bytes: int) -> None:
    """Read a response until it ends or reaches a limit; raise BadResponseError, or an error of h11 or the channel."""
    received = 0
    while True:
        event = exchange.next_event()
        if isinstance(event, h11.Response):
            response.status_code = event.status_code
            response.headers = _headers(event)
        elif isinstance(event, h11.Data):
            response.body += event.data
        elif isinstance(event, h11.EndOfMessage):
            response.end = BodyEnd.COMPLETE
            return
        elif event is h11.NEED_DATA:
            data = await channel.read()
            if not data and not received:
                raise EOFError
            received += len(data)
            exchange.receive_data(data)
        elif not isinstance(event, h11.InformationalResponse):
            raise BadResponseError
        if len(response.body) > limit_bytes or received > limit_bytes + _FRAMING_BYTES:
            response.end = BodyEnd.TOO_LARGE
            if response.status_code is None:
                raise BadResponseError
            return


def _headers(head: h11.Response) -> dict[str, str]:
    """Return the fields by name in lower case; values of the same name are joined (RFC 9110 section 5.3)."""
    fields: dict[str, str] = {}
    for raw_name, raw_value in head.headers:
        name, value = decoded(raw_name), decoded(raw_value)
        fields[name] = f"{fields[name]}, {value}" if name in fields else value
    return fields


async def _observation(seen: WebObservation, response: _Response, url: str, *, hosts: bool) -> WebObservation:
    compared, headers = bytes(response.body[:COMPARED_BYTES]), response.headers
    location, server = headers.get("location"), headers.get("server")
    seen = replace(
        seen,
        status_code=response.status_code,
        location=None if location is None else cleaned(location),
        server=None if server is None else cleaned(server),
        length_bytes=len(compared),
        end=response.end if len(compared) == len(response.body) else BodyEnd.TOO_LARGE,
        sha256=hashlib.sha256(compared).hexdigest(),
    )
    content_type = headers.get("content-type", "")
    if not is_html(content_type) or headers.get("content-encoding", "identity") != "identity":
        return seen
    policy = headers.get("content-security-policy", "")
    read = partial(
        read_page, bytes(response.body[:PARSED_BYTES]), url, content_type, policy, compared_bytes=COMPARED_BYTES
    )
    page = await asyncio.get_running_loop().run_in_executor(_PAGES, read)
    reads_hosts = hosts and response.status_code == _OK
    return replace(seen, title=page.title, sketch=page.sketch, hosts=page.hosts if reads_hosts else None)
