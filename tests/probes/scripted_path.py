"""
A path whose routers and hosts answer as a test scripts it: a TUN device behind which every packet is read and answered
here.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import struct
import subprocess
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from typing import NamedTuple

from ipv6matrix.probes.trace import source_of
from simnet.network import _tun

DEVICE = "scripted"
NETWORKS = ("203.0.113.0/24", "2001:db8:ff::/48")
# ICMP and ICMPv6 types, all with code 0.
EXPIRED, UNREACHABLE, REPLY = (11, 3), (3, 1), (0, 129)


class Probe(NamedTuple):
    """An Echo Request that arrived."""

    target: str
    ttl: int
    count: int
    "The number of probes with this TTL to this target so far, from 1."


class Says(NamedTuple):
    """One answer to a probe."""

    kind: tuple[int, int]
    source: str
    ahead: int = 0
    "Offset of its sequence number from that of the probe: a guess at another probe."


Script = Callable[[Probe], list[Says]]


@contextlib.contextmanager
def scripted_path(script: Script) -> Iterator[list[Probe]]:
    """Collect the probes that arrive, each answered as `script` returns."""
    seen: list[Probe] = []
    device = _tun(DEVICE)
    try:
        for command in (
            ["link", "set", DEVICE, "up"],
            *(["route", "add", network, "dev", DEVICE] for network in NETWORKS),
        ):
            subprocess.run(["ip", *command], check=True)
        asyncio.get_running_loop().add_reader(device, _take, device, script, seen)
        yield seen
    finally:
        asyncio.get_running_loop().remove_reader(device)
        os.close(device)


def _take(device: int, script: Script, seen: list[Probe]) -> None:
    packet = os.read(device, 4096)
    six = packet[0] >> 4 == 6
    start = 40 if six else 20
    if packet[start] != (128 if six else 8):
        return
    source, target = (str(ip_address(packet[at : at + (16 if six else 4)])) for at in ((8, 24) if six else (12, 16)))
    ttl = packet[7] if six else packet[8]
    seen.append(Probe(target, ttl, 1 + sum(probe[:2] == (target, ttl) for probe in seen)))
    for says in script(seen[-1]):
        os.write(device, _answer(says, packet, start, source))


def _answer(says: Says, packet: bytes, start: int, receiver: str) -> bytes:
    identifier, sequence = struct.unpack_from("!HH", packet, start + 4)
    numbers = struct.pack("!HH", identifier, (sequence + says.ahead) % 65536)
    six = ":" in says.source
    if says.kind == REPLY:
        body = numbers + packet[start + 8 :]
    else:
        body = bytes(4) + packet[: start + 4] + numbers + packet[start + 8 :]
    message = bytes((says.kind[six], 0, 0, 0)) + body
    if (":" in receiver) != six:  # a stranger of the other family
        receiver = source_of(NETWORKS[six].partition("/")[0])
    ends = ip_address(says.source).packed + ip_address(receiver).packed
    pseudo = ends + struct.pack("!IxxxB", len(message), 58) if six else b""
    message = message[:2] + _checksum(pseudo + message) + message[4:]
    if six:
        return struct.pack("!IHBB", 6 << 28, len(message), 58, 64) + ends + message
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(message), 0, 0, 64, 1, 0) + ends
    return header[:10] + _checksum(header) + header[12:] + message


def _checksum(octets: bytes) -> bytes:
    octets += bytes(len(octets) % 2)
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    total = (total & 0xFFFF) + (total >> 16)
    return struct.pack("!H", ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF)
