"""
Pings, handshakes, traces and mail sessions with icmplib, plain sockets and mtr-packet alone.

These clients share no code with the probes of the crawler.
"""

from __future__ import annotations

import asyncio
import errno
import re
import socket
import ssl
import subprocess
import time
from collections.abc import Iterable
from typing import Final

from icmplib import ICMPRequest, ICMPv4Socket, ICMPv6Socket, TimeoutExceeded

from ipv6matrix.items import Failure, Starttls
from simnet.behaviours import PORTS

WORDS: Final = {
    errno.ECONNREFUSED: Failure.CONNECTION_REFUSED,
    errno.EHOSTUNREACH: Failure.HOST_UNREACHABLE,
    errno.ENETUNREACH: Failure.NETWORK_UNREACHABLE,
}
ECHO_ID: Final = 4711
ECHO_REPLIES: Final = (0, 129)
# mtr-packet accepts 1,024 probes at once.
TRACES_AT_ONCE: Final = 60
TTLS: Final = range(1, 9)


async def ports(addresses: Iterable[str], patience_s: float = 2.0) -> dict[tuple[str, int], Failure | None]:
    """Connect to ports 25, 80 and 443 of each address; None is an open port."""

    async def connect(address: str, port: int) -> tuple[tuple[str, int], Failure | None]:
        failure = None
        try:
            async with asyncio.timeout(patience_s):
                _, writer = await asyncio.open_connection(address, port)
                writer.close()
        except TimeoutError:
            failure = Failure.TIMEOUT
        except OSError as error:
            failure = WORDS[error.errno or 0]
        return (address, port), failure

    return dict(await asyncio.gather(*(connect(address, port) for address in addresses for port in PORTS)))


def ping_all(addresses: Iterable[str], wait_s: float = 1.0) -> dict[str, float]:
    """Send an Echo Request to each address; return the round-trip times, in milliseconds, of those that answered."""
    addresses = list(addresses)
    rtts_ms: dict[str, float] = {}
    for kind, chosen in (
        (ICMPv4Socket, [a for a in addresses if ":" not in a]),
        (ICMPv6Socket, [a for a in addresses if ":" in a]),
    ):
        with kind(privileged=True) as sock:
            requests = {
                number: ICMPRequest(destination=address, id=ECHO_ID, sequence=number)
                for number, address in enumerate(chosen)
            }
            for request in requests.values():
                sock.send(request)
            deadline = time.monotonic() + wait_s
            while (remaining_s := deadline - time.monotonic()) > 0:
                try:
                    reply = sock.receive(None, remaining_s)
                except TimeoutExceeded:
                    break
                if reply.id == ECHO_ID and reply.type in ECHO_REPLIES:
                    request = requests[reply.sequence]
                    rtts_ms[request.destination] = (reply.time - request.time) * 1000
    return rtts_ms


def trace_all(addresses: list[str]) -> dict[str, list[str | None]]:
    """Send Echo Requests of TTL 1 to 8 with mtr-packet; None is silence."""
    traces: dict[str, list[str | None]] = {address: [None] * 8 for address in addresses}
    for start in range(0, len(addresses), TRACES_AT_ONCE):
        batch = addresses[start : start + TRACES_AT_ONCE]
        commands = [
            f"{number * 8 + ttl} send-probe ip-{6 if ':' in address else 4} {address} ttl {ttl} timeout 1\n"
            for number, address in enumerate(batch)
            for ttl in TTLS
        ]
        with subprocess.Popen(["mtr-packet"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as mtr:
            assert mtr.stdin is not None and mtr.stdout is not None
            mtr.stdin.write("".join(commands))
            mtr.stdin.flush()
            for _ in commands:
                token, word, *fields = mtr.stdout.readline().split()
                number, place = divmod(int(token) - 1, 8)
                if word != "no-reply":
                    traces[batch[number]][place] = fields[1]
            mtr.stdin.close()
    return traces


class SmtpClient:
    """A minimal polite client: greeting, EHLO or HELO, STARTTLS, EHLO, QUIT."""

    def __init__(self, address: str, patience_s: float = 4) -> None:
        self._connection = socket.create_connection((address, 25), timeout=4)
        self._connection.settimeout(patience_s)
        self.greeting_code: int | None = None
        self.hello: str | None = None
        self.starttls: Starttls | None = None
        self.tls = False
        self.failure: Failure | None = None

    def run(self) -> None:
        try:
            self._converse()
        finally:
            self._connection.close()

    def _converse(self) -> None:
        try:
            greeting = self._read()
        except TimeoutError:
            self.failure = Failure.TIMEOUT
            return
        if not greeting[:3].isdigit():
            self.failure = Failure.NOT_SMTP if greeting else Failure.CONNECTION_CLOSED
            return
        self.greeting_code = int(greeting[:3])
        if self.greeting_code == 220:
            self._greet()
        if self.failure is None:
            self._ask("QUIT")

    def _greet(self) -> None:
        answer = self._ask("EHLO client.example")
        self.hello = "EHLO" if answer.startswith("250") else None
        if self.hello is None and answer.startswith("5") and self._ask("HELO client.example").startswith("250"):
            self.hello = "HELO"
        if self.hello is None:
            self.failure = Failure.SERVICE_UNAVAILABLE if answer.startswith("421") else Failure.HELLO_REFUSED
        elif "STARTTLS" not in answer:
            self.starttls = Starttls.NOT_OFFERED
        elif not self._ask("STARTTLS").startswith("220"):
            self.starttls = Starttls.REFUSED
        else:
            self.starttls = Starttls.ACCEPTED
            self._secure()

    def _secure(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        try:
            self._connection = context.wrap_socket(self._connection)
            self.tls = True
            self._ask("EHLO client.example")
        except (ssl.SSLError, ConnectionError):
            self.failure = Failure.TLS_FAILED

    def _ask(self, command: str) -> str:
        self._connection.sendall(f"{command}\r\n".encode())
        return self._read()

    def _read(self) -> str:
        text = ""
        while data := self._connection.recv(4096).decode():
            text += data
            # A code and a hyphen: more lines follow (RFC 5321 section 4.2.1).
            if text.endswith("\n") and not re.match(r"\d{3}-", text.splitlines()[-1]):
                break
        return text
