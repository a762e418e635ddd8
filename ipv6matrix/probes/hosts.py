"""
Lookups of related names, in which one answer can make other lookups unnecessary.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from ipaddress import ip_address
from typing import Any, Final

from ipv6matrix.items import HostObservation, LookupObservation, Status

Lookup = Callable[[str, str], Coroutine[Any, Any, LookupObservation]]
# A name and a record type.
Key = tuple[str, str]

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
    answers = await _Lookups(lookup).ask(_of_name(name, types))
    return {rdtype.lower(): answers[name, rdtype] for rdtype in types}


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
    without_https = [rdtype for rdtype in types if rdtype != "HTTPS"]
    lookups: dict[Key, Key | None] = {}
    first: dict[str, Key] = {}
    for name in sorted(names, key=lambda name: name.count(".")):
        types_here = types if name in (domain, f"www.{domain}") else without_https
        if types_here:
            lookups |= _of_name(name, types_here, above=first.get(name.partition(".")[2]))
            if name != domain:
                first[name] = name, types_here[0]
    answers = await _Lookups(lookup).ask(lookups)
    by_name = {name: _host(name, [answers[key] for key in answers if key[0] == name]) for name in names}
    wildcard = await _wildcard(lookup, domain, by_name.values(), without_https)
    return tuple(by_name[name] if name == domain else _marked(by_name[name], wildcard) for name in names)


def _of_name(name: str, types: Sequence[str], above: Key | None = None) -> dict[Key, Key | None]:
    """Return the lookups of one name: the first type waits for the lookup of a name above, the others for the first."""
    own = (name, types[0])
    return {own: above, **{(name, rdtype): own for rdtype in types[1:]}}


class _Lookups:
    """
    Lookups of which some may make others unnecessary: those wait for them, though not for long.

    Each is one task. There are dozens per domain, so all else that happens is a callback.
    """

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[Key, Key] = {}
        self._answers: dict[Key, LookupObservation] = {}
        self._tasks: dict[Key, asyncio.Task[LookupObservation]] = {}
        self._done: asyncio.Future[None] = self._loop.create_future()

    async def ask(self, proofs: Mapping[Key, Key | None]) -> dict[Key, LookupObservation]:
        """Return the answers of lookups, each given with the one for which it waits."""
        self._waiting = {key: proof for key, proof in proofs.items() if proof is not None}
        for key, proof in proofs.items():
            if proof is None:
                self._start(key)
        if not self._tasks:
            return {}
        self._timer = self._loop.call_later(_PATIENCE_S, self._wait_no_longer)
        try:
            await self._done
        finally:
            await self._end()
        return self._answers

    def _start(self, key: Key) -> None:
        task = self._tasks[key] = self._loop.create_task(self._lookup(*key))
        task.add_done_callback(partial(self._answered, key))

    def _answered(self, key: Key, task: asyncio.Task[LookupObservation]) -> None:
        del self._tasks[key]
        if self._done.done() or task.cancelled():
            return
        if (error := task.exception()) is not None:
            self._done.set_exception(error)
            return
        self._note(key, task.result())
        if not self._tasks:
            self._done.set_result(None)

    def _note(self, key: Key, answer: LookupObservation) -> None:
        """Record an answer, and answer or start the lookups that wait for it."""
        self._answers[key] = answer
        for other in [other for other, proof in self._waiting.items() if proof == key]:
            del self._waiting[other]
            if _implies(answer, other[0]):
                self._note(other, replace(answer, name=other[0], type=other[1], inferred=True))
            else:
                self._start(other)

    def _wait_no_longer(self) -> None:
        """Start the lookups that wait for one in progress."""
        for key in [key for key, proof in self._waiting.items() if proof in self._tasks]:
            del self._waiting[key]
            self._start(key)
        self._timer = self._loop.call_later(_PATIENCE_S, self._wait_no_longer)

    async def _end(self) -> None:
        self._timer.cancel()
        for task in self._tasks.values():
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks.values())


def _implies(answer: LookupObservation, name: str) -> bool:
    """Return whether an answer means that a name, its own or one below, has no records (RFC 8020 section 2)."""
    return answer.status == Status.NXDOMAIN and (answer.name == name or _absent(answer))


def _host(name: str, lookups: Iterable[LookupObservation]) -> HostObservation:
    by_type = {lookup.type: lookup for lookup in lookups}
    return HostObservation(name=name, a=by_type.get("A"), aaaa=by_type.get("AAAA"), https=by_type.get("HTTPS"))


async def _wildcard(
    lookup: Lookup, domain: str, hosts: Iterable[HostObservation], types: Sequence[str]
) -> HostObservation | None:
    guesses = [host for host in hosts if host.name.partition(".")[2] == domain]
    absent = any(_absent(lookup) for host in guesses for lookup in (host.a, host.aaaa) if lookup)
    if absent or not any(map(_addresses, guesses)):
        return None
    name = f"{secrets.token_hex(8)}.{domain}"
    return _host(name, (await _Lookups(lookup).ask(_of_name(name, types))).values())


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
