"""
Hosts with addresses of both families, with the measurements of each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

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
    def rtt_ms(address: str) -> float | None:
        return _number(store, "SELECT avg FROM ping WHERE ip = ?", address)

    @lru_cache(_KEPT)
    def hops(address: str) -> int | None:
        number = _number(store, "SELECT hops FROM tracert WHERE ip = ?", address)
        return None if number is None else int(number)

    for four, six in store.stream(_PAIRS):
        yield Pair(rtt4_ms=rtt_ms(four), rtt6_ms=rtt_ms(six), hops4=hops(four), hops6=hops(six))


_PAIRS: Final = """
    SELECT address4.address, address6.address
    FROM host_addresses AS four
    CROSS JOIN host_addresses AS six ON six.host_id = four.host_id AND six.family = 6 AND six.choice = 1
    CROSS JOIN addresses AS address4 ON address4.id = four.address_id
    CROSS JOIN addresses AS address6 ON address6.id = six.address_id
    WHERE four.family = 4 AND four.choice = 1"""


def _number(store: Store, sql: str, address: str) -> float | None:
    rows = store.query(sql, (address,))
    # The views with the old names contain `n/a` for unknown values.
    return None if not rows or rows[0][0] == "n/a" else float(rows[0][0])
