"""
Meaning of the same texts in files of this project, and in those of the 2022 crawler and its predecessors.

docs/observations.md numbers the faults of the old ones.
"""

from __future__ import annotations

from collections.abc import Iterator

from ipv6matrix.importers.texts import decimal, dns_name, dns_text, reverse_name
from ipv6matrix.reference.tunnels import TunnelPrefixes
from ipv6matrix.store.imported import Fact, Ping, ReverseName, Tunnel
from ipv6matrix.targets.policy import AddressPolicy


class Ours:
    """Files of this project: texts are taken at face value."""

    def exclusion(self, address: str) -> str | None:  # noqa: ARG002 - a chosen address was found to be usable
        """Return the reason why an address cannot represent a host."""
        return None

    def tunnel(self, address: str, tunnel_id: str | None = None) -> Iterator[Fact]:
        if tunnel_id is not None:
            yield Tunnel(address, tunnel_id)

    def latitude(self, text: str) -> float | None:
        return decimal(text)

    def largest6(self, text: str) -> float | None:
        """Read the largest IPv6 round-trip time of a ping file."""
        return decimal(text)

    def reverse_name(self, address: str, text: str) -> ReverseName:
        return ReverseName(address, reverse_name(dns_text(text)))

    def ping(self, ping: Ping) -> Ping:
        return ping


class Older(Ours):
    """Files of the 2022 crawler: values known to be wrong are left out."""

    def __init__(self, policy: AddressPolicy) -> None:
        self._policy = policy
        self._tunnels = TunnelPrefixes.known()

    def exclusion(self, address: str) -> str | None:
        """Faults 10 and 16: every address was probed, including private and mapped ones."""
        return self._policy.exclusion(address)

    def tunnel(self, address: str, tunnel_id: str | None = None) -> Iterator[Fact]:  # noqa: ARG002
        """Fault 3: no prefix was ever recognised."""
        identifier = self._tunnels.identify(address) if ":" in address else None
        yield from super().tunnel(address, identifier)

    def latitude(self, text: str) -> None:  # noqa: ARG002
        """Fault 1: it holds the longitude."""
        return

    def largest6(self, text: str) -> None:  # noqa: ARG002
        """Fault 2: it holds the mean."""
        return

    def reverse_name(self, address: str, text: str) -> ReverseName:
        """Fault 27: an address without a name may have itself as its name, and names may end in a dot."""
        return super().reverse_name(address, "n/a" if text in (address, "") else dns_name(text) or ".")

    def ping(self, ping: Ping) -> Ping:
        """Some versions wrote 0 for silence; a lost reply has no round-trip time."""
        if ping.avg_ms:
            return ping
        return ping._replace(min_ms=None, avg_ms=None, max_ms=None, mdev_ms=None)
