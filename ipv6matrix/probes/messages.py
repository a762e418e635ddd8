"""
DNS messages: queries are encoded, replies are decoded.

The fast path in `wire` covers queries with EDNS and ordinary replies. dnspython
encodes and decodes everything else: queries without EDNS, errors with extended
rcodes (RFC 6891 section 6.1.3), DNAME records without the synthesized CNAME
(RFC 6672 section 3.1), HTTPS records (RFC 9460), and replies that `wire` cannot decode.
"""

from __future__ import annotations

from ipaddress import IPv6Address
from typing import Any, Final

import dns.exception
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
from dns.rdtypes.svcbbase import ParamKey

from ipv6matrix.addresses import canonical
from ipv6matrix.items import Failure, HttpsRecord, SoaRecord, Status
from ipv6matrix.probes import names, wire
from ipv6matrix.probes.wire import PAYLOAD_BYTES, Answer, Question

_IN: Final = dns.rdataclass.IN
_CNAME: Final = dns.rdatatype.CNAME
_FAILURES: Final = {
    dns.rcode.FORMERR: Failure.FORMERR,
    dns.rcode.SERVFAIL: Failure.SERVFAIL,
    dns.rcode.NOTIMP: Failure.NOTIMP,
    dns.rcode.REFUSED: Failure.REFUSED,
}


def query(identifier: int, question: Question, *, edns: bool = True) -> bytes:
    """Return a query with the flags of the question."""
    if edns:
        return wire.query(identifier, question)
    return dns.message.make_query(question.name or ".", question.type, id=identifier, flags=question.flags).to_wire()


def decode(reply: bytes, question: Question) -> Answer:
    """
    Decode `reply`, which is known to belong to the query; a malformed reply is a `bad_reply`.

    dnspython does not limit the work per message, so it only gets replies that fit
    into a datagram of the size advertised in queries.
    """
    answer = wire.decode(reply, question)
    if answer is not None:
        return answer
    if len(reply) > PAYLOAD_BYTES:
        return _unreadable(reply)
    try:
        return _decode(reply)
    except dns.message.ChainTooLong:
        return Answer(Failure.CNAME_LOOP)
    except (dns.exception.DNSException, ValueError):
        # dnspython does not catch the ValueError of some record types.
        return _unreadable(reply)


def _unreadable(reply: bytes) -> Answer:
    """Return an error from the header alone: the server has refused or failed, whatever else the message contains."""
    rcode = reply[3] & 0xF
    if rcode in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        return Answer(Failure.BAD_REPLY)
    return Answer(_FAILURES.get(dns.rcode.Rcode(rcode), Failure.OTHER_RCODE))


def _decode(reply: bytes) -> Answer:
    message = dns.message.from_wire(reply, ignore_trailing=True)
    rcode = message.rcode()
    if rcode not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        return Answer(_FAILURES.get(rcode, Failure.OTHER_RCODE))
    if not isinstance(message, dns.message.QueryMessage):
        return Answer(Failure.BAD_REPLY)
    _apply_dnames(message)
    chain = message.resolve_chaining()
    canonical_name = _text(chain.canonical_name) if chain.cnames else None
    passed = tuple(_text(rrset[0].target) for rrset in chain.cnames[:-1])
    if chain.answer is not None:
        records = tuple(_record(rdata) for rdata in chain.answer)
        return Answer(Status.OK, records, chain.minimum_ttl, canonical_name, passed)
    has_soa = any(rrset.rdtype == dns.rdatatype.SOA for rrset in message.authority)
    if rcode == dns.rcode.NXDOMAIN:
        return Answer(Status.NXDOMAIN, (), chain.minimum_ttl if has_soa else None, canonical_name, passed)
    if not has_soa:
        return Answer(Failure.BAD_REPLY)  # an irregular reply proves absence only with the SOA record of RFC 2308
    return Answer(Status.NODATA, (), chain.minimum_ttl, canonical_name, passed)


def _apply_dnames(message: dns.message.QueryMessage) -> None:
    """Add the CNAME records that follow from DNAME records where the server omitted them."""
    dnames = [rrset for rrset in message.answer if rrset.rdtype == dns.rdatatype.DNAME]
    name = message.question[0].name
    for _ in range(dns.message.MAX_CHAIN if dnames else 0):
        alias = message.get_rrset(message.answer, name, _IN, _CNAME)
        if alias is None:
            dname = next(
                (candidate for candidate in dnames if name != candidate.name and name.is_subdomain(candidate.name)),
                None,
            )
            if dname is None:
                return
            target = name.relativize(dname.name).concatenate(dname[0].target)
            alias = message.find_rrset(message.answer, name, _IN, _CNAME, create=True)
            alias.add(dns.rdata.from_text(_IN, _CNAME, target.to_text()), dname.ttl)
        name = alias[0].target


def _record(rdata: Any) -> Any:
    """Return a dnspython record in the form of `items.Records`."""
    match rdata.rdtype:
        case dns.rdatatype.A:
            return rdata.address
        case dns.rdatatype.AAAA:
            return canonical(IPv6Address(rdata.address))
        case dns.rdatatype.MX:
            return rdata.preference, _text(rdata.exchange)
        case dns.rdatatype.SOA:
            return SoaRecord(
                mname=_text(rdata.mname),
                rname=_text(rdata.rname),
                serial=rdata.serial,
                refresh_s=rdata.refresh,
                retry_s=rdata.retry,
                expire_s=rdata.expire,
                minimum_s=rdata.minimum,
            )
        case dns.rdatatype.HTTPS:
            return _https(rdata)
    return _text(rdata.target)


def _https(rdata: Any) -> HttpsRecord:
    alpn, port, hint4, hint6 = (
        rdata.params.get(key) for key in (ParamKey.ALPN, ParamKey.PORT, ParamKey.IPV4HINT, ParamKey.IPV6HINT)
    )
    return HttpsRecord(
        priority=rdata.priority,
        target=_text(rdata.target),
        alpn=tuple(octets.decode("latin-1") for octets in alpn.ids) if alpn else (),
        port=port.port if port else None,
        ipv4hint=tuple(hint4.addresses) if hint4 else (),
        ipv6hint=tuple(canonical(IPv6Address(address)) for address in hint6.addresses) if hint6 else (),
        ech=ParamKey.ECH in rdata.params,
    )


def _text(name: dns.name.Name) -> str:
    return names.text(list(name.labels[:-1]))
