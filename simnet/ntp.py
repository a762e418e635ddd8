"""
The time servers (RFC 5905): one socket for each address.

    python -m simnet.ntp SCENARIO SOCKET,SOCKET…

Command: `stats`.
"""

from __future__ import annotations

import json
import pickle
import select
import socket
import struct
import sys
import time
from ipaddress import IPv4Address
from pathlib import Path
from typing import TYPE_CHECKING, Final

from simnet import helper
from simnet.behaviours import Ntp
from simnet.clocks import OFFSET_S, REFERENCE_ID, STRATUM

if TYPE_CHECKING:
    from simnet.scenario import Scenario

TO_1970: Final = 2_208_988_800
SERVER_MODE: Final = 4
PACKET_BYTES: Final = 48


class Clocks:
    """All time servers of a scenario."""

    def __init__(self, scenario: Scenario, sockets: list[socket.socket]) -> None:
        self._sockets = {
            udp_socket.fileno(): (udp_socket, scenario.clocks[udp_socket.getsockname()[0]]) for udp_socket in sockets
        }
        self._asked = 0

    def run(self) -> None:
        """Serve forever."""
        helper.ready()
        while True:
            for descriptor in select.select([0, *self._sockets], (), ())[0]:
                if descriptor:
                    self._answer(*self._sockets[descriptor])
                else:
                    helper.obey(lambda _: json.dumps({"asked": self._asked}))

    def _answer(self, udp_socket: socket.socket, ntp: Ntp) -> None:
        packet, client = udp_socket.recvfrom(512)
        self._asked += 1
        if len(packet) >= PACKET_BYTES and ntp is not Ntp.SILENT:
            udp_socket.sendto(reply(ntp, packet, time.time()), client)


def reply(ntp: Ntp, packet: bytes, now: float) -> bytes:
    """Return the answer of a time server to a packet that arrived just now."""
    leap, stratum, reference = 0, STRATUM, IPv4Address(REFERENCE_ID).packed
    if ntp is Ntp.STRATUM_16:
        leap, stratum, reference = 3, 16, b"INIT"
    elif ntp is Ntp.RATE:
        leap, stratum, reference = 3, 0, b"RATE"
    origin = bytes(8) if ntp is Ntp.WRONG_ORIGIN else packet[40:48]
    clock = timestamp(now + OFFSET_S)
    first = leap << 6 | (packet[0] >> 3 & 7) << 3 | SERVER_MODE
    return struct.pack("!BBbbII4sQ8sQQ", first, stratum, 6, -20, 0, 0, reference, clock, origin, clock, clock)


def timestamp(seconds: float) -> int:
    """Return a time as 64 bits of seconds since 1900 (RFC 5905 section 6)."""
    return int((seconds + TO_1970) * 2**32) & (1 << 64) - 1


def main(scenario: str, descriptors: str) -> None:
    helper.begin()
    sockets = [socket.socket(fileno=int(number)) for number in descriptors.split(",")]
    Clocks(pickle.loads(Path(scenario).read_bytes()), sockets).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
