"""
Domains with IPv6 by kind of host: the definition of `ipv6matrix.summaries.ipv6`, in SQL, for a whole crawl in seconds.
"""

from __future__ import annotations

from typing import Final

from ipv6matrix.store.database import Store
from ipv6matrix.store.dataset import CERTAIN

# Of a role of a host, then of a domain and a kind: whether there is an IPv6 address, any address, and whether a lookup
# failed. A failed lookup of NS or MX records makes the hosts of that kind unknown.
_STATES: Final = """
    WITH found (domain_id, kind, six, has_address, uncertain) AS (
        SELECT domain_id, kind, address6_id IS NOT NULL, coalesce(address4_id, address6_id) IS NOT NULL,
               ifnull(refusal, '') NOT IN ({certain}) AND ifnull(aaaa_status, '') NOT IN ({certain})
        FROM role_figures
        UNION ALL
        SELECT id, 'NS', 0, 0, 1 FROM domain_figures WHERE ns_status NOT IN ({certain})
        UNION ALL
        SELECT id, 'MX', 0, 0, 1 FROM domain_figures WHERE mx_status NOT IN ({certain})),
    of_domain AS (
        SELECT kind, max(six) AS six, max(has_address) AS has_address, max(uncertain) AS uncertain
        FROM found JOIN domains ON domains.id = domain_id WHERE refusal IS NULL GROUP BY domain_id, kind)
    SELECT kind, sum(six), sum(NOT six AND NOT uncertain AND has_address), sum(NOT six AND uncertain)
    FROM of_domain GROUP BY kind"""


def count(store: Store) -> dict[str, tuple[int, int, int]]:
    """Return, by kind of host, the domains with IPv6, those without, and those of which it is unknown."""
    words = ", ".join(f"'{word}'" for word in sorted(CERTAIN))
    return {kind: (yes, no, unknown) for kind, yes, no, unknown in store.query(_STATES.format(certain=words))}
