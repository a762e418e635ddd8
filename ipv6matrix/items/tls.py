"""
TLS handshakes with web servers.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ipv6matrix.items.base import Answered, Failure
from ipv6matrix.items.smtp import Certificate


class TlsStatus(StrEnum):
    """
    How a TLS handshake ended; without an answer in TLS, the status is a `Failure`.

    Certificates are verified, but a handshake is completed whatever the result is. Of
    several faults of a certificate, the first of this list counts.
    """

    OK = "ok"
    UNTRUSTED = "untrusted"
    EXPIRED = "expired"
    WRONG_NAME = "wrong_name"
    ALERT = "alert"


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsObservation:
    """
    One TLS handshake with one address, for one host.

    Sources: RFC 8446; RFC 6066 section 3 (server name); RFC 7301 (ALPN); RFC 5280
    section 6 and RFC 9525 (verification of certificate and name).
    """

    status: TlsStatus | Failure
    version: str | None = None
    cipher: str | None = None
    "Name of the cipher suite, as OpenSSL spells it."
    alpn: str | None = None
    "The protocol that the server chose; None if it chose none."
    certificate: Certificate | None = None
    handshake_ms: float | None = None
    "Duration of the handshake, in milliseconds; includes the processor time of both sides."
    asked_at: float


@dataclass(slots=True, kw_only=True)
class TlsItem(Answered):
    """A TLS handshake for one host at one of its addresses, or the reason why it was excluded."""

    host: str
    address: str
    tls: TlsObservation | None = None
    refusal: str | None = None
