"""
The mail servers: one for every address, each with the behaviour of its block (RFC 5321, RFC 3207).

    python -m simnet.smtp SCENARIO CERTIFICATE LOG|- LISTENER,LISTENER…

Commands: `flush`, `stats`. The log has a line for each ended session: time,
local address, `tls` or `-`, and the verbs received, in order.
"""

from __future__ import annotations

import asyncio
import json
import pickle
import socket
import ssl
import sys
import time
from collections.abc import Awaitable, Callable
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from simnet import certificate, helper
from simnet.behaviours import GREETING_DELAY_S, Mail
from simnet.certificate import COMMON_NAME

if TYPE_CHECKING:
    from simnet.scenario import Scenario

GREETINGS: Final = {
    Mail.GREETS_4XX: "421 4.3.2 too busy, try later",
    Mail.GREETS_5XX: "554 5.7.1 no service for you",
    Mail.NOT_SMTP: "SSH-2.0-OpenSSH_9.2p1 Debian-2",
    Mail.OTHER_NAME: "220 other.simulated.example ESMTP ready",
    Mail.MULTILINE: f"220-{COMMON_NAME} ESMTP\r\n220-Unsolicited mail is not welcome.\r\n220 Go ahead",
}
REFUSING: Final = (Mail.GREETS_4XX, Mail.GREETS_5XX)
HELLO_REFUSALS: Final = {
    Mail.GREETS_4XX: "503 5.5.1 not here",
    Mail.GREETS_5XX: "503 5.5.1 not here",
    Mail.REFUSES_HELLO: "550 5.7.1 not for you",
    Mail.LEAVES: "421 4.3.2 shutting down",
}
GREETING: Final = f"220 {COMMON_NAME} ESMTP ready"
EXTENSIONS: Final = (COMMON_NAME, "PIPELINING", "SIZE 10240000", "8BITMIME")
NO_STARTTLS: Final = (Mail.PLAIN, Mail.HELO_ONLY)
# A silent client must not hold a session forever.
PATIENCE_S: Final = 60.0


class Session:
    """One connection to a mail server."""

    def __init__(
        self, mail: Mail, context: ssl.SSLContext, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._mail, self._context = mail, context
        self._reader, self._writer = reader, writer
        self.verbs: list[str] = []
        self.tls = False
        self._answers: dict[str, Callable[[], Awaitable[bool]]] = {
            "EHLO": self._ehlo,
            "HELO": self._helo,
            "STARTTLS": self._starttls,
            "QUIT": self._quit,
        }

    async def run(self) -> None:
        """Run the session until it ends."""
        if self._mail is Mail.CLOSES:
            return
        if self._mail is Mail.MUTE:
            await self._reader.read()
            return
        if self._mail is Mail.GREETS_LATE:
            await asyncio.sleep(GREETING_DELAY_S)
        self._say(GREETINGS.get(self._mail, GREETING))
        if self._mail is Mail.NOT_SMTP:
            self.verbs.append(_verb(await self._reader.readline()))
            return
        while line := await self._reader.readline():
            verb = _verb(line)
            self.verbs.append(verb)
            if not await self._answers.get(verb, self._unknown)():
                return

    async def _ehlo(self) -> bool:
        if self._mail is Mail.HELO_ONLY:
            self._say("502 5.5.1 command not implemented")
        elif self._mail in HELLO_REFUSALS:
            self._say(HELLO_REFUSALS[self._mail])
        else:
            offered = EXTENSIONS if self.tls or self._mail in NO_STARTTLS else (*EXTENSIONS, "STARTTLS")
            lines = [f"250-{text}" for text in offered[:-1]] + [f"250 {offered[-1]}"]
            self._say("\r\n".join(lines))
        return self._mail is not Mail.LEAVES

    async def _helo(self) -> bool:
        self._say(HELLO_REFUSALS.get(self._mail, f"250 {COMMON_NAME}"))
        return True

    async def _starttls(self) -> bool:
        if self._mail is Mail.REFUSES_STARTTLS:
            self._say("454 4.7.0 TLS not available due to temporary reason")
        elif self._mail in (*NO_STARTTLS, *REFUSING) or self.tls:
            self._say("502 5.5.1 command not implemented")
        else:
            self._say("220 2.0.0 ready to start TLS")
            if self._mail is Mail.BREAKS_TLS:
                self._say("this is no TLS record")
                return False
            await self._writer.start_tls(self._context)
            self.tls = True
        return True

    async def _quit(self) -> bool:
        self._say("221 2.0.0 bye")
        return False

    async def _unknown(self) -> bool:
        self._say("500 5.5.2 unrecognised")
        return True

    def _say(self, text: str) -> None:
        self._writer.write(text.encode("latin-1") + b"\r\n")


def _verb(line: bytes) -> str:
    return line.decode("latin-1").partition(" ")[0].strip().upper()


class MailServers:
    """Everything that listens on port 25."""

    def __init__(self, scenario: Scenario, pem: str, log: str) -> None:
        self._scenario = scenario
        self._context, self._other = _context(Path(pem)), _other_context(Path(pem))
        self._log = None if log == "-" else FileIO(log, "w")
        self._logged: list[str] = []
        self._sessions = 0

    async def serve(self, listeners: list[socket.socket]) -> None:
        """Serve forever."""
        for listener in listeners:
            await asyncio.start_server(self._session, sock=listener, backlog=4096)
        loop = asyncio.get_running_loop()
        loop.add_reader(0, helper.obey, self._command)
        loop.set_exception_handler(_ignore_resets)
        helper.ready()
        await asyncio.Event().wait()

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._sessions += 1
        try:
            address = writer.get_extra_info("sockname")[0].removeprefix("::ffff:")
        except (TypeError, IndexError):
            writer.close()  # Closed before it was accepted.
            return
        behaviour = self._scenario.behaviour(address)
        mail = behaviour.mail if behaviour else Mail.STARTTLS
        context = self._other if mail is Mail.OTHER_CERTIFICATE else self._context
        session = Session(mail, context, reader, writer)
        try:
            async with asyncio.timeout(PATIENCE_S):
                await session.run()
                await writer.drain()
        except (OSError, ssl.SSLError, TimeoutError, asyncio.IncompleteReadError, ValueError):
            pass  # How the client ends the session does not matter.
        finally:
            self._logged.append(
                f"{time.time():.6f} {address} {'tls' if session.tls else '-'} {' '.join(session.verbs)}\n"
            )
            writer.close()

    def _command(self, line: str) -> str:
        if line == "flush":
            if self._log is not None:
                self._log.write("".join(self._logged).encode())
            self._logged.clear()
        return json.dumps({"sessions": self._sessions})


def _context(pem: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


def _other_context(pem: Path) -> ssl.SSLContext:
    other = pem.with_name(f"other-{pem.name}")
    certificate.write(other)
    return _context(other)


def _ignore_resets(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Clients end connections with RST; asyncio would print a traceback for each."""
    if not isinstance(context.get("exception"), OSError):
        loop.default_exception_handler(context)


def main(scenario: str, pem: str, log: str, descriptors: str) -> None:
    helper.begin()
    servers = MailServers(pickle.loads(Path(scenario).read_bytes()), pem, log)
    asyncio.run(servers.serve([socket.socket(fileno=int(number)) for number in descriptors.split(",")]))


if __name__ == "__main__":
    main(*sys.argv[1:])
