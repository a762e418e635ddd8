"""
Asks whether the resolvers are there, and tell the truth.

Sources: RFC 8020 (NXDOMAIN covers what lies below), RFC 8910 (captive portals), RFC 2308 (negative answers).
"""

from __future__ import annotations

import asyncio
import random
import secrets
from collections import deque
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from ipv6matrix.items import Failure, LookupObservation, Status
from ipv6matrix.probes.dns import Resolver, Server

# Seconds that one try, and all tries of a lookup, may take.
_TRY_S: Final = 1.0
_LOOKUP_S: Final = 2.0
# Random names are made below these, which no stranger owns and no cache can answer for.
_ABOVE: Final = ("com", "net")
# Domains of the list that answered lately, and how many of them are asked again.
_KEPT: Final = 32
_MANY: Final = 2

_DENIED: Final = frozenset((Status.NODATA, Status.NXDOMAIN))

Outcome = Status | Failure
Name = tuple[str, str]
"A name and a type."


class Fault(StrEnum):
    """What is wrong with a resolver."""

    SILENT = "no longer answers"
    DENIES = "denies names that exist"
    INVENTS = "gives addresses to names that do not exist"


def fault_of(
    root: Outcome, public: Sequence[Outcome], domains: Sequence[Outcome], absent: Sequence[Sequence[Outcome]]
) -> Fault | None:
    """
    Judge a resolver by its answers.

    `root` is that to the name servers of the root; `public` those to names of
    the root and of top-level domains that answered before, `domains` those to
    domains of the list that did; `absent` those to random names, a sequence for
    each type. A domain may go of its own accord, so domains count only together
    and where nothing public is known.
    """
    if any(Status.OK in outcomes and not _DENIED & set(outcomes) for outcomes in absent):
        return Fault.INVENTS
    gone = not public and len(domains) >= _MANY and set(domains) <= _DENIED
    if root in _DENIED or _DENIED & set(public) or gone:
        return Fault.DENIES
    # What the root is asked may come out of a cache; a random name cannot. One answer is enough: a busy
    # resolver is late with some.
    return None if any(_DENIED & set(outcomes) for outcomes in absent) else Fault.SILENT


class ResolverCheck:
    """Asks each of the resolvers for what must exist and for what must not."""

    def __init__(self, servers: Sequence[Server]) -> None:
        self._resolvers = [Resolver((server,), timeout_s=_TRY_S, lifetime_s=_LOOKUP_S) for server in servers]
        self._domains: deque[str] = deque(maxlen=_KEPT)
        self._public: set[Name] = {(name, "NS") for name in _ABOVE}
        self._proven: set[Name] = set()

    async def close(self) -> None:
        for resolver in self._resolvers:
            await resolver.close()

    def learn(self, domain: str) -> None:
        """Note a domain that has name servers, as a checked answer says."""
        if domain not in self._domains:
            self._domains.append(domain)

    async def fault(self) -> Fault | None:
        """Return what is wrong: a lie of any resolver, or the silence of all; None when all is well."""
        faults = await asyncio.gather(*map(self._fault, self._resolvers))
        lies = [fault for fault in faults if fault in (Fault.DENIES, Fault.INVENTS)]
        if lies:
            return lies[0]
        return None if None in faults else Fault.SILENT

    async def _fault(self, resolver: Resolver) -> Fault | None:
        # Domains of others are spared as long as something public is known.
        chosen = [] if self._proven else random.sample(list(self._domains), min(len(self._domains), _MANY))
        label = secrets.token_hex(8)
        groups = (
            [("", "NS")],
            sorted(self._public),
            [(domain, "NS") for domain in chosen],
            *([(f"{label}.{above}", rdtype) for above in _ABOVE] for rdtype in ("A", "AAAA")),
        )
        (root,), public, domains, *absent = await asyncio.gather(*(_answers(resolver, group) for group in groups))
        fault = fault_of(
            root.status,
            [answer.status for answer in public if (answer.name, answer.type) in self._proven],
            [answer.status for answer in domains],
            [[answer.status for answer in answers] for answers in absent],
        )
        if fault is None:
            self._prove(root, public)
        return fault

    def _prove(self, root: LookupObservation, public: Sequence[LookupObservation]) -> None:
        """Take names that exist by the word of a resolver that is well."""
        self._proven |= {(answer.name, answer.type) for answer in public if answer.status == Status.OK}
        if len(self._public) == len(_ABOVE):
            self._public |= {(name, rdtype) for name in root.texts[:1] for rdtype in ("A", "AAAA")}


async def _answers(resolver: Resolver, names: Sequence[Name]) -> list[LookupObservation]:
    return await asyncio.gather(*(resolver.lookup(name, rdtype) for name, rdtype in names))
