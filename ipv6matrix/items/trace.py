"""
Paths to addresses.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ipv6matrix.items.base import Answered, Failure


class Stop(StrEnum):
    """Why a trace ended."""

    REACHED = "reached"
    GAP_LIMIT = "gap_limit"
    MAX_TTL = "max_ttl"
    UNREACHABLE = "unreachable"
    OTHER_ADDRESS = "other_address"
    LOOP = "loop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One TTL of a trace; a silent router has neither address nor RTT."""

    ttl: int
    address: str | None = None
    rtt_ms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceObservation:
    """
    The path to one address, from Time Exceeded messages.

    `hops` contains every TTL probed, from 1 to the one that reached the address or, if
    none did, to the last one probed.

    Sources: RFC 792 and RFC 4443 section 3.3 (Time Exceeded).
    """

    hops: tuple[Hop, ...] = ()
    stop: Stop | None = None
    "None if `failure` is set."
    reached_ttl: int | None = None
    failure: Failure | None = None
    asked_at: float


@dataclass(slots=True, kw_only=True)
class TraceItem(Answered):
    """The path to one address."""

    address: str
    trace: TraceObservation
