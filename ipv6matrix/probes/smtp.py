"""
SMTP: greeting, EHLO (or HELO), STARTTLS if offered, QUIT; nothing beyond that.

Sources: RFC 5321 sections 3.1 (greeting), 4.1.1.1 (EHLO), 4.1.1.10 (QUIT) and
4.2 (replies); RFC 3207 (STARTTLS).
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import ssl
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Literal, NamedTuple

from ipv6matrix.items import Failure, SmtpObservation, Starttls
from ipv6matrix.probes.certificates import certificate_of
from ipv6matrix.probes.channel import (
    Channel,
    LineTooLongError,
    NoCommonCipherError,
    TlsError,
    finite_fields_context,
)
from ipv6matrix.probes.failures import failure_of
from ipv6matrix.probes.texts import MAX_CHARACTERS, cleaned

_REPLY_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL)
_MAX_REPLY_LINES = 100
# Timeout for QUIT, in seconds. Everything has been measured by then; QUIT is a courtesy.
_QUIT_TIMEOUT_S = 2.0
# Returns another connection to the same server, or None if it cannot be opened.
Reconnect = Callable[[], Awaitable[socket.socket | None]]
_READY = 220
# The server closes the connection, whatever the command was (RFC 5321 section 4.2.2).
_SERVICE_UNAVAILABLE = 421


class NotSmtpError(ValueError):
    """The data received is not an SMTP reply."""


class Reply(NamedTuple):
    """A reply code and the text of each line."""

    code: int
    lines: tuple[str, ...]


def require_hello_name(name: str) -> str:
    """Return `name` if it can be sent in EHLO (visible ASCII); raise ValueError otherwise."""
    if not re.fullmatch(r"[!-~]{1,255}", name):
        raise ValueError(f"EHLO cannot say {name!r}: a domain name is wanted, such as crawler.example.org")
    return name


async def converse(
    connected: socket.socket,
    *,
    timeout_s: float,
    hello_name: str,
    tls_context: ssl.SSLContext | None,
    asked_at: float | None = None,
    reconnect: Reconnect | None = None,
) -> SmtpObservation:
    """
    Run one session over `connected`, which the caller closes, within `timeout_s`.

    If `tls_context` is None, STARTTLS is not tried. If the server has no cipher in
    common with it, a second session follows over the connection that `reconnect`
    returns, with key exchange over finite fields. Never raises for anything the peer
    does.
    """
    session = _Session(Channel(connected), hello_name, tls_context, asked_at or time.time())
    await session.hold(timeout_s)
    if session.has_no_cipher and reconnect is not None and (again := await reconnect()):
        costly = _Session(Channel(again, costly=True), hello_name, finite_fields_context(), session.seen.asked_at)
        await costly.hold(timeout_s)
        if costly.seen.tls_version is not None:
            return costly.seen
    return session.seen


def _word(error: Exception, *, greeted: bool) -> Failure:
    if isinstance(error, EOFError):
        return Failure.CONNECTION_CLOSED
    if isinstance(error, TlsError | ssl.SSLError):
        return Failure.TLS_FAILED
    if isinstance(error, TimeoutError):
        return Failure.TIMEOUT
    if isinstance(error, OSError):
        return failure_of(error)
    return Failure.BAD_REPLY if greeted else Failure.NOT_SMTP


class _Session:
    """The steps of a session; `seen` collects what it has learned."""

    def __init__(self, channel: Channel, hello_name: str, tls_context: ssl.SSLContext | None, asked_at: float) -> None:
        self.seen = SmtpObservation(asked_at=asked_at)
        self.quitting = False
        self.has_no_cipher = False
        self._channel = channel
        self._hello_name = hello_name
        self._tls_context = tls_context

    async def hold(self, timeout_s: float) -> None:
        """Run all steps, whatever the peer does."""
        try:
            async with asyncio.timeout(timeout_s):
                await self.run()
        except (EOFError, TlsError, NotSmtpError, LineTooLongError, OSError) as error:
            if not self.quitting:
                failure = _word(error, greeted=self.seen.greeting_code is not None)
                self.seen = replace(self.seen, failure=failure)
                self.has_no_cipher = isinstance(error, NoCommonCipherError)

    async def run(self) -> None:
        greeting = await self._reply()
        text = "\n".join(map(cleaned, greeting.lines))[:MAX_CHARACTERS]
        self.seen = replace(self.seen, greeting_code=greeting.code, greeting=text)
        if greeting.code == _READY:
            extensions = await self._hello()
            if self._tls_context is not None and self.seen.hello is not None:
                await self._starttls(self._tls_context, offered="STARTTLS" in extensions)
        await self._quit()

    async def _hello(self) -> frozenset[str]:
        """Send EHLO, or HELO if the server does not support EHLO; return the extensions offered."""
        words: tuple[Literal["EHLO", "HELO"], ...] = ("EHLO", "HELO")
        for word in words:
            reply = await self._command(f"{word} {self._hello_name}")
            if 200 <= reply.code < 300:
                self.seen = replace(self.seen, hello=word)
                return frozenset(line.split(" ")[0].upper() for line in reply.lines[1:] if word == "EHLO")
            if reply.code < 500:
                break
        self._refused(reply, Failure.HELLO_REFUSED)
        return frozenset()

    def _refused(self, reply: Reply, failure: Failure | None) -> None:
        """Record the failure that a reply means, or None if it is a valid answer; the session goes on with QUIT."""
        unavailable = reply.code == _SERVICE_UNAVAILABLE
        self.seen = replace(self.seen, failure=Failure.SERVICE_UNAVAILABLE if unavailable else failure)

    async def _starttls(self, context: ssl.SSLContext, *, offered: bool) -> None:
        if not offered:
            self.seen = replace(self.seen, starttls=Starttls.NOT_OFFERED)
            return
        reply = await self._command("STARTTLS")
        self.seen = replace(self.seen, starttls=Starttls.ACCEPTED if reply.code == _READY else Starttls.REFUSED)
        self._refused(reply, None)
        if reply.code == _READY:
            tls = await self._channel.start_tls(context)
            der = tls.getpeercert(binary_form=True)
            self.seen = replace(self.seen, tls_version=tls.version(), certificate=certificate_of(der) if der else None)

    async def _quit(self) -> None:
        """Send QUIT and ignore any error: the result is already known."""
        self.quitting = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_QUIT_TIMEOUT_S):
                await self._command("QUIT")

    async def _command(self, line: str) -> Reply:
        await self._channel.write(line.encode("ascii") + b"\r\n")
        return await self._reply()

    async def _reply(self) -> Reply:
        """Read one reply of one or more lines; the code of the last line counts."""
        lines: list[str] = []
        while len(lines) < _MAX_REPLY_LINES:
            match = _REPLY_LINE.fullmatch(await self._channel.read_line())
            if match is None:
                raise NotSmtpError
            lines.append((match[3] or b"").decode("utf-8", "replace"))
            if match[2] != b"-":
                return Reply(int(match[1]), tuple(lines))
        raise NotSmtpError
