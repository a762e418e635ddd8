"""
The authoritative servers: what each name server of a scenario answers to a recursive resolver.

One process serves the root, the top-level domains and every zone of the
scenario, each at the addresses of its own name servers and nowhere else: AA for
its zones, referrals with glue below them (RFC 1034 section 4.3.2), REFUSED for
everything else. A zone without a name server of its own is served by its hoster's.

    python -m simnet.authority SCENARIO LOG|- UDP,UDP TCP,TCP

SCENARIO is a pickled Scenario with zones, the rest are descriptors of sockets
bound to port 53 of every address. Its commands are those of the resolver.
"""

from __future__ import annotations

import pickle
import socket
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, partial
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Final

from simnet import helper, wire, zones
from simnet.dns_server import DnsServer
from simnet.name_servers import SLOW_S, NameServer
from simnet.resolver import CACHED_ANSWERS, Resolver
from simnet.scenario import IPV4_ONLY, PUBLIC_ZONES, PUBLISHED_BY, ROOT_SERVER
from simnet.zones import NOERROR, NXDOMAIN, RCODES, Answer

if TYPE_CHECKING:
    from simnet.scenario import Scenario

REVERSE_TREES: Final = ("in-addr.arpa", "ip6.arpa")
HOSTERS: Final = ("ns1.harbour-dns.net", "ns2.harbour-dns.net")
IPV6_PKTINFO: Final = 50
PKTINFO_BYTES: Final = 20


class Authority(Resolver):
    """Answers from the zones that an address serves; faults and the log are those of the resolver."""

    def __init__(self, scenario: Scenario, log: str) -> None:
        super().__init__(scenario, log)
        apexes = (*PUBLIC_ZONES, *scenario.zones, *REVERSE_TREES)
        # Names that exist because there is a zone below them.
        self._above = {name for apex in apexes for name in list(zones.ancestors(apex, ""))[1:]}

    def serves(self, address: str, apex: str) -> bool:
        """Return whether an address serves the zone with this apex."""
        return address in (PUBLISHED_BY if apex in REVERSE_TREES else self._addresses(apex))

    def behaviour(self, address: str) -> NameServer | None:
        """Return how the name server at an address misbehaves."""
        block = self._scenario.table.find(address) if ":" in address else None
        return block.dns6 if block else None

    def reply_at(self, address: str, message: bytes, transport: str) -> bytes | None:
        """Answer one message sent to an address; None is silence."""
        query = wire.parse(message)
        if query is None:
            return None
        self._answered += 1
        if self._log is not None:
            self._write_log(query, transport)
        behaviour = self.behaviour(address)
        if behaviour in MISBEHAVIOUR:
            return MISBEHAVIOUR[behaviour](query)
        apex = next((ancestor for ancestor in zones.ancestors(query.name, "") if self.serves(address, ancestor)), None)
        if apex is None:
            return _refusal(query)
        cut = self._cut(query.name, apex, address)
        if cut is not None:
            return wire.message(query, self._referral(query.name, cut), limit=_limit(query, transport))
        answer = self._answer(address, query.name, query.type)
        if behaviour is NameServer.STALE:
            _age(answer)
        return self._authoritative(query, answer, transport)

    def _addresses(self, apex: str) -> frozenset[str]:
        """Return the addresses of the name servers of a zone; none if there is no zone with this apex."""
        if apex not in self._known:
            if len(self._known) >= CACHED_ANSWERS:
                self._known.clear()
            self._known[apex] = frozenset(address for _, _, address in self._glue(self._servers(apex)))
        return self._known[apex]

    @cached_property
    def _known(self) -> dict[str, frozenset[str]]:
        return {}

    def _servers(self, apex: str) -> tuple[str, ...]:
        zone = self._scenario.find_zone(apex)
        return zone.records.get((apex, "NS"), HOSTERS) if zone and zone.apex == apex else ()

    def _cut(self, name: str, apex: str, address: str) -> str | None:
        """Return the next zone below `apex` on the way to a name that other servers serve."""
        way = list(zones.ancestors(name, apex))[:-1]
        return next(
            (ancestor for ancestor in reversed(way) if self._servers(ancestor) and not self.serves(address, ancestor)),
            None,
        )

    def _referral(self, name: str, cut: str) -> wire.Body:
        hosts, zone = self._servers(cut), self._scenario.find_zone(cut)
        glue6 = zone is not None and zone.glue6
        servers = tuple(wire.record(name, cut, "NS", zones.TTL_S, host) for host in hosts)
        glue = tuple(
            wire.record(name, host, kind, zones.TTL_S, text)
            for host, kind, text in self._glue(host for host in hosts if _is_within(host.lower(), cut))
            if kind == "A" or glue6
        )
        return wire.Body(NOERROR, (), servers, glue)

    def _glue(self, hosts: Iterable[str]) -> Iterator[tuple[str, str, str]]:
        for host in hosts:
            for rdtype in ("A", "AAAA"):
                for _, kind, _, text in self._scenario.lookup(host.lower(), rdtype).records:
                    if kind == rdtype:
                        yield host, rdtype, str(ip_address(text))

    def _answer(self, address: str, name: str, rdtype: str) -> Answer:
        if name.endswith(REVERSE_TREES):
            answer = self._scenario.lookup(name, rdtype)
            # Part of a reverse name: there are names below it.
            return Answer(soa=answer.soa) if answer.rcode == NXDOMAIN and _is_partial(name) else answer
        if name == IPV4_ONLY:
            # Some recursors take a denial by the root for one of all of arpa.
            return self._scenario.lookup(name, rdtype)
        answer = zones.answer(lambda name: self._zone_at(address, name), name, rdtype)
        # The resolver has to follow a CNAME to a zone that is served elsewhere.
        if answer.soa is None or (answer.rcode == NXDOMAIN and not answer.records and name in self._above):
            answer.rcode = NOERROR
        return answer

    def _zone_at(self, address: str, name: str) -> zones.Zone | None:
        zone = self._scenario.find_zone(name)
        return zone if zone and self.serves(address, zone.apex) else None

    def _authoritative(self, query: wire.Query, answer: Answer, transport: str) -> bytes | None:
        seen = self._seen[query.name, query.type]
        self._seen[query.name, query.type] += 1
        body = wire.Body(answer.rcode, *_sections(query.name, answer), authoritative=True)
        if answer.fault:
            return self._faulty(query, body, answer.fault, transport, seen)
        return wire.message(query, body, limit=_limit(query, transport), shift=seen if answer.rotating else 0)


def _sections(name: str, answer: Answer) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    records = tuple(wire.record(name, owner, kind, ttl_s, text) for owner, kind, ttl_s, text in answer.records)
    if not (answer.soa and answer.soa[1]):
        return records, ()
    apex, text = answer.soa
    return records, (wire.record(name, apex, "SOA", zones.NEGATIVE_TTL_S, text),)


def _refusal(query: wire.Query) -> bytes:
    return wire.message(query, wire.Body(RCODES[zones.Fault.REFUSED], ()), limit=wire.PLAIN_SIZE)


def _failure(query: wire.Query) -> bytes:
    return wire.message(query, wire.Body(RCODES[zones.Fault.SERVFAIL], ()), limit=wire.PLAIN_SIZE)


def _denial(query: wire.Query) -> bytes:
    return wire.message(query, wire.Body(NXDOMAIN, (), authoritative=True), limit=wire.PLAIN_SIZE)


def _upward_referral(query: wire.Query) -> bytes:
    root = (wire.record(query.name, "", "NS", zones.TTL_S, ROOT_SERVER),)
    return wire.message(query, wire.Body(NOERROR, (), root), limit=wire.PLAIN_SIZE)


def _garbage(query: wire.Query) -> bytes:
    """Return an answer with AA whose only record ends in the middle."""
    return wire.message(query, wire.Body(NOERROR, (b"\xc0\x0c\x00",), authoritative=True), limit=wire.PLAIN_SIZE)


def _silence(query: wire.Query) -> None:
    """Answer nothing."""


MISBEHAVIOUR: Final[dict[NameServer | None, Callable[[wire.Query], bytes | None]]] = {
    NameServer.REFUSES: _refusal,
    NameServer.LAME: _upward_referral,
    NameServer.SILENT: _silence,
    NameServer.SERVFAIL: _failure,
    NameServer.DENIES: _denial,
    NameServer.GARBAGE: _garbage,
}


def _age(answer: Answer) -> None:
    """Turn back the serial number of the SOA record of an answer by one."""
    for number, (owner, rdtype, ttl_s, text) in enumerate(answer.records):
        if rdtype == "SOA":
            mname, rname, serial, times = text.split(" ", 3)
            answer.records[number] = owner, rdtype, ttl_s, f"{mname} {rname} {int(serial) - 1} {times}"


def _limit(query: wire.Query, transport: str) -> int:
    return query.size if transport == "udp" else 65535


def _is_within(name: str, apex: str) -> bool:
    return name == apex or name.endswith(f".{apex}")


def _is_partial(name: str) -> bool:
    labels = name.count(".") - 1
    return labels < (4 if name.endswith(REVERSE_TREES[0]) else 32)


class Server(DnsServer):
    """Sockets bound to port 53 of every address of a namespace."""

    def __init__(self, authority: Authority, udp: str, tcp: str) -> None:
        super().__init__(authority.command, udp, tcp)
        self._authority = authority

    def datagrams(self, udp_socket: socket.socket) -> None:
        """Answer from the queried address: the socket covers those of a whole region (RFC 3542 section 6.2)."""
        message, ancillary, _, client = udp_socket.recvmsg(4096, socket.CMSG_SPACE(PKTINFO_BYTES))
        address = ancillary[0][2][:16]
        text = _text(address)
        if reply := self._authority.reply_at(text, message, "udp"):
            source = (socket.IPPROTO_IPV6, IPV6_PKTINFO, address + bytes(4))
            send = partial(udp_socket.sendmsg, [reply], [source], 0, client)
            if self._authority.behaviour(text) is NameServer.SLOW:
                self.later(SLOW_S, send)
            else:
                send()

    def reply(self, connection: socket.socket, message: bytes) -> bytes | None:
        address = socket.inet_pton(socket.AF_INET6, connection.getsockname()[0])
        return self._authority.reply_at(_text(address), message, "tcp")


def _text(address: bytes) -> str:
    """Format an address of a dual-stack socket, where IPv4 is mapped (RFC 4291 section 2.5.5.2)."""
    mapped = ip_address(address)
    return str(mapped.ipv4_mapped or mapped)


def main(scenario: str, log: str, udp: str, tcp: str) -> None:
    helper.begin()
    Server(Authority(pickle.loads(Path(scenario).read_bytes()), log), udp, tcp).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
