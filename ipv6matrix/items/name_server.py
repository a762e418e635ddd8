"""
Name servers.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ipv6matrix.items.base import Answered


class NameServerAnswer(StrEnum):
    """What an address answers for a zone that is delegated to it, as its authority."""

    AUTHORITATIVE = "authoritative"
    LAME = "lame"
    REFUSED = "refused"
    SERVFAIL = "servfail"
    NXDOMAIN = "nxdomain"
    TIMEOUT = "timeout"
    CONNECTION_REFUSED = "connection_refused"
    BAD_REPLY = "bad_reply"
    UNTESTABLE = "untestable"
    SAMPLED = "sampled"


@dataclass(frozen=True, slots=True, kw_only=True)
class NameServerObservation:
    """
    The answer of one address to a query for the SOA record of one zone, without recursion.

    Sources: RFC 1034 section 4.3.1 (AA), RFC 7766 section 5 (both transports are required);
    the words follow Zonemaster's tests CONNECTIVITY01 and CONNECTIVITY02.
    """

    zone: str
    address: str
    tcp: bool
    "True if the query was sent over TCP only."
    answer: NameServerAnswer
    serial: int | None = None
    "Serial number of the zone; None unless `authoritative`."
    rtt_ms: float | None = None
    "Time from the query to its reply, in milliseconds; over TCP, from the SYN. None without a reply."
    asked_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NameServersObservation:
    """The answers of one address for some of its zones."""

    zones: tuple[NameServerObservation, ...]
    "One for each zone that was asked for: those that opted out are missing."


@dataclass(slots=True, kw_only=True)
class NameServerItem(Answered):
    """The answers of one address for some of its zones."""

    zones: tuple[NameServerObservation, ...] = ()
    "Without zones that opted out; empty if the address was excluded."
