"""The record of every packet that left the vantage point."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from socket import AF_INET, AF_INET6, inet_ntop
from struct import Struct
from typing import Final

from simnet.topology import Family

ICMP, TCP, UDP, ICMPV6 = 1, 6, 17, 58

# time, version, protocol, port or ICMP type, TTL, TCP flags, length, source and destination (4 or 16 bytes, padded).
RECORD: Final = Struct("!dBBHBBH16s16s")
SYN: Final = 0x02


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """One packet, as the first link of the path saw it."""

    sent_at: float
    "Seconds since 1970-01-01 UTC."
    family: Family
    source: str
    destination: str
    protocol: int
    "An IANA protocol number: 1 ICMP, 6 TCP, 17 UDP, 58 ICMPv6."
    port: int
    "Destination port; for ICMP, the type of the message."
    ttl: int
    flags: int
    "TCP flags, or 0."
    length_bytes: int


def record(packet: bytes, sent_at: float) -> bytes:
    """Encode a packet; empty for packets of IPv6 itself: Neighbour and Multicast Listener Discovery."""
    if packet[0] >> 4 == 4:
        start = (packet[0] & 15) * 4
        protocol, ttl, source, destination = packet[9], packet[8], packet[12:16], packet[16:20]
    else:
        start = 40
        protocol, ttl, source, destination = packet[6], packet[7], packet[8:24], packet[24:40]
        if protocol == 0 or (protocol == ICMPV6 and 130 <= packet[start] <= 143):
            return b""
    flags = 0
    if protocol in (TCP, UDP):
        number = packet[start + 2] << 8 | packet[start + 3]
        if protocol == TCP:
            flags = packet[start + 13]
    else:
        number = packet[start] if len(packet) > start else 0
    return RECORD.pack(sent_at, packet[0] >> 4, protocol, number, ttl, flags, len(packet), source, destination)


def read(path: Path) -> list[Packet]:
    """Decode what `record` encoded."""
    data = path.read_bytes()
    return [_packet(*fields) for fields in RECORD.iter_unpack(data[: len(data) // RECORD.size * RECORD.size])]


def _packet(
    sent_at: float,
    version: int,
    protocol: int,
    port: int,
    ttl: int,
    flags: int,
    length: int,
    source: bytes,
    destination: bytes,
) -> Packet:
    family: Family = 4 if version == 4 else 6
    return Packet(
        sent_at=sent_at,
        family=family,
        source=_text(source, family),
        destination=_text(destination, family),
        protocol=protocol,
        port=port,
        ttl=ttl,
        flags=flags,
        length_bytes=length,
    )


def _text(address: bytes, family: Family) -> str:
    return inet_ntop(AF_INET, address[:4]) if family == 4 else inet_ntop(AF_INET6, address)
