"""
Name servers: whether an address answers for a zone as its authority.

Sources: RFC 1034 sections 4.2.1 and 4.3.1 (delegation, AA), RFC 1912 section 2.8 (lame
delegations), RFC 6891 section 7 (servers without EDNS), RFC 7766 (TCP).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import dns.rcode

from ipv6matrix.items import (
    Failure,
    NameServerAnswer,
    NameServerObservation,
    NameServersObservation,
    SoaRecord,
    Status,
)
from ipv6matrix.probes import Pace, messages, no_pace, wire
from ipv6matrix.probes.endpoint import Endpoint
from ipv6matrix.probes.port import Reply

PORT: Final = 53
_NO_RECURSION: Final = 0
# Old servers answer these to EDNS.
_WITHOUT_EDNS: Final = (dns.rcode.FORMERR, dns.rcode.NOTIMP)
_ANSWERS: Final = {
    Status.NXDOMAIN: NameServerAnswer.NXDOMAIN,
    # AA, but neither the SOA record nor an error: the zone is not the one that the address serves.
    Status.NODATA: NameServerAnswer.LAME,
    Failure.CNAME_LOOP: NameServerAnswer.LAME,
    Failure.REFUSED: NameServerAnswer.REFUSED,
    Failure.SERVFAIL: NameServerAnswer.SERVFAIL,
    Failure.TIMEOUT: NameServerAnswer.TIMEOUT,
    Failure.CONNECTION_REFUSED: NameServerAnswer.CONNECTION_REFUSED,
    # Only TCP reports it: to a UDP socket, such an ICMP error is silence.
    Failure.HOST_UNREACHABLE: NameServerAnswer.TIMEOUT,
    # Possibly the routes of this host.
    Failure.NETWORK_UNREACHABLE: NameServerAnswer.UNTESTABLE,
    Failure.PERMISSION_DENIED: NameServerAnswer.UNTESTABLE,
    Failure.PROBE_FAILED: NameServerAnswer.UNTESTABLE,
}


class NameServerProber:
    """
    Queries name servers; `pace` is awaited before each packet or connection.

    `local4` and `local6` are the source addresses.
    """

    def __init__(
        self,
        *,
        timeout_s: float = 2.0,
        tries: int = 2,
        pace: Pace = no_pace,
        port: int = PORT,
        local4: str | None = None,
        local6: str | None = None,
    ) -> None:
        self._timeout_s = timeout_s
        self._tries = tries
        self._pace = pace
        self._port = port
        self._local4 = local4
        self._local6 = local6

    async def check(
        self, zones: Sequence[str], address: str, *, tcp: bool = False, pace: Pace | None = None
    ) -> NameServersObservation:
        """
        Query an address for the SOA record of each zone, over UDP or, with `tcp`, over TCP alone.

        A query over UDP is repeated after silence, without EDNS after FORMERR or NOTIMP, and
        over TCP if the reply is truncated. Never raises for anything the network does.
        """
        endpoint = Endpoint((address, self._port), self._local6 if ":" in address else self._local4, ports=1)
        checks = [asyncio.create_task(self._check(endpoint, zone, tcp, pace or self._pace)) for zone in zones]
        try:
            return NameServersObservation(zones=tuple(await asyncio.gather(*checks)))
        finally:
            for check in checks:
                check.cancel()
            endpoint.close()

    async def _check(self, endpoint: Endpoint, zone: str, tcp: bool, pace: Pace) -> NameServerObservation:
        check = _Check(endpoint, wire.question(zone, "SOA", _NO_RECURSION), self._timeout_s, pace)
        reply = await (check.over_tcp() if tcp else check.over_udp(self._tries))
        answer, serial = _judge(reply, check.question)
        return NameServerObservation(
            zone=zone,
            address=endpoint.server[0],
            tcp=tcp,
            answer=answer,
            serial=serial,
            rtt_ms=None if isinstance(reply, Failure) else check.rtt_ms,
            asked_at=check.asked_at or time.time(),
        )


class _Check:
    """One check in progress, and the times of its latest and first query."""

    def __init__(self, endpoint: Endpoint, question: wire.Question, timeout_s: float, pace: Pace) -> None:
        self._endpoint = endpoint
        self._timeout_s = timeout_s
        self._pace = pace
        self._edns = True
        self.question = question
        self.asked_at: float | None = None
        self.rtt_ms = 0.0

    async def over_udp(self, tries: int) -> bytes | Failure:
        """Query until there is a reply, at most `tries` times if there is none."""
        while True:
            reply = await self._ask(self._endpoint.ask)
            if reply is None or (isinstance(reply, bytes) and wire.truncated(reply)):
                return await self.over_tcp()
            if reply is Failure.TIMEOUT and tries > 1:
                tries -= 1
            elif self._edns and isinstance(reply, bytes) and _rcode(reply) in _WITHOUT_EDNS:
                self._edns = False
            else:
                return reply

    async def over_tcp(self) -> bytes | Failure:
        """Query once, over a new connection."""
        reply = await self._ask(self._endpoint.ask_over_tcp)
        assert reply is not None
        return reply

    async def _ask(self, ask: Callable[..., Awaitable[Reply]]) -> Reply:
        await self._pace(self._endpoint.server[0])
        self.asked_at = self.asked_at or time.time()
        began = time.monotonic()
        reply = await ask(self.question, timeout_s=self._timeout_s, edns=self._edns)
        self.rtt_ms = (time.monotonic() - began) * 1000
        return reply


def _judge(reply: bytes | Failure, question: wire.Question) -> tuple[NameServerAnswer, int | None]:
    """Return what a reply, or its absence, says about the name server, and the serial number of the zone."""
    if isinstance(reply, Failure):
        return _ANSWERS.get(reply, NameServerAnswer.BAD_REPLY), None
    if _rcode(reply) == dns.rcode.NOERROR and not wire.is_authoritative(reply):
        return NameServerAnswer.LAME, None  # a referral, or the answer of a resolver
    answer = messages.decode(reply, question)
    if answer.status is not Status.OK:
        return _ANSWERS.get(answer.status, NameServerAnswer.BAD_REPLY), None
    (record, *_) = answer.records
    assert isinstance(record, SoaRecord)
    if answer.canonical_name is not None:
        return NameServerAnswer.LAME, None
    return NameServerAnswer.AUTHORITATIVE, record.serial


def _rcode(reply: bytes) -> int:
    return reply[3] & 0xF
