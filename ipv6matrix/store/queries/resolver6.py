"""
Zones that do not resolve over IPv6 alone, and why.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from ipv6matrix.items import NameServerAnswer, Resolvability
from ipv6matrix.store.database import Store


class Cause(StrEnum):
    """Why a zone does not resolve over IPv6 alone, as far as the crawl knows."""

    NO_NS_ADDRESS = "no_ns_address"
    "None of its name servers has an IPv6 address."
    NS_SILENT = "ns_silent"
    "They have, but none answers for it over IPv6."
    PARENT = "parent"
    "They answer: the zone above does not resolve, or lacks the IPv6 addresses of name servers below the zone."
    UNEXPLAINED = "unexplained"


def causes(store: Store) -> dict[str, Cause]:
    """Return the cause for each zone that is broken."""
    return {name: Cause(word) for name, word in store.query(_CAUSES)}


_CAUSES: Final = f"""
    WITH servers AS (
        SELECT domains.id AS domain_id, count(address_id) AS addresses,
               sum(hosts.name <> domains.name AND hosts.name NOT LIKE '%.' || domains.name) AS outside
        FROM domains JOIN roles ON roles.domain_id = domains.id AND roles.kind = 'NS'
        JOIN hosts ON hosts.id = roles.host_id
        LEFT JOIN host_addresses ON host_addresses.host_id = hosts.id AND host_addresses.family = 6
        GROUP BY domains.id
    ), asked AS (
        SELECT domain_id, sum(answer = '{NameServerAnswer.AUTHORITATIVE}') AS good FROM name_servers
        JOIN addresses ON addresses.id = address_id WHERE tcp = 0 AND family = 6 GROUP BY domain_id
    )
    SELECT resolver6.name,
           CASE WHEN ifnull(servers.addresses, 0) = 0 THEN 'no_ns_address'
                WHEN good = 0 THEN 'ns_silent'
                WHEN parent_status NOT IN ('ok', 'nodata', 'nxdomain') THEN 'parent'
                WHEN good > 0 AND outside = 0 THEN 'parent'
                ELSE 'unexplained' END
    FROM resolver6 JOIN domains ON domains.name = resolver6.name
    LEFT JOIN servers ON servers.domain_id = domains.id LEFT JOIN asked ON asked.domain_id = domains.id
    WHERE type = 'SOA' AND answer = '{Resolvability.BROKEN}'"""
