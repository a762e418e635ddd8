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
from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Final

from simnet import helper, wire, zones
from simnet.dns_server import DnsServer
from simnet.resolver import Resolver
from simnet.scenario import IPV4_ONLY, PUBLIC_ZONES, PUBLISHED_BY
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
        apexes = {**PUBLIC_ZONES, **scenario.zones}
        self._servers = {apex: zone.records.get((apex, "NS"), HOSTERS) for apex, zone in apexes.items()}
        # Names that exist because there is a zone below them.
        self._above = {name for apex in (*apexes, *REVERSE_TREES) for name in list(zones.ancestors(apex, ""))[1:]}
        self._served: dict[str, set[str]] = {}
        for apex, hosts in self._servers.items():
            for _, _, address in self._glue(hosts):
                self._served.setdefault(address, set()).add(apex)
        for address in PUBLISHED_BY:
            self._served[address].update(REVERSE_TREES)

    def serves(self, address: str) -> set[str]:
        """Return the apexes of the zones that an address serves."""
        return self._served.get(address, set())

    def reply_at(self, address: str, message: bytes, transport: str) -> bytes | None:
        """Answer one message sent to an address; None is silence."""
        query = wire.parse(message)
        if query is None:
            return None
        self._answered += 1
        if self._log is not None:
            self._write_log(query, transport)
        apex = next((one for one in zones.ancestors(query.name, "") if one in self.serves(address)), None)
        if apex is None:
            return wire.message(query, wire.Body(RCODES[zones.Fault.REFUSED], ()), limit=wire.PLAIN_SIZE)
        cut = self._cut(query.name, apex, address)
        if cut is not None:
            return wire.message(query, self._referral(query.name, cut), limit=_limit(query, transport))
        return self._authoritative(query, self._answer(address, query.name, query.type), transport)

    def _cut(self, name: str, apex: str, address: str) -> str | None:
        """Return the next zone below `apex` on the way to a name that other servers serve."""
        way = list(zones.ancestors(name, apex))[:-1]
        return next((one for one in reversed(way) if one in self._servers and one not in self.serves(address)), None)

    def _referral(self, name: str, cut: str) -> wire.Body:
        hosts = self._servers[cut]
        servers = tuple(wire.record(name, cut, "NS", zones.TTL_S, host) for host in hosts)
        glue = tuple(
            wire.record(name, host, kind, zones.TTL_S, text)
            for host, kind, text in self._glue(host for host in hosts if _is_within(host.lower(), cut))
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
        return zone if zone and zone.apex in self.serves(address) else None

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

    def datagrams(self, one: socket.socket) -> None:
        """Answer from the queried address: the socket covers those of a whole region (RFC 3542 section 6.2)."""
        message, ancillary, _, client = one.recvmsg(4096, socket.CMSG_SPACE(PKTINFO_BYTES))
        address = ancillary[0][2][:16]
        if reply := self._authority.reply_at(_text(address), message, "udp"):
            source = (socket.IPPROTO_IPV6, IPV6_PKTINFO, address + bytes(4))
            one.sendmsg([reply], [source], 0, client)

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
