"""How many probe packets a crawl has sent in a second, as the first link of the path shows them."""

from __future__ import annotations

from ipaddress import ip_network

from simnet.packets import SYN, TCP, UDP, Packet
from simnet.topology import RESOLVER_ADDRESS
from tests.echoes import purpose

# Other processes on the machine delay packets, and delayed packets leave together.
TOLERANCE = 1.2


def probes(packets: list[Packet]) -> list[Packet]:
    """Return the probe packets: Echo Requests, SYNs to the measured ports, and queries to name servers."""
    return [
        packet
        for packet in packets
        if purpose(packet)
        or (packet.protocol == TCP and packet.flags == SYN and packet.port in (25, 53, 80, 443))
        or (packet.protocol == UDP and packet.port == 53 and packet.destination not in RESOLVER_ADDRESS.values())
    ]


def most_in_a_second(packets: list[Packet]) -> int:
    """Return the number of packets in the busiest second, wherever it begins."""
    times = sorted(packet.sent_at for packet in packets)
    first, most = 0, 0
    for last, sent_at in enumerate(times):
        while times[first] <= sent_at - 1:
            first += 1
        most = max(most, last - first + 1)
    return most


def busiest(packets: list[Packet]) -> dict[str, int]:
    """Return the number of packets in the busiest second of each IPv4 /24 and IPv6 /48."""
    by_network: dict[str, list[Packet]] = {}
    for packet in packets:
        prefix = ip_network(f"{packet.destination}/{24 if packet.family == 4 else 48}", strict=False)
        by_network.setdefault(str(prefix), []).append(packet)
    return {network: most_in_a_second(sent) for network, sent in by_network.items()}
