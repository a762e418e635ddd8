"""
A resolver without IPv4: starts at the root and follows referrals, at IPv6 addresses alone.

It asks the authoritative servers of the scenario within its own process, so silence takes no time.

    python -m simnet.resolver6 SCENARIO UDP TCP

SCENARIO is a pickled Scenario, the rest are descriptors of bound sockets. Its commands are those of the resolver.
"""

from __future__ import annotations

import pickle
import socket
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from simnet import helper
from simnet.authority import Authority
from simnet.dns_server import DnsServer
from simnet.name_servers import NameServer
from simnet.scenario import PUBLISHED_BY

if TYPE_CHECKING:
    from simnet.scenario import Scenario

MOST_ALIASES: Final = 16
CACHED_DELEGATIONS: Final = 50_000
# A lost query is repeated.
TRIES: Final = 2


class Resolver6:
    """Resolves names over IPv6 alone."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._authority = Authority(scenario, "-")
        self._delegations: dict[dns.name.Name, tuple[str, ...]] = {}
        self._being_resolved: set[dns.name.Name] = set()

    def command(self, line: str) -> str:
        """Execute a command of the resolver."""
        return self._authority.command(line)

    def reply(self, message: bytes) -> bytes:
        """Answer one message; SERVFAIL if a zone on the way cannot be reached."""
        query = dns.message.from_wire(message)
        reply = dns.message.make_response(query, recursion_available=True)
        name, rdtype = query.question[0].name, query.question[0].rdtype
        for _ in range(MOST_ALIASES):
            response = self._find(name, rdtype)
            if response is None:
                break
            reply.answer += response.answer
            end = _end(response, name, rdtype)
            if end is None:
                reply.authority = response.authority
                reply.set_rcode(response.rcode())
                return reply.to_wire()
            name = end
        failed = dns.message.make_response(query, recursion_available=True)
        failed.set_rcode(dns.rcode.SERVFAIL)
        return failed.to_wire()

    def _find(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> dns.message.Message | None:
        """Return the reply of a name server of the zone that contains a name; None if none can be reached."""
        zone, servers = self._nearest(name)
        while (reply := self._ask(zone, servers, name, rdtype)) and not _is_authoritative(reply):
            zone = reply.authority[0].name
            servers = self._delegations[zone] = tuple(self._servers(reply))
        return reply

    def _nearest(self, name: dns.name.Name) -> tuple[dns.name.Name, tuple[str, ...]]:
        if len(self._delegations) > CACHED_DELEGATIONS:
            self._delegations.clear()
        while name != dns.name.root and not self._delegations.get(name):
            name = name.parent()
        return name, self._delegations.get(name) or PUBLISHED_BY[1:]

    def _ask(
        self, zone: dns.name.Name, servers: Iterable[str], name: dns.name.Name, rdtype: dns.rdatatype.RdataType
    ) -> dns.message.Message | None:
        """Return the first reply that answers, or refers to a zone below."""
        query = dns.message.make_query(name, rdtype, flags=0).to_wire()
        for server in [candidate for candidate in servers if self._is_reached(candidate)] * TRIES:
            octets = self._authority.reply_at(server, query, "tcp")
            try:
                reply = dns.message.from_wire(octets) if octets else None
            except dns.exception.DNSException:
                continue
            if reply and _is_useful(reply, zone):
                return reply
        return None

    def _is_reached(self, address: str) -> bool:
        block = self._scenario.table.find(address)
        return block is not None and block.behaves.gone is None and block.dns6 is not NameServer.CLOSED

    def _servers(self, referral: dns.message.Message) -> Iterator[str]:
        """Yield the IPv6 addresses of the name servers of a referral, from glue or else resolved."""
        glue = {rrset.name: rrset for rrset in referral.additional if rrset.rdtype == dns.rdatatype.AAAA}
        zone = referral.authority[0].name
        for record in referral.authority[0]:
            if rrset := glue.get(record.target):
                yield from (rdata.address for rdata in rrset)
            elif not record.target.is_subdomain(zone):
                yield from self._addresses(record.target)

    def _addresses(self, host: dns.name.Name) -> list[str]:
        if host in self._being_resolved:
            return []
        self._being_resolved.add(host)
        try:
            response = self._find(host, dns.rdatatype.AAAA)
        finally:
            self._being_resolved.discard(host)
        rrsets = response.answer if response else []
        return [rdata.address for rrset in rrsets if rrset.rdtype == dns.rdatatype.AAAA for rdata in rrset]


def _is_authoritative(reply: dns.message.Message) -> bool:
    return bool(reply.flags & dns.flags.AA)


def _is_useful(reply: dns.message.Message, zone: dns.name.Name) -> bool:
    succeeds = reply.rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN)
    return succeeds and (_is_authoritative(reply) or _refers_below(reply, zone))


def _refers_below(reply: dns.message.Message, zone: dns.name.Name) -> bool:
    """Return whether a reply is a referral to a zone below another."""
    cut = reply.authority[0] if reply.authority else None
    return cut is not None and cut.rdtype == dns.rdatatype.NS and cut.name != zone and cut.name.is_subdomain(zone)


def _end(reply: dns.message.Message, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> dns.name.Name | None:
    """Return the name to which a chain of CNAMEs leads out of a reply; None if the reply answers or denies."""
    aliases = {rrset.name: rrset[0].target for rrset in reply.answer if rrset.rdtype == dns.rdatatype.CNAME}
    seen: set[dns.name.Name] = set()
    while name in aliases and name not in seen:
        seen.add(name)
        name = aliases[name]
    answered = any(rrset.name == name and rrset.rdtype == rdtype for rrset in reply.answer)
    return None if not seen or answered or reply.authority else name


class Server(DnsServer):
    """The sockets of the resolver."""

    def __init__(self, resolver: Resolver6, udp: str, tcp: str) -> None:
        super().__init__(resolver.command, udp, tcp)
        self._resolver = resolver

    def datagrams(self, udp_socket: socket.socket) -> None:
        message, client = udp_socket.recvfrom(4096)
        udp_socket.sendto(self._resolver.reply(message), client)

    def reply(self, _: socket.socket, message: bytes) -> bytes | None:
        return self._resolver.reply(message)


def main(scenario: str, udp: str, tcp: str) -> None:
    helper.begin()
    Server(Resolver6(pickle.loads(Path(scenario).read_bytes())), udp, tcp).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
