"""
Time servers.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ipv6matrix.items.base import Answered, Failure


class NtpStatus(StrEnum):
    """What the reply of a time server means; without a valid reply, the status is a `Failure`."""

    ANSWERS = "answers"
    UNSYNCHRONISED = "unsynchronised"
    KISS = "kiss"


@dataclass(frozen=True, slots=True, kw_only=True)
class NtpObservation:
    """
    The reply of a time server to one client packet.

    `status` is `kiss` for a kiss-o'-death packet, whose code is `reference_id`, and
    `bad_reply` if the only packets that arrived were not replies to the request.

    Sources: RFC 5905 sections 7.3 (header), 7.4 (kiss codes) and 8 (offset and delay);
    RFC 9109 (source port).
    """

    status: NtpStatus | Failure
    stratum: int | None = None
    reference_id: str | None = None
    "Four ASCII characters for stratum 0 and 1, otherwise four numbers with dots."
    offset_ms: float | None = None
    "The server's clock minus that of this vantage point, in milliseconds."
    delay_ms: float | None = None
    "Round-trip time without the time that the server took, in milliseconds."
    asked_at: float


@dataclass(slots=True, kw_only=True)
class NtpItem(Answered):
    """The reply of the time server at one address."""

    address: str
    ntp: NtpObservation
