"""
How the name servers of a host behave when they are asked for AAAA (RFC 4074).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from ipv6matrix.store.database import Store


class Behaviour(StrEnum):
    """What lookups of AAAA show, next to those of A."""

    SOUND = "sound"
    DENIED = "denied"
    "NXDOMAIN, although the name has A records (RFC 4074 section 4.2): resolvers may then deny A as well."
    FAILING = "failing"
    SILENT = "silent"
    UNKNOWN = "unknown"
    "The A lookup failed too, or the failure is not one of a name server."


def behaviours(store: Store) -> dict[str, Behaviour]:
    """Return the behaviour for each host for which both types were looked up."""
    return {name: Behaviour(word) for name, word in store.query(_BEHAVIOURS)}


# Statuses after the retry pass.
_BEHAVIOURS: Final = """
    SELECT name, CASE WHEN a.status NOT IN ('ok', 'nodata', 'nxdomain') THEN 'unknown'
                      WHEN aaaa.status = 'nxdomain' AND a.status = 'ok' THEN 'denied'
                      WHEN aaaa.status IN ('ok', 'nodata', 'nxdomain', 'cname_loop') THEN 'sound'
                      WHEN aaaa.status IN ('servfail', 'formerr', 'notimp', 'refused', 'other_rcode') THEN 'failing'
                      WHEN aaaa.status = 'timeout' THEN 'silent' ELSE 'unknown' END
    FROM hosts JOIN lookups AS a ON a.owner = 'host' AND a.owner_id = hosts.id AND a.type = 'A'
    JOIN lookups AS aaaa ON aaaa.owner = 'host' AND aaaa.owner_id = hosts.id AND aaaa.type = 'AAAA'"""
