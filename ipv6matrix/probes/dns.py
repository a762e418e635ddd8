"""
DNS lookups: each query tries the resolvers in turn until one answers.

Sources: RFC 1035 section 7 (resolver implementation), RFC 2308 (negative
answers), RFC 4035 sections 3.2 and 4.3 (DNSSEC), RFC 5452 section 9, RFC 6891 section 7
(servers without EDNS), RFC 7766 (TCP).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

from ipv6matrix.items import Failure, LookupObservation, Security
from ipv6matrix.probes import QueryPace, messages, names, no_query_pace, wire
from ipv6matrix.probes.endpoint import Endpoint
from ipv6matrix.probes.port import Reply

Server = tuple[str, int]

# Delay before the first retry of a server that failed immediately, in seconds; doubles with each retry.
_BACK_OFF_S = 0.1
# Maximum number of servers named by request URLs, in addition to the resolvers; each has up to eight sockets.
_MAX_NAMED_SERVERS = 16
# Decoding a reply of 65,535 octets takes about 10 ms, so decode at most one of them per turn of the event loop.
_LARGE_BYTES = 4096
_FLAGS_DNSSEC = wire.RECURSION_DESIRED | wire.AUTHENTIC_DATA
# Outcomes that are final: another attempt at the same server would not help.
_FINAL = (Failure.SERVFAIL, Failure.REFUSED, Failure.FORMERR, Failure.NOTIMP, Failure.OTHER_RCODE, Failure.CNAME_LOOP)


class Resolver:
    """
    The resolvers of a crawl, behind a single `lookup` method.

    `servers` are (address, port) pairs. `timeout_s` limits one try and `lifetime_s`
    all tries of a lookup, excluding time spent in `pace`.
    """

    def __init__(
        self,
        servers: Sequence[Server],
        *,
        timeout_s: float = 2.0,
        lifetime_s: float = 5.0,
        pace: QueryPace = no_query_pace,
    ) -> None:
        if not servers:
            raise ValueError("a resolver needs at least one server")
        self.timeout_s = timeout_s
        self.lifetime_s = lifetime_s
        self.pace = pace
        self._servers = [Endpoint(server) for server in servers]
        self._authorities: dict[Server, Endpoint] = {}
        self._turn = -1
        self.one_large_reply = asyncio.Lock()

    async def open(self) -> None:
        """Do nothing: a socket is opened for the first query, so a missing route raises no exception here."""

    async def close(self) -> None:
        """Close all sockets; pending lookups end as `probe_failed`."""
        for endpoint in (*self._servers, *self._authorities.values()):
            endpoint.close()

    async def lookup(
        self,
        name: str,
        rdtype: str,
        *,
        server: Server | None = None,
        pace: QueryPace | None = None,
        dnssec: bool = False,
    ) -> LookupObservation:
        """
        Look up the records of type `rdtype` (A, AAAA, NS, MX, SOA, PTR or HTTPS) at `name`, an ASCII name.

        `server` is queried instead of the resolvers, with its own `pace`. `dnssec` requests the
        security status, which costs one more query after SERVFAIL. Never raises for anything a
        network or server does; raises KeyError for any other type.
        """
        asked_at = time.time()
        try:
            question = wire.question(name, rdtype, _FLAGS_DNSSEC if dnssec else wire.RECURSION_DESIRED)
        except names.NameTooLongError:
            answer = wire.Answer(Failure.NAME_TOO_LONG)
        except ValueError:
            answer = wire.Answer(Failure.PROBE_FAILED)
        else:
            return await _Lookup(self, question, pace or self.pace).run(self._candidates(server))
        return LookupObservation(name=name.lower(), type=rdtype, status=answer.status, asked_at=asked_at)

    @property
    def mismatches(self) -> int:
        """Number of replies that matched no query. Many of them suggest guessing (forged replies)."""
        return sum(endpoint.mismatches for endpoint in (*self._servers, *self._authorities.values()))

    @property
    def attacks(self) -> int:
        """Number of bursts of unmatched replies that made the crawl abandon a port."""
        return sum(endpoint.attacks for endpoint in (*self._servers, *self._authorities.values()))

    def _candidates(self, server: Server | None) -> list[Endpoint]:
        """Return the servers in the order this lookup tries them."""
        if server is not None:
            return [self._endpoint(server)]
        self._turn = (self._turn + 1) % len(self._servers)
        return self._servers[self._turn :] + self._servers[: self._turn]

    def _endpoint(self, server: Server) -> Endpoint:
        for endpoint in self._servers:
            if endpoint.server == server:
                return endpoint
        if server not in self._authorities and len(self._authorities) >= _MAX_NAMED_SERVERS:
            self._close_idle()
        return self._authorities.setdefault(server, Endpoint(server))

    def _close_idle(self) -> None:
        for server in [server for server, endpoint in self._authorities.items() if endpoint.idle]:
            self._authorities.pop(server).close()


class _Lookup:
    """One lookup in progress across the servers."""

    def __init__(self, resolver: Resolver, question: wire.Question, pace: QueryPace) -> None:
        self._resolver = resolver
        self._pace = pace
        self._question = question
        self._left_s = resolver.lifetime_s
        self._edns = True
        self._asked_at: float | None = None
        self._dnssec = bool(question.flags & wire.AUTHENTIC_DATA)
        self._authenticated = False

    async def run(self, servers: list[Endpoint]) -> LookupObservation:
        """Query servers until one answers, or until no server or time is left."""
        failures: list[Failure] = []
        first_round = len(servers)
        while servers and (self._left_s > 0 or not failures):
            server = servers.pop(0)
            answer = await self._try(server)
            if not isinstance(answer.status, Failure):
                return self._observation(answer)
            failures.append(answer.status)
            if answer.status not in _FINAL or self._may_do_without_edns(answer.status):
                servers.append(server)
            if servers and answer.status is not Failure.TIMEOUT and len(failures) >= first_round:
                await self._back_off(len(failures) - first_round)
        failure = min(failures, key=_rank)
        if self._dnssec and failure is Failure.SERVFAIL:
            return await self._without_validation(server)
        return self._observation(wire.Answer(failure))

    async def _without_validation(self, server: Endpoint) -> LookupObservation:
        """
        Repeat a lookup that ended with SERVFAIL, with checking disabled.

        The answer is bogus if the same query without it still fails; else the failure was temporary.
        """
        checked = self._question
        self._question = checked._replace(flags=checked.flags | wire.CHECKING_DISABLED)
        unchecked = await self._try(server)
        if isinstance(unchecked.status, Failure):
            return self._observation(wire.Answer(Failure.SERVFAIL))
        self._question = checked
        again = await self._try(server)
        if again.status is Failure.SERVFAIL:
            return self._observation(unchecked, Security.BOGUS)
        return self._observation(again)

    async def _try(self, server: Endpoint) -> wire.Answer:
        """Query one server over UDP; repeat over TCP if the reply is truncated or replies are being forged."""
        reply = await self._ask(server.ask)
        if reply is None or (not isinstance(reply, Failure) and wire.truncated(reply)):
            reply = await self._ask(server.ask_over_tcp)
        assert reply is not None
        if isinstance(reply, Failure):
            return wire.Answer(reply)
        self._authenticated = wire.authenticated(reply)
        if len(reply) <= _LARGE_BYTES:
            return messages.decode(reply, self._question)
        async with self._resolver.one_large_reply:
            await asyncio.sleep(0)
            return messages.decode(reply, self._question)

    async def _ask(self, ask: Callable[..., Awaitable[Reply]]) -> Reply:
        await self._pace()
        self._asked_at = self._asked_at or time.time()
        began = time.monotonic()
        timeout_s = max(min(self._resolver.timeout_s, self._left_s), 0)
        reply = await ask(self._question, timeout_s=timeout_s, edns=self._edns)
        self._left_s -= time.monotonic() - began
        return reply

    def _may_do_without_edns(self, failure: Failure) -> bool:
        """Return whether to retry without EDNS: old servers answer FORMERR or NOTIMP to it (RFC 6891 section 7)."""
        again = self._edns and failure in (Failure.FORMERR, Failure.NOTIMP)
        self._edns = self._edns and not again
        return again

    async def _back_off(self, exponent: int) -> None:
        wait_s = min(_BACK_OFF_S * 2**exponent, self._left_s)
        self._left_s -= wait_s
        await asyncio.sleep(max(wait_s, 0))

    def _validated(self, answer: wire.Answer) -> Security:
        if isinstance(answer.status, Failure):
            return Security.INDETERMINATE
        return Security.SECURE if self._authenticated else Security.INSECURE

    def _observation(self, answer: wire.Answer, security: Security | None = None) -> LookupObservation:
        return LookupObservation(
            name=self._question.name,
            type=self._question.type,
            status=answer.status,
            records=answer.records,
            ttl_s=answer.ttl_s,
            canonical_name=answer.canonical_name,
            aliases=answer.aliases,
            security=(security or self._validated(answer)) if self._dnssec else None,
            asked_at=self._asked_at or time.time(),
        )


def _rank(failure: Failure) -> int:
    """Rank failures by information: the server's rcode, then malformed replies, then network errors, then silence."""
    if failure in _FINAL:
        return 0
    return {Failure.BAD_REPLY: 1, Failure.TIMEOUT: 3}.get(failure, 2)
