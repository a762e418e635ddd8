"""
Ranks of domains: their places in the list of the crawl, which are the order in which their records were requested.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ipv6matrix.store.database import Store

NO_BRACKET: Final = 0
# Upper bounds, of which a list of any length needs a few.
BRACKETS: Final = tuple(10**power for power in range(3, 10))


class Brackets:
    """The rank brackets of domains; all have NO_BRACKET if the list of the crawl has no ranks."""

    def __init__(self, store: Store, bounds: Sequence[int] = BRACKETS) -> None:
        self._store = store
        ranks = (store.crawl() or {}).get("ranks", 0)
        # By the number of the last request in it, in ascending order.
        self._last = store.query(_last(bounds), (ranks,)) if ranks else []

    def of(self, domain: str) -> int:
        """Return the first bound that the rank of a domain does not exceed: 1,000, 10,000, 100,000 …"""
        if not self._last:
            return NO_BRACKET
        ((number,),) = self._store.query(f"SELECT {_NUMBER} FROM (SELECT ? AS name)", (domain,))
        return next((bracket for last, bracket in self._last if number is not None and number <= last), NO_BRACKET)


# The number of the request for the records of a domain; that of the retry pass is larger.
_NUMBER: Final = """
    (SELECT min(number) FROM requests
     WHERE url >= 'dns://resolver/' || name || '?type=' AND url < 'dns://resolver/' || name || '?type>'
           AND substr(url, length('dns://resolver/' || name || '?type=') + 1, 2) IN ('NS', 'MX', 'SO'))"""


def _last(bounds: Sequence[int]) -> str:
    """Return SQL for the number of the last request in each bracket."""
    brackets = " ".join(f"WHEN rank <= {bound} THEN {bound}" for bound in bounds)
    return f"""
        SELECT number, CASE {brackets} END
        FROM (SELECT number, row_number() OVER (ORDER BY number) AS rank, count(*) OVER () AS domains
              FROM (SELECT {_NUMBER} AS number FROM domains) WHERE number IS NOT NULL)
        WHERE rank <= ?1 AND (rank IN ({", ".join(map(str, bounds))}) OR rank = min(?1, domains))
        ORDER BY number"""
