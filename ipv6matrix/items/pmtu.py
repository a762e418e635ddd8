"""
Path MTU of IPv6 addresses.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ipv6matrix.items.base import Answered, Failure


class PmtuStatus(StrEnum):
    """What Echo Requests of different sizes show about the MTU of a path; if none could be sent, a `Failure`."""

    MEASURED = "measured"
    BLACK_HOLE = "black_hole"
    UNTESTABLE = "untestable"


@dataclass(frozen=True, slots=True, kw_only=True)
class PmtuObservation:
    """
    Echo Requests of 1500 and 1280 octets to one IPv6 address, never fragmented.

    `black_hole` means that packets of 1280 octets are answered and those of 1500 vanish
    without a Packet Too Big; `untestable` that no Echo Request is answered.

    Sources: RFC 8201 (path MTU discovery), RFC 2923 section 2.1 (black holes),
    RFC 4443 sections 3.2 (Packet Too Big) and 4 (Echo).
    """

    status: PmtuStatus | Failure
    mtu_bytes: int | None = None
    "1500, or the MTU in a Packet Too Big; None unless `status` is `measured`."
    sent: int
    "Number of Echo Requests sent."
    asked_at: float


@dataclass(slots=True, kw_only=True)
class PmtuItem(Answered):
    """The MTU of the path to one address."""

    address: str
    pmtu: PmtuObservation
