"""The sockets of a name server, UDP and TCP, and the loop that serves them."""

from __future__ import annotations

import select
import socket
import time
from abc import ABC, abstractmethod
from collections.abc import Callable

from simnet import helper


class DnsServer(ABC):
    """A loop over sockets bound to port 53, and over the commands of the parent."""

    def __init__(self, command: Callable[[str], str], udp: str, tcp: str) -> None:
        """Take over sockets, given as comma-separated descriptors."""
        self._command = command
        self._udp = _sockets(udp)
        self._tcp = _sockets(tcp)
        self._due: list[tuple[float, Callable[[], object]]] = []
        self._connections: dict[int, tuple[socket.socket, bytearray]] = {}
        self._poll = select.epoll()
        for descriptor in (0, *self._udp, *self._tcp):
            self._poll.register(descriptor, select.EPOLLIN)

    def run(self) -> None:
        """Serve forever."""
        helper.ready()
        while True:
            for descriptor, _ in self._poll.poll(self._pause_s()):
                if descriptor in self._udp:
                    self.datagrams(self._udp[descriptor])
                elif descriptor in self._connections:
                    self._stream(descriptor)
                elif descriptor in self._tcp:
                    self._accept(self._tcp[descriptor])
                else:
                    helper.obey(self._command)
            self._send_due()

    def later(self, delay_s: float, send: Callable[[], object]) -> None:
        """Send a reply after a delay, which is the same for all replies."""
        self._due.append((time.monotonic() + delay_s, send))

    def _pause_s(self) -> float | None:
        return max(self._due[0][0] - time.monotonic(), 0) if self._due else None

    def _send_due(self) -> None:
        while self._due and self._due[0][0] <= time.monotonic():
            self._due.pop(0)[1]()

    @abstractmethod
    def datagrams(self, udp_socket: socket.socket) -> None:
        """Answer the messages waiting on a UDP socket."""

    @abstractmethod
    def reply(self, connection: socket.socket, message: bytes) -> bytes | None:
        """Answer one message of a TCP connection; None is silence."""

    def _accept(self, listener: socket.socket) -> None:
        connection, _ = listener.accept()
        connection.setblocking(False)
        self._connections[connection.fileno()] = (connection, bytearray())
        self._poll.register(connection.fileno(), select.EPOLLIN)

    def _stream(self, descriptor: int) -> None:
        connection, pending = self._connections[descriptor]
        try:
            data = connection.recv(65536)
            pending += data
            self._answer(connection, pending)
        except OSError:
            # The client has closed the connection, so its remaining queries are dropped.
            data = b""
        if not data:
            del self._connections[descriptor]
            connection.close()

    def _answer(self, connection: socket.socket, pending: bytearray) -> None:
        # Each message is preceded by its length in two bytes (RFC 1035 section 4.2.2).
        while len(pending) >= 2 and len(pending) >= 2 + (length := int.from_bytes(pending[:2], "big")):
            if reply := self.reply(connection, bytes(pending[2 : 2 + length])):
                connection.sendall(len(reply).to_bytes(2, "big") + reply)
            del pending[: 2 + length]


def _sockets(descriptors: str) -> dict[int, socket.socket]:
    return {int(number): socket.socket(fileno=int(number)) for number in descriptors.split(",")}
