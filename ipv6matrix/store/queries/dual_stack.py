"""
Hosts with addresses of both families, with the measurements of each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from ipv6matrix.store.database import Store

# Number of addresses cached in memory: those that thousands of hosts share.
_KEPT: Final = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A host over IPv4 and over IPv6; None if there was no reply or no probe."""

    rtt4_ms: float | None
    "Mean round-trip time."
    rtt6_ms: float | None
    hops4: int | None
    "TTL that reached the address."
    hops6: int | None


def pairs(store: Store) -> Iterator[Pair]:
    """Yield each host once, however many domains use it, with the address that represents it."""

    @lru_cache(_KEPT)
    def rtt_ms(address_id: int) -> Any:
        return _figure(store, "SELECT avg_ms FROM ping_figures WHERE address_id = ?", address_id)

    @lru_cache(_KEPT)
    def hops(address_id: int) -> Any:
        return _figure(store, "SELECT hops FROM trace_figures WHERE address_id = ?", address_id)

    for four, six in store.stream(_PAIRS):
        yield Pair(rtt4_ms=rtt_ms(four), rtt6_ms=rtt_ms(six), hops4=hops(four), hops6=hops(six))


_PAIRS: Final = """
    SELECT four.address_id, six.address_id
    FROM host_addresses AS four
    CROSS JOIN host_addresses AS six ON six.host_id = four.host_id AND six.family = 6 AND six.choice = 1
    WHERE four.family = 4 AND four.choice = 1"""


def _figure(store: Store, sql: str, address_id: int) -> Any:
    rows = store.query(sql, (address_id,))
    return rows[0][0] if rows else None
