"""
Questions about names that belong together: each answer spares others.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import ip_address

from ipv6matrix.items import HostObservation, LookupObservation, Status

Lookup = Callable[[str, str], Awaitable[LookupObservation]]


def reverse_name(address: str) -> str:
    """Give the name whose PTR record belongs to an address (RFC 1035 section 3.5, RFC 3596 section 2.5)."""
    return ip_address(address).reverse_pointer


async def ask_domain(lookup: Lookup, name: str, types: Sequence[str]) -> dict[str, LookupObservation]:
    """
    Ask for the records of a domain, by type in lower case.

    NXDOMAIN says that a name has no record of any type (RFC 8020 section 2), so
    the first answer spares the other questions.
    """
    first = await lookup(name, types[0])
    if first.status == Status.NXDOMAIN:
        return {rdtype.lower(): _same(first, name, rdtype) for rdtype in types}
    others = await asyncio.gather(*(lookup(name, rdtype) for rdtype in types[1:]))
    return dict(zip(map(str.lower, types), (first, *others), strict=True))


async def ask_hosts(lookup: Lookup, domain: str, names: Sequence[str]) -> tuple[HostObservation, ...]:
    """
    Ask for the addresses of hosts, in the order given.

    A name that does not exist spares its AAAA question and every name below it
    (RFC 8020 section 2). A random label is asked for only when every guess
    beside it exists: one that does not exist disproves a wildcard
    (RFC 4592 section 2.2).
    """
    found: dict[str, HostObservation] = {}
    for depth in sorted({name.count(".") for name in names}):
        level = [name for name in names if name.count(".") == depth]
        answers = await asyncio.gather(*(_ask_host(lookup, name, found) for name in level))
        found |= {answer.name: answer for answer in answers}
    wildcard = await _wildcard(lookup, domain, found)
    return tuple(_marked(found[name], wildcard) for name in names)


async def _ask_host(lookup: Lookup, name: str, found: dict[str, HostObservation]) -> HostObservation:
    above = found.get(name.partition(".")[2])
    if above and above.a and _absent(above):
        return HostObservation(name=name, a=_same(above.a, name, "A"), aaaa=_same(above.a, name, "AAAA"))
    a = await lookup(name, "A")
    aaaa = _same(a, name, "AAAA") if a.status == Status.NXDOMAIN else await lookup(name, "AAAA")
    return HostObservation(name=name, a=a, aaaa=aaaa)


async def _wildcard(lookup: Lookup, domain: str, found: dict[str, HostObservation]) -> HostObservation | None:
    guesses = [host for host in found.values() if host.name.partition(".")[2] == domain]
    if not guesses or any(_absent(host) for host in guesses):
        return None
    return await _ask_host(lookup, f"{secrets.token_hex(8)}.{domain}", {})


def _marked(host: HostObservation, wildcard: HostObservation | None) -> HostObservation:
    if wildcard is None or _absent(wildcard) or _content(host) != _content(wildcard):
        return host
    return HostObservation(name=host.name, a=host.a, aaaa=host.aaaa, wildcard=True)


def _absent(host: HostObservation) -> bool:
    """Tell whether the name itself does not exist; an alias does, whatever becomes of its target."""
    return host.a is not None and host.a.status == Status.NXDOMAIN and host.a.canonical_name is None


def _content(host: HostObservation) -> tuple[frozenset[object], ...]:
    return tuple(frozenset(lookup.records) if lookup else frozenset() for lookup in (host.a, host.aaaa))


def _same(lookup: LookupObservation, name: str, rdtype: str) -> LookupObservation:
    """Carry an NXDOMAIN over to a question that it answers too."""
    return LookupObservation(
        name=name,
        type=rdtype,
        status=lookup.status,
        ttl_s=lookup.ttl_s,
        canonical_name=lookup.canonical_name,
        asked_at=lookup.asked_at,
    )
