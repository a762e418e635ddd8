"""
A spoofer: a remote attacker that sends DNS replies in the resolver's name, with guessed ids.

It can forge the source of packets, because no network on the way filters them, but sees none of the crawler's packets.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from simnet.namespaces import Namespace

_DNS: Final = 53
_UDP: Final = 17


class Spoofer:
    """Sends forged replies over IPv4 to the vantage point."""

    def __init__(self, namespace: Namespace, source: str, target: str) -> None:
        self._source, self._target = source, target
        # The kernel in its namespace accepts the IP header as it is, including the source.
        self._socket = namespace.run(lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def send(self, port: int, question: bytes, address: str, ids: Iterable[int], is_over: Callable[[], bool]) -> int:
        """Send a reply with one A record for each id until stopped; return the number of replies sent."""
        record = b"\xc0\x0c\0\1\0\1\0\1\x51\x80\0\4" + socket.inet_aton(address)
        tail = b"\x81\x80\0\1\0\1\0\0\0\0" + question + record
        head = self._head(port, 2 + len(tail))
        sent = 0
        for identifier in ids:
            if is_over():
                break
            self._socket.sendto(head + identifier.to_bytes(2) + tail, (self._target, 0))
            sent += 1
        return sent

    def _head(self, port: int, length: int) -> bytes:
        source, target = socket.inet_aton(self._source), socket.inet_aton(self._target)
        # The kernel computes the checksum of the IP header; that of UDP is optional (RFC 768).
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28 + length, 0, 0, 64, _UDP, 0, source, target)
        return ip + struct.pack("!HHHH", _DNS, port, 8 + length, 0)


def connected_ports(server: str) -> set[int]:
    """Return the UDP ports of this namespace that are connected to port 53 of an IPv4 address."""
    remote = f"{int.from_bytes(socket.inet_aton(server), 'little'):08X}:{_DNS:04X}"
    rows = [line.split() for line in Path("/proc/thread-self/net/udp").read_text().splitlines()[1:]]
    return {int(row[1].partition(":")[2], 16) for row in rows if row[2] == remote}
