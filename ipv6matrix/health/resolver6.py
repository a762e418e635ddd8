"""
Whether the resolvers of NAMESERVERS6 have IPv6, and no IPv4.

Without the first, every name would count as broken; without the second, none would.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from ipv6matrix.items import Status
from ipv6matrix.probes.dns import Resolver, Server

# Zones that have been served over IPv6 for many years.
SERVED_OVER_IPV6: Final = ("com", "net", "org")
# Names that two operators serve over IPv4 alone, to show whether a resolver uses it (Akamai, dnscheck.tools). As long
# as one of them does, no resolver without IPv4 finds both.
SERVED_OVER_IPV4: Final = ("whoami.ipv4.akahelp.net", "test-ipv4.dnscheck.tools")
# A denial may come from a zone above, which is served over both families.
_FOUND: Final = (Status.OK, Status.NODATA)


class Fault(StrEnum):
    """Why a resolver cannot show what resolves over IPv6 alone."""

    LACKS_IPV6 = "lacks_ipv6"
    HAS_IPV4 = "has_ipv4"
    UNPROVEN = "unproven"
    "An ordinary resolver finds none of SERVED_OVER_IPV4 either."


class Verdict(NamedTuple):
    """A faulty resolver, and the lookup that shows it."""

    fault: Fault
    server: Server
    name: str
    status: str


async def verdict(resolver6: Resolver, servers: Sequence[Server], ordinary: Resolver) -> Verdict | None:
    """Return the first fault of any of `servers`, which `resolver6` queries; None if all are without IPv4 alone."""
    names = (*SERVED_OVER_IPV6, *SERVED_OVER_IPV4)
    *rows, usual = await asyncio.gather(
        *(asyncio.gather(*(resolver6.lookup(name, "SOA", server=server) for name in names)) for server in servers),
        asyncio.gather(*(ordinary.lookup(name, "SOA") for name in SERVED_OVER_IPV4)),
    )
    served = [lookup.name for lookup in usual if lookup.status in _FOUND]
    for server, lookups in zip(servers, rows, strict=True):
        for lookup in lookups[: len(SERVED_OVER_IPV6)]:
            if lookup.status is not Status.OK:
                return Verdict(Fault.LACKS_IPV6, server, lookup.name, lookup.status)
        successes = [lookup for lookup in lookups if lookup.name in served and lookup.status in _FOUND]
        if served and len(successes) == len(served):
            return Verdict(Fault.HAS_IPV4, server, successes[0].name, successes[0].status)
    return None if served else Verdict(Fault.UNPROVEN, servers[0], SERVED_OVER_IPV4[0], usual[0].status)
