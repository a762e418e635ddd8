"""
Lookups at a resolver without IPv4, compared with those at an ordinary one.
"""

from __future__ import annotations

import asyncio
from typing import Final

from ipv6matrix.items import (
    TRANSIENT_LOOKUP_FAILURES,
    Failure,
    LookupObservation,
    Resolvability,
    ResolvabilityObservation,
)
from ipv6matrix.probes.hosts import Lookup

# Unbound answers from its cache for 5 s after a failure.
PAUSE_S: Final = 6.0


# Outcomes of a lookup without a reply from the resolver.
_WITHOUT_REPLY: Final = TRANSIENT_LOOKUP_FAILURES - {Failure.SERVFAIL}


async def resolvability(
    lookup6: Lookup, lookup: Lookup, name: str, rdtype: str, *, pause_s: float = PAUSE_S
) -> ResolvabilityObservation:
    """
    Look up a name with `lookup6`, which has no IPv4; twice and then with `lookup` if that fails.

    The ordinary lookup comes last, so that a failure that has ended is not taken for one of IPv6.
    Only a failure that the resolver reports counts: its silence may be due to the load of the crawl.
    """
    first = last = await lookup6(name, rdtype)
    if isinstance(last.status, Failure):
        await asyncio.sleep(pause_s)
        last = await lookup6(name, rdtype)
    if not isinstance(last.status, Failure):
        return _observation(first, last, Resolvability.RESOLVABLE)
    if last.status in _WITHOUT_REPLY or isinstance((await lookup(name, rdtype)).status, Failure):
        return _observation(first, last, Resolvability.UNKNOWN)
    parent = await lookup6(name.partition(".")[2], "SOA")
    return _observation(first, last, Resolvability.BROKEN, parent)


def _observation(
    first: LookupObservation, last: LookupObservation, answer: Resolvability, parent: LookupObservation | None = None
) -> ResolvabilityObservation:
    return ResolvabilityObservation(
        name=last.name,
        type=last.type,
        answer=answer,
        status=last.status,
        parent=parent.status if parent else None,
        asked_at=first.asked_at,
    )
