"""
Checks whether the resolvers answer, and answer correctly.

Sources: RFC 8020 (NXDOMAIN covers all names below), RFC 8910 (captive portals), RFC 2308 (negative answers).
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

# Timeouts in seconds: of one try, and of all tries of a lookup.
_TRY_S: Final = 1.0
_LOOKUP_S: Final = 2.0
# Random names are generated below these domains: they belong to no third party, and no cache can have them.
_ABOVE: Final = ("com", "net")
# How many recently answered domains of the list are remembered, and how many of them are looked up per check.
_KEPT: Final = 32
_MANY: Final = 2

_DENIED: Final = frozenset((Status.NODATA, Status.NXDOMAIN))

Outcome = Status | Failure
Name = tuple[str, str]
"A name and a record type."


class Fault(StrEnum):
    """What is wrong with a resolver."""

    SILENT = "no longer answers"
    DENIES = "denies names that exist"
    INVENTS = "gives addresses to names that do not exist"


def fault_of(
    root: Outcome, public: Sequence[Outcome], domains: Sequence[Outcome], absent: Sequence[Sequence[Outcome]]
) -> Fault | None:
    """
    Return what is wrong with a resolver, judged by its answers, or None.

    `root` is the outcome of the lookup of the root's name servers. `public` are those of names of
    the root and top-level domains that have existed before, `domains` those of domains of
    the list that have existed before, and `absent` those of random names, a sequence per
    record type. A domain may be deleted at any time, so domains count only together, and
    only if no public name is known.
    """
    if any(Status.OK in outcomes and not _DENIED & set(outcomes) for outcomes in absent):
        return Fault.INVENTS
    denies_domains = not public and len(domains) >= _MANY and set(domains) <= _DENIED
    if root in _DENIED or _DENIED & set(public) or denies_domains:
        return Fault.DENIES
    # The answer about the root may come from a cache, that about a random name cannot. One answer is enough,
    # because a busy resolver answers some lookups late.
    return None if any(_DENIED & set(outcomes) for outcomes in absent) else Fault.SILENT


class ResolverCheck:
    """Looks up names that must exist and names that must not, at each resolver."""

    def __init__(self, servers: Sequence[Server]) -> None:
        self._resolvers = [Resolver((server,), timeout_s=_TRY_S, lifetime_s=_LOOKUP_S) for server in servers]
        self._domains: deque[str] = deque(maxlen=_KEPT)
        self._public: set[Name] = {(name, "NS") for name in _ABOVE}
        self._proven: set[Name] = set()

    async def close(self) -> None:
        for resolver in self._resolvers:
            await resolver.close()

    def learn(self, domain: str) -> None:
        """Remember a domain that, by a confirmed answer, has name servers."""
        if domain not in self._domains:
            self._domains.append(domain)

    async def fault(self) -> Fault | None:
        """Return a wrong answer of any resolver, or that all are silent; None if all is well."""
        faults = await asyncio.gather(*map(self._fault, self._resolvers))
        lies = [fault for fault in faults if fault in (Fault.DENIES, Fault.INVENTS)]
        if lies:
            return lies[0]
        return None if None in faults else Fault.SILENT

    async def _fault(self, resolver: Resolver) -> Fault | None:
        # Domains of the list are not looked up as long as a public name is known.
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
        """Remember names that exist according to a resolver that works."""
        self._proven |= {(answer.name, answer.type) for answer in public if answer.status == Status.OK}
        if len(self._public) == len(_ABOVE):
            self._public |= {(name, rdtype) for name in root.texts[:1] for rdtype in ("A", "AAAA")}


async def _answers(resolver: Resolver, names: Sequence[Name]) -> list[LookupObservation]:
    return await asyncio.gather(*(resolver.lookup(name, rdtype) for name, rdtype in names))
