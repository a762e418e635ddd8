"""
Echo Requests and their replies.
"""

from __future__ import annotations

from dataclasses import dataclass

from ipv6matrix.items.base import Answered, Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class PingObservation:
    """
    Result of one series of Echo Requests to one address.

    An address that never replies has an empty `rtts_ms` and no `failure`: `failure`
    is set only if this vantage point could not send.

    Sources: RFC 4443 section 4 and RFC 792 (Echo), RFC 2681 (round-trip delay).
    """

    sent: int
    "Number of Echo Requests sent."
    rtts_ms: tuple[float, ...] = ()
    "Round-trip time of each reply, in milliseconds, in sending order."
    failure: Failure | None = None
    unsent: int = 0
    "Number of further Echo Requests that this vantage point could not send: its connection may have ended. Not stored."
    asked_at: float


@dataclass(slots=True, kw_only=True)
class PingItem(Answered):
    """The Echo Replies of one address."""

    address: str
    ping: PingObservation
