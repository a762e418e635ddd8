"""DNS with dnspython alone: a client that shares no code with the crawler or the resolver."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from ipaddress import ip_address
from typing import Any, Final, cast

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
from dns.rdtypes.svcbbase import ParamKey

from ipv6matrix.addresses import canonical
from ipv6matrix.items import Failure, HttpsRecord, Records, Security, SoaRecord, Status
from simnet.facts import LookupTruth

Question = tuple[str, str]
"Name and type."
Resolvers = tuple[str, str]
"The IPv4 and the IPv6 address."

MAX_NAME: Final = 253
RCODES: Final = {
    dns.rcode.SERVFAIL: Failure.SERVFAIL,
    dns.rcode.REFUSED: Failure.REFUSED,
    dns.rcode.FORMERR: Failure.FORMERR,
    dns.rcode.NOTIMP: Failure.NOTIMP,
    dns.rcode.YXDOMAIN: Failure.OTHER_RCODE,
}


def ask_all(resolvers: Resolvers, questions: list[Question]) -> dict[Question, LookupTruth]:
    """Send all queries over UDP (IPv6), up to three times if they fail, and over TCP (IPv4) after a truncated reply."""
    questions = [question for question in questions if len(question[0]) <= MAX_NAME]
    answers = {question: LookupTruth(status=Failure.TIMEOUT) for question in questions}
    missing = questions
    for _ in range(3):
        replies = dict(_replies(resolvers[1], missing))
        cut = [question for question, reply in replies.items() if reply.flags & dns.flags.TC]
        with ThreadPoolExecutor(16) as pool:
            whole = dict(zip(cut, pool.map(partial(_over_tcp, resolvers[0]), cut), strict=True))
        for question, reply in (replies | whole).items():
            if reply is not None:
                answers[question] = _read(reply, question)
        missing = [question for question in missing if answers[question].status in (Failure.TIMEOUT, Failure.SERVFAIL)]
    return answers


def _over_tcp(resolver: str, question: Question) -> dns.message.Message | None:
    with contextlib.suppress(dns.exception.Timeout):
        return dns.query.tcp(dns.message.make_query(*question), resolver, timeout=0.5)
    return None


def _replies(resolver: str, questions: list[Question]) -> Iterator[tuple[Question, dns.message.Message]]:
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as asking:
        asking.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        asking.settimeout(0.4)
        asking.connect((resolver, 53))
        for start in range(0, len(questions), 2000):
            batch = questions[start : start + 2000]
            for number, (name, rdtype) in enumerate(batch):
                asking.send(dns.message.make_query(name, rdtype, id=number).to_wire())
            try:
                for _ in batch:
                    reply = dns.message.from_wire(asking.recv(4096))
                    yield batch[reply.id], reply
            except TimeoutError:
                continue


def security(resolver: str, question: Question) -> Security:
    """Return the security status of a lookup, from the AD and CD bits."""
    plain = _reply_of(resolver, question, dns.flags.RD | dns.flags.AD)
    if plain.rcode() == dns.rcode.SERVFAIL:
        unchecked = _reply_of(resolver, question, dns.flags.RD | dns.flags.CD)
        return Security.INDETERMINATE if unchecked.rcode() == dns.rcode.SERVFAIL else Security.BOGUS
    if plain.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        return Security.INDETERMINATE
    return Security.SECURE if plain.flags & dns.flags.AD else Security.INSECURE


def _reply_of(resolver: str, question: Question, flags: int) -> dns.message.Message:
    return dns.query.udp(dns.message.make_query(*question, flags=flags), resolver, timeout=2)


def _read(reply: dns.message.Message, question: Question) -> LookupTruth:
    """Convert a reply to the terms of the truth."""
    name, rdtype = question
    if reply.rcode() in RCODES:
        return LookupTruth(status=RCODES[reply.rcode()])
    aliases = {
        rrset.name.to_text(omit_final_dot=True).lower(): rrset[0].target.to_text(omit_final_dot=True).lower()
        for rrset in reply.answer
        if rrset.rdtype == dns.rdatatype.CNAME
    }
    end, steps = name, 0
    while end in aliases:
        end, steps = aliases[end], steps + 1
        if steps > len(aliases):
            return LookupTruth(status=Failure.CNAME_LOOP)
    canonical_name = end if end != name else None
    records = tuple(
        _record(rdata) for rrset in reply.answer if rrset.rdtype == dns.rdatatype.from_text(rdtype) for rdata in rrset
    )
    ttls = [rrset.ttl for rrset in (*reply.answer, *reply.authority)]
    status = Status.NXDOMAIN if reply.rcode() == dns.rcode.NXDOMAIN else Status.OK if records else Status.NODATA
    return LookupTruth(status=status, records=cast("Records", records), ttl_s=min(ttls), canonical_name=canonical_name)


def _record(rdata: Any) -> str | tuple[int, str] | SoaRecord | HttpsRecord:
    match rdata.rdtype:
        case dns.rdatatype.A | dns.rdatatype.AAAA:
            return canonical(ip_address(rdata.address))
        case dns.rdatatype.MX:
            return rdata.preference, rdata.exchange.to_text(omit_final_dot=True).lower().rstrip(".")
        case dns.rdatatype.SOA:
            mname, rname = (name.to_text(omit_final_dot=True).lower() for name in (rdata.mname, rdata.rname))
            return SoaRecord(
                mname=mname,
                rname=rname,
                serial=rdata.serial,
                refresh_s=rdata.refresh,
                retry_s=rdata.retry,
                expire_s=rdata.expire,
                minimum_s=rdata.minimum,
            )
        case dns.rdatatype.HTTPS:
            parameters = rdata.params
            return HttpsRecord(
                priority=rdata.priority,
                target=rdata.target.to_text(omit_final_dot=True).lower().rstrip("."),
                alpn=tuple(protocol.decode() for protocol in parameters[ParamKey.ALPN].ids)
                if ParamKey.ALPN in parameters
                else (),
                port=parameters[ParamKey.PORT].port if ParamKey.PORT in parameters else None,
                ipv4hint=tuple(parameters[ParamKey.IPV4HINT].addresses) if ParamKey.IPV4HINT in parameters else (),
                ipv6hint=tuple(parameters[ParamKey.IPV6HINT].addresses) if ParamKey.IPV6HINT in parameters else (),
                ech=ParamKey.ECH in parameters,
            )
        case _:
            return str(rdata.target.to_text(omit_final_dot=True).lower())


def same(expected: LookupTruth, seen: LookupTruth) -> bool:
    """Compare records as a set, because some rotate and dnspython drops duplicates within an answer."""
    return _without_order(expected) == _without_order(seen)


def _without_order(lookup: LookupTruth) -> tuple[object, ...]:
    records: Records = lookup.records
    return lookup.status, frozenset(records), lookup.ttl_s, lookup.canonical_name
