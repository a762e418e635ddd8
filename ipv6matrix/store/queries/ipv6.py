"""
Domains with IPv6 by kind of host: the definition of `ipv6matrix.summaries.ipv6`, in SQL, for a whole crawl in seconds.
"""

from __future__ import annotations

from typing import Final

from ipv6matrix.store.database import Store
from ipv6matrix.store.dataset import CERTAIN

# Of a host, whether it has an address of each family, and whether that is unknown for IPv6; then of a domain and a
# kind, whether any host does. A failed lookup of NS or MX records makes the hosts of that kind unknown.
_STATES: Final = """
    WITH of_host AS (
        SELECT hosts.id,
               EXISTS (SELECT 1 FROM host_addresses WHERE host_id = hosts.id AND family = 6 AND choice = 1) AS six,
               EXISTS (SELECT 1 FROM host_addresses WHERE host_id = hosts.id AND family = 4 AND choice = 1) AS four,
               ifnull(refusal, '') NOT IN ({certain}) AND ifnull(aaaa_status, '') NOT IN ({certain}) AS uncertain
        FROM hosts),
    of_kind AS (
        SELECT domain_id, kind, max(six) AS six, max(six OR four) AS has_address, max(uncertain) AS uncertain
        FROM roles JOIN of_host ON of_host.id = host_id GROUP BY domain_id, kind
        UNION ALL
        SELECT id, 'NS', 0, 0, 1 FROM domains WHERE ns_status NOT IN ({certain})
        UNION ALL
        SELECT id, 'MX', 0, 0, 1 FROM domains WHERE mx_status NOT IN ({certain})),
    of_domain AS (
        SELECT kind, max(six) AS six, max(has_address) AS has_address, max(uncertain) AS uncertain
        FROM of_kind JOIN domains ON domains.id = domain_id WHERE domains.refusal IS NULL GROUP BY domain_id, kind)
    SELECT kind, sum(six), sum(NOT six AND NOT uncertain AND has_address), sum(NOT six AND uncertain)
    FROM of_domain GROUP BY kind"""


def count(store: Store) -> dict[str, tuple[int, int, int]]:
    """Return, by kind of host, the domains with IPv6, those without, and those of which it is unknown."""
    words = ", ".join(f"'{word}'" for word in sorted(CERTAIN))
    return {kind: (yes, no, unknown) for kind, yes, no, unknown in store.query(_STATES.format(certain=words))}
