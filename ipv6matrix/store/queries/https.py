"""
HTTPS records: what they are, and whether their hints agree with the addresses of the host.
"""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import Final

from ipv6matrix.items import HttpsMode
from ipv6matrix.store.database import Store


class Hints(StrEnum):
    """How the IPv6 hints of a host compare with its AAAA records."""

    MATCH = "match"
    DIFFER = "differ"
    ONLY_HINT = "only_hint"
    "The host has no AAAA record."
    ABSENT = "absent"
    UNKNOWN = "unknown"
    "The AAAA lookup failed, or the hints are those of another host."


def modes(store: Store) -> dict[str, HttpsMode | str]:
    """Return what the HTTPS records of each host are; for a lookup that failed, the failure."""
    return dict(store.query(_MODES))


def hints(store: Store) -> dict[str, Hints]:
    """Return how the hints of each host with a service compare with its addresses."""
    return {name: Hints(word) for name, word in store.query(_HINTS)}


def count(store: Store) -> Counter[str]:
    """Count the hosts by what their HTTPS records are, and those with a service by their hints."""
    return Counter([*modes(store).values(), *hints(store).values()])


_MODES: Final = """
    SELECT name, CASE WHEN status IN ('nodata', 'nxdomain') THEN 'none' WHEN status <> 'ok' THEN status
                      WHEN EXISTS (SELECT 1 FROM https_records WHERE host_id = hosts.id AND priority = 0) THEN 'alias'
                      ELSE 'service' END
    FROM lookups JOIN hosts ON hosts.id = owner_id WHERE owner = 'host' AND type = 'HTTPS'"""

# Hints and addresses as sorted texts, which compare as sets. A record of a target with another name has its hints.
_HINTS: Final = """
    SELECT name, CASE WHEN hinted IS NULL THEN iif(elsewhere, 'unknown', 'absent')
                      WHEN status IN ('nodata', 'nxdomain') THEN 'only_hint'
                      WHEN status IS NULL OR status <> 'ok' OR held < records THEN 'unknown'
                      WHEN hinted = found THEN 'match' ELSE 'differ' END
    FROM (
        SELECT name, lookups.status AS status, lookups.records AS records,
               (SELECT group_concat(value) FROM (
                    SELECT DISTINCT value FROM https_records, json_each(ipv6hint)
                    WHERE host_id = hosts.id AND target IN ('.', name) ORDER BY value)) AS hinted,
               EXISTS (SELECT 1 FROM https_records
                       WHERE host_id = hosts.id AND target NOT IN ('.', name) AND ipv6hint <> '[]') AS elsewhere,
               (SELECT count(*) FROM host_addresses WHERE host_id = hosts.id AND host_addresses.family = 6) AS held,
               (SELECT group_concat(address) FROM (
                    SELECT DISTINCT address FROM host_addresses JOIN addresses ON addresses.id = address_id
                    WHERE host_id = hosts.id AND host_addresses.family = 6 ORDER BY address)) AS found
        FROM hosts LEFT JOIN lookups ON owner = 'host' AND owner_id = hosts.id AND type = 'AAAA'
        WHERE EXISTS (SELECT 1 FROM https_records WHERE host_id = hosts.id AND priority > 0))"""
