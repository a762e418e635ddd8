"""
TCP handshakes.
"""

from __future__ import annotations

from dataclasses import dataclass

from ipv6matrix.items.base import Answered, Failure
from ipv6matrix.items.smtp import SmtpObservation


@dataclass(frozen=True, slots=True, kw_only=True)
class PortObservation:
    """
    Result of one TCP handshake with one port (RFC 9293 section 3.5).

    A port that completes the handshake is open; otherwise `failure` is the reason: a
    filtered port is `timeout`, a closed one `connection_refused`.
    """

    port: int
    open: bool
    connect_ms: float | None = None
    "Round-trip time of SYN and SYN-ACK as measured by the kernel, in milliseconds."
    mss_bytes: int | None = None
    "Maximum segment size towards the address (RFC 9293 section 3.7.1), in octets; None unless the port is open."
    failure: Failure | None = None
    asked_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpObservation:
    """The results for all ports of one address."""

    ports: tuple[PortObservation, ...]
    smtp: SmtpObservation | None = None
    "None if port 25 was not probed or did not open."


@dataclass(slots=True, kw_only=True)
class TcpItem(Answered):
    """The ports and SMTP session of one address."""

    address: str
    tcp: TcpObservation
