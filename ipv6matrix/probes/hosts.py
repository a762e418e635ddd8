"""
Lookups of related names, in which one answer can make other lookups unnecessary.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import replace
from ipaddress import ip_address
from typing import Any, Final

from ipv6matrix.items import HostObservation, LookupObservation, Status

Lookup = Callable[[str, str], Coroutine[Any, Any, LookupObservation]]

# Seconds to wait for an answer that could make other lookups unnecessary. Strictly sequential
# lookups would take the whole lifetime for each name that gets no answer.
_PATIENCE_S: Final = 1.0


def reverse_name(address: str) -> str:
    """Return the name at which the PTR record of an address is found (RFC 1035 section 3.5, RFC 3596 section 2.5)."""
    return ip_address(address).reverse_pointer


async def ask_domain(lookup: Lookup, name: str, types: Sequence[str]) -> dict[str, LookupObservation]:
    """
    Look up the records of a domain; return the lookups by record type in lower case.

    NXDOMAIN means that a name has no records of any type (RFC 8020 section 2), so
    the first answer can make the other lookups unnecessary.
    """
    async with asyncio.TaskGroup() as group:
        first = group.create_task(lookup(name, types[0]))
        if await _is_nxdomain(first):
            return {rdtype.lower(): _inferred(first.result(), name, rdtype) for rdtype in types}
        tasks = [first, *(group.create_task(lookup(name, rdtype)) for rdtype in types[1:])]
    return {rdtype.lower(): task.result() for rdtype, task in zip(types, tasks, strict=True)}


async def ask_hosts(
    lookup: Lookup, domain: str, names: Sequence[str], types: Sequence[str] = ("A", "AAAA")
) -> tuple[HostObservation, ...]:
    """
    Look up hosts and return them in the given order; `types` are some of A, AAAA and HTTPS.

    HTTPS is looked up for the domain and its `www` only.

    A name that does not exist needs no second lookup, and neither does any name
    below it (RFC 8020 section 2). A random label is looked up only if every guessed
    host exists and at least one has an address: a guessed host that does not exist
    already rules out a wildcard (RFC 4592 section 2.2).

    The domain itself may be one of the names. Its answer implies nothing about the others:
    it exists, whatever a broken server answers for its addresses.
    """
    by_depth = sorted(names, key=lambda name: name.count("."))
    async with asyncio.TaskGroup() as group:
        series = _Series(lookup, types, group, domain)
        tasks = [group.create_task(series.ask(name)) for name in by_depth]
    found = {task.result().name: task.result() for task in tasks}
    wildcard = await _wildcard(lookup, domain, found.values(), types)
    return tuple(found[name] if name == domain else _marked(found[name], wildcard) for name in names)


class _Series:
    """Hosts that are looked up together, in one task group: the lookups end with the group, however it ends."""

    def __init__(self, lookup: Lookup, types: Sequence[str], group: asyncio.TaskGroup, domain: str) -> None:
        self._lookup = lookup
        self._domain = domain
        self._types = types
        self._without_https = [rdtype for rdtype in types if rdtype != "HTTPS"]
        self._group = group
        self._first: dict[str, asyncio.Task[LookupObservation]] = {}

    async def ask(self, name: str) -> HostObservation:
        """Look up one host; lookups of its parent names must have been started before."""
        parent = name.partition(".")[2]
        types = self._types if name in (self._domain, f"www.{self._domain}") else self._without_https
        if not types:
            return _host(name, ())
        above = self._first.get(parent) if parent != self._domain else None
        if above is not None and await _is_nxdomain(above) and _absent(above.result()):
            return _host(name, [_inferred(above.result(), name, rdtype) for rdtype in types])
        first = self._first[name] = self._group.create_task(self._lookup(name, types[0]))
        if await _is_nxdomain(first):
            return _host(name, [_inferred(first.result(), name, rdtype) for rdtype in types])
        others = [await self._lookup(name, rdtype) for rdtype in types[1:]]
        return _host(name, [await first, *others])


def _host(name: str, lookups: Iterable[LookupObservation]) -> HostObservation:
    by_type = {lookup.type: lookup for lookup in lookups}
    return HostObservation(name=name, a=by_type.get("A"), aaaa=by_type.get("AAAA"), https=by_type.get("HTTPS"))


async def _is_nxdomain(answer: asyncio.Task[LookupObservation]) -> bool:
    """Wait briefly for an answer; return whether it arrived and is NXDOMAIN."""
    await asyncio.wait((answer,), timeout=_PATIENCE_S)
    return answer.done() and answer.result().status == Status.NXDOMAIN


async def _wildcard(
    lookup: Lookup, domain: str, hosts: Iterable[HostObservation], types: Sequence[str]
) -> HostObservation | None:
    guesses = [host for host in hosts if host.name.partition(".")[2] == domain]
    absent = any(_absent(lookup) for host in guesses for lookup in (host.a, host.aaaa) if lookup)
    if absent or not any(map(_addresses, guesses)):
        return None
    async with asyncio.TaskGroup() as group:
        return await _Series(lookup, types, group, domain).ask(f"{secrets.token_hex(8)}.{domain}")


def _marked(host: HostObservation, wildcard: HostObservation | None) -> HostObservation:
    if wildcard is None or not _addresses(host) or _addresses(host) != _addresses(wildcard):
        return host
    return replace(host, wildcard=True)


def _absent(lookup: LookupObservation) -> bool:
    """Return whether the name itself does not exist. An alias exists even if its target does not."""
    return lookup.status == Status.NXDOMAIN and lookup.canonical_name is None


def _addresses(host: HostObservation) -> frozenset[str]:
    """Return all addresses of a host, as a set because resolvers rotate them."""
    return frozenset(address for lookup in (host.a, host.aaaa) if lookup for address in lookup.texts)


def _inferred(lookup: LookupObservation, name: str, rdtype: str) -> LookupObservation:
    """Apply an NXDOMAIN to another lookup that it answers too."""
    if (lookup.name, lookup.type) == (name, rdtype):
        return lookup
    return replace(lookup, name=name, type=rdtype, inferred=True)
