"""The purpose of the Echo Requests of a crawl, as a capture shows it."""

from __future__ import annotations

from simnet.blocks import LEAST_MTU
from simnet.packets import ICMP, ICMPV6, Packet

_ECHO_REQUEST = {ICMP: 8, ICMPV6: 128}
# Trace probes have small TTLs; all others the kernel's default.
_USUAL_TTL = 64
# Octets of a control request, by family: shorter than a ping's.
_CONTROL = {4: 56, 6: 76}


def purpose(packet: Packet) -> str | None:
    """Return "ping", "trace", "pmtu" or "control" for an Echo Request; None for any other packet."""
    if packet.port != _ECHO_REQUEST.get(packet.protocol):
        return None
    if packet.ttl != _USUAL_TTL:
        return "trace"
    if packet.length_bytes >= LEAST_MTU:
        return "pmtu"
    return "control" if packet.length_bytes == _CONTROL[packet.family] else "ping"
