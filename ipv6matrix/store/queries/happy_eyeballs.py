"""
Which family a browser would use for a host, by Happy Eyeballs.

A client prefers IPv6 and starts IPv4 after 250 ms (RFC 8305 section 8, "Connection
Attempt Delay"), so IPv6 is used if it connects at most that much later than IPv4.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Final, NamedTuple

from ipv6matrix.store.database import Store
from ipv6matrix.store.queries.both_families import BOTH, UNSENT

DELAY_MS: Final = 250


class Eyeballs(StrEnum):
    """Which family connects first."""

    IPV6_FIRST = "ipv6_first"
    SLOWER = "slower"
    IPV4_ONLY_IN_PRACTICE = "ipv4_only_in_practice"
    UNTESTABLE = "untestable"


class Race(NamedTuple):
    """One port of a host that has addresses of both families."""

    host: str
    port: int
    outcome: Eyeballs


def races(store: Store) -> Iterator[Race]:
    """Yield the ports 80 and 443 of hosts that were probed over both families."""
    return (Race(host, port, Eyeballs(outcome)) for host, port, outcome in store.stream(_RACES))


_RACES: Final = f"""
    WITH both AS ({BOTH})
    SELECT host, four.port, CASE
        WHEN four.failure IN {UNSENT} OR six.failure IN {UNSENT} OR NOT four.open THEN 'untestable'
        WHEN NOT six.open THEN 'ipv4_only_in_practice'
        WHEN four.connect_ms IS NULL OR six.connect_ms IS NULL THEN 'untestable'
        WHEN six.connect_ms <= four.connect_ms + {DELAY_MS} THEN 'ipv6_first'
        ELSE 'slower' END
    FROM both JOIN ports AS four ON four.address_id = four_id
    JOIN ports AS six ON six.address_id = six_id AND six.port = four.port
    WHERE four.port IN (80, 443)"""
