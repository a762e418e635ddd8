"""
How the name servers of a block misbehave over IPv6; over IPv4 they are good.

Plain data, which the authoritative servers, the packet filter and the truth read.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

SLOW_S: Final = 0.7


class NameServer(StrEnum):
    """What port 53 does over IPv6."""

    REFUSES = "refuses"
    LAME = "lame"
    "Refers to the root."
    SILENT = "silent"
    SLOW = "slow"
    SERVFAIL = "servfail"
    DENIES = "denies"
    "NXDOMAIN for its own zones."
    CLOSED = "closed"
    GARBAGE = "garbage"
    UDP_ONLY = "udp_only"
    STALE = "stale"
    "An older version of its zones."
