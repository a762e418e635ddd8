"""
The resolver: answers for the whole simulated DNS, over UDP and TCP.

One process and one loop; answers are cached as bytes.

    python -m simnet.resolver SCENARIO LOG|- UDP,UDP TCP,TCP

SCENARIO is a pickled Scenario, the rest are descriptors of bound sockets.
Commands: `mode normal`, `mode silent`, `mode servfail` … `mode denying`, `mode portal`, `mode dns64 PREFIX`,
`forget` (previous queries), `flush` (write the log to its file), `stats`.
"""

from __future__ import annotations

import json
import pickle
import socket
import sys
import time
from collections import Counter
from dataclasses import replace
from io import FileIO
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import TYPE_CHECKING, Final

from simnet import helper, wire, zones
from simnet.dns_server import DnsServer
from simnet.zones import RCODES, Fault

if TYPE_CHECKING:
    from simnet.scenario import Scenario

CACHED_ANSWERS: Final = 50_000
BURST: Final = 64
NORMAL: Final = "normal"
DNS64: Final = "dns64"
# A lookup queries both addresses of the resolver.
RECOVERING_AFTER: Final = 2
# The answer of a captive portal to every query.
LOGIN_PAGE: Final = {"A": "198.18.16.99", "AAAA": "2001:db8:100::99"}


class Resolver:
    """Answers queries from a scenario."""

    def __init__(self, scenario: Scenario, log: str) -> None:
        self._scenario = scenario
        self._log = None if log == "-" else FileIO(log, "w")
        self._logged: list[str] = []
        self._bodies: dict[tuple[str, str], tuple[wire.Body, Fault | None, bool]] = {}
        self._seen: Counter[tuple[str, str]] = Counter()
        self._mode: Fault | None = None
        self._dns64: str | None = None
        self._lie: str | None = None
        self._answered = 0

    def reply(self, message: bytes, transport: str) -> bytes | None:
        """Answer one message; None is silence."""
        query = wire.parse(message)
        if query is None:
            return None
        if self._log is not None:
            self._write_log(query, transport)
        body, fault, rotating = self._body(query.name, query.type)
        unchecked = bool(query.flags & wire.CHECKING_DISABLED)
        fault = self._mode or fault or (Fault.SERVFAIL if body.bogus and not unchecked else None)
        shift = 0
        if fault or rotating:
            shift = self._seen[query.name, query.type]
            # Disabling checks does not help against other failures, so that query is one with the preceding.
            self._seen[query.name, query.type] += not unchecked
            shift -= unchecked and shift > 0
        self._answered += 1
        if self._lie:
            return wire.message(query, LIES[self._lie](query), limit=query.size if transport == "udp" else 65535)
        if fault:
            return self._faulty(query, body, fault, transport, shift)
        return wire.message(
            query, body, limit=query.size if transport == "udp" else 65535, shift=shift if rotating else 0
        )

    def command(self, line: str) -> str:
        """Execute `mode …`, `forget`, `flush` or `stats`."""
        word, *arguments = line.split()
        if word == "mode":
            word = arguments[0]
            self._lie = word if word in LIES else None
            self._mode = None if word in (NORMAL, DNS64, *LIES) else Fault(word)
            self._dns64 = arguments[1] if word == DNS64 else None
            self._bodies.clear()
        elif word == "forget":
            self._seen.clear()
        elif word == "flush":
            self.flush()
        return json.dumps({"answered": self._answered})

    def flush(self) -> None:
        if self._log is not None:
            self._log.write("".join(self._logged).encode())
        self._logged.clear()

    def _write_log(self, query: wire.Query, transport: str) -> None:
        self._logged.append(f"{time.time():.6f} {transport} {query.type} {query.name}\n")
        if len(self._logged) > 4096:
            self.flush()

    def _faulty(self, query: wire.Query, body: wire.Body, fault: Fault, transport: str, earlier: int) -> bytes | None:
        limit = query.size if transport == "udp" else 65535
        if fault is Fault.RECOVERING and earlier < RECOVERING_AFTER:
            fault = Fault.SERVFAIL
        if fault is Fault.DENIED:
            return wire.message(query, replace(body, rcode=zones.NXDOMAIN), limit=limit)
        if fault in RCODES:
            return wire.message(query, wire.Body(RCODES[fault], ()), limit=limit)
        if fault is Fault.SILENT or (fault is Fault.FLAKY and earlier == 0):
            return None
        if fault in (Fault.TRUNCATED, Fault.TRUNCATED_SILENT_TCP):
            if transport == "udp":
                return wire.truncated(query)
            if fault is Fault.TRUNCATED_SILENT_TCP:
                return None
        return wire.message(query, body, limit=limit)

    def _body(self, name: str, rdtype: str) -> tuple[wire.Body, Fault | None, bool]:
        body = self._bodies.get((name, rdtype))
        if body is None:
            if len(self._bodies) >= CACHED_ANSWERS:
                self._bodies.clear()
            body = self._bodies[name, rdtype] = self._build(name, rdtype)
        return body

    def _build(self, name: str, rdtype: str) -> tuple[wire.Body, Fault | None, bool]:
        answer = self._scenario.lookup(name, rdtype)
        if self._dns64 and rdtype == "AAAA" and not any(kind == "AAAA" for _, kind, _, _ in answer.records):
            answer = self._synthesized(name, self._dns64)
        records = tuple(wire.record(name, owner, kind, ttl_s, text) for owner, kind, ttl_s, text in answer.records)
        authority: tuple[bytes, ...] = ()
        if answer.soa and answer.soa[1]:
            authority = (wire.record(name, answer.soa[0], "SOA", zones.NEGATIVE_TTL_S, answer.soa[1]),)
        body = wire.Body(answer.rcode, records, authority, secure=answer.secure, bogus=answer.bogus)
        return body, answer.fault, answer.rotating

    def _synthesized(self, name: str, prefix: str) -> zones.Answer:
        """Synthesize AAAA records from the A records of a name (RFC 6147 section 5.1), with a prefix of 96 bits."""
        answer = self._scenario.lookup(name, "A")
        answer.records = [
            (owner, "AAAA", ttl_s, str(IPv6Address(int(IPv6Address(prefix)) + int(IPv4Address(text)))))
            if kind == "A"
            else (owner, kind, ttl_s, text)
            for owner, kind, ttl_s, text in answer.records
        ]
        return answer


def _denial(_: wire.Query) -> wire.Body:
    return wire.Body(zones.NXDOMAIN, ())


def _portal(query: wire.Query) -> wire.Body:
    text = LOGIN_PAGE.get(query.type)
    records = (wire.record(query.name, query.name, query.type, zones.TTL_S, text),) if text else ()
    return wire.Body(zones.NOERROR, records)


# Fixed answers that the resolver can give for every name.
LIES: Final = {"denying": _denial, "portal": _portal}


class Server(DnsServer):
    """The sockets of the resolver."""

    def __init__(self, resolver: Resolver, udp: str, tcp: str) -> None:
        super().__init__(resolver.command, udp, tcp)
        self._resolver = resolver

    def datagrams(self, udp_socket: socket.socket) -> None:
        receive, send, reply = udp_socket.recvfrom, udp_socket.sendto, self._resolver.reply
        try:
            for _ in range(BURST):
                message, client = receive(4096)
                if answer := reply(message, "udp"):
                    send(answer, client)
        except (BlockingIOError, ConnectionRefusedError):
            pass

    def reply(self, _: socket.socket, message: bytes) -> bytes | None:
        return self._resolver.reply(message, "tcp")


def main(scenario: str, log: str, udp: str, tcp: str) -> None:
    helper.begin()
    Server(Resolver(pickle.loads(Path(scenario).read_bytes()), log), udp, tcp).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
