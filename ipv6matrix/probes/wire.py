"""
Fast path for the most frequent DNS messages of a crawl: queries with EDNS, and ordinary replies.

dnspython encodes a query in 64 us and decodes a reply in 220 to 310 us; a crawl
makes about ten lookups per domain. This module therefore decodes the six common
record types (A, AAAA, NS, MX, SOA, PTR), chains of CNAMEs and negative answers,
with the same results as dnspython (compared in tests/probes/test_wire.py). It
leaves every other reply to `messages`, which uses dnspython.

The work per message is bounded, whatever it contains (`names`).

Sources: RFC 1035 section 4 (messages, compression), RFC 2181 section 8 (TTL),
RFC 2308 (negative answers), RFC 3596 (AAAA), RFC 6891 (EDNS).
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from ipaddress import IPv6Address
from socket import AF_INET6, inet_ntoa, inet_ntop
from typing import Any, Final, NamedTuple

from ipv6matrix.addresses import canonical
from ipv6matrix.items import Failure, Records, SoaRecord, Status
from ipv6matrix.probes.names import CostlyError, Names, WireError, encode_name

TYPES = {"A": 1, "NS": 2, "SOA": 6, "PTR": 12, "MX": 15, "AAAA": 28, "HTTPS": 65}
# Small enough that no path has to fragment it (RFC 9715 section 3).
PAYLOAD_BYTES = 1232

_NS, _CNAME, _SOA, _DNAME, _OPT, _IN = 2, 5, 6, 39, 41, 1
_QR, _OPCODE, _AA, _TC, _RA = 0x80, 0x78, 0x04, 0x02, 0x80
# Flags of queries. AD asks for the AD bit of the reply, without DNSSEC records (RFC 6840 section 5.7); CD asks a
# validating resolver for data that it cannot validate (RFC 4035 section 3.2.2).
RECURSION_DESIRED: Final = 0x0100
AUTHENTIC_DATA: Final = 0x0020
CHECKING_DISABLED: Final = 0x0010
_NXDOMAIN = 3
_ERRORS = (1, 2, 4, 5)

_HEADER = struct.Struct("!HBBHHHH")
_QUERY_HEADER = struct.Struct("!HHHHHH")
_RECORD = struct.Struct("!HHIH")
_TIMES = struct.Struct("!IIIII")
_EDNS = struct.pack("!BHHIH", 0, _OPT, PAYLOAD_BYTES, 0, 0)


class Question(NamedTuple):
    """One DNS question: name and type, as text and in wire format, and the flags of the query."""

    name: str
    type: str
    wire: bytes
    flags: int = RECURSION_DESIRED


class Answer(NamedTuple):
    """The answer in a reply; these are fields of a LookupObservation."""

    status: Status | Failure
    records: Records = ()
    ttl_s: int | None = None
    canonical_name: str | None = None
    aliases: tuple[str, ...] = ()


class _Record(NamedTuple):
    """A resource record; its data, from `start` to `end`, is not decoded yet."""

    owner: str
    type: int
    class_: int
    ttl: int
    start: int
    end: int


def question(name: str, rdtype: str, flags: int = RECURSION_DESIRED) -> Question:
    """
    Return the question for records of type `rdtype` at `name`, with or without its final dot.

    Raises NameTooLongError, and ValueError for a name without a wire form or a type that is not in TYPES.
    """
    name = _without_final_dot(name.lower())
    return Question(name, rdtype, encode_name(name) + struct.pack("!HH", TYPES[rdtype], _IN), flags)


def _without_final_dot(name: str) -> str:
    stem = name.removesuffix(".")
    backslashes = len(stem) - len(stem.rstrip("\\"))
    return name if backslashes % 2 else stem  # after an odd number of backslashes, the dot belongs to the label


def query(identifier: int, question: Question) -> bytes:
    """Return a query with EDNS."""
    return _QUERY_HEADER.pack(identifier, question.flags, 1, 0, 0, 1) + question.wire + _EDNS


def identifier(message: bytes) -> int:
    """Return the ID of a message; -1 if it is shorter than a header."""
    return message[0] << 8 | message[1] if len(message) >= _HEADER.size else -1


def answers(reply: bytes, question: Question) -> bool:
    """
    Return whether `reply`, whose ID and source are right, belongs to the question.

    Names are compared case-insensitively. Only an error may omit the question
    section, as from a server that could not parse the query.
    """
    _, flags, status, questions, _, _, _ = _HEADER.unpack_from(reply)
    if not flags & _QR or flags & _OPCODE:
        return False
    if questions == 0:
        return (status & 0xF) in _ERRORS
    # lower() does not change the lengths of labels, which are at most 63. It would change type 65 (HTTPS).
    end = 12 + len(question.wire)
    return questions == 1 and reply[12 : end - 4].lower() + reply[end - 4 : end] == question.wire


def truncated(reply: bytes) -> bool:
    """Return whether the reply is truncated and must be requested over TCP (RFC 2181 section 9)."""
    return bool(reply[2] & _TC)


def authenticated(reply: bytes) -> bool:
    """Return whether the resolver has validated the reply: its AD bit (RFC 4035 section 3.2.3)."""
    return bool(reply[3] & AUTHENTIC_DATA)


def is_authoritative(reply: bytes) -> bool:
    """Return whether the server answers from its own data: the AA bit (RFC 1035 section 4.1.1)."""
    return bool(reply[2] & _AA)


def decode(reply: bytes, question: Question) -> Answer | None:
    """
    Decode `reply`, which belongs to the question; return None if it is not an ordinary answer.

    A reply that would cost too much work is a `bad_reply`, so that no other decoder tries it.
    """
    try:
        return _decode(reply, question)
    except CostlyError:
        return Answer(Failure.BAD_REPLY)
    except (ValueError, IndexError, OSError, struct.error):
        return None


def _decode(reply: bytes, question: Question) -> Answer | None:
    _, _, status, _, count, _, _ = _HEADER.unpack_from(reply)
    rcode = status & 0xF
    if rcode not in (0, _NXDOMAIN):
        return None
    names = Names(reply)
    records, offset = _section(names, 12 + len(question.wire), count, question)
    by_owner: dict[str, list[_Record]] = {}
    aliases: dict[str, _Record] = {}
    for record in records:
        if record.class_ == _IN and record.type == TYPES[question.type]:
            by_owner.setdefault(record.owner, []).append(record)
        elif record.class_ == _IN and record.type == _CNAME:
            aliases.setdefault(record.owner, record)
    name, ttls, passed = _follow(names, question.name, aliases, by_owner)
    if name is None:
        return Answer(Failure.CNAME_LOOP)
    canonical_name = name if ttls else None
    if name in by_owner:
        read = _READERS.get(question.type)
        if rcode or read is None:
            return None  # a contradiction (NXDOMAIN with an answer), or a type that only dnspython decodes
        values = dict.fromkeys(read(names, record.start, record.end) for record in by_owner[name])
        return Answer(
            Status.OK, tuple(values), min(ttls + [_ttl(r.ttl) for r in by_owner[name]]), canonical_name, passed
        )
    if any(record.type == _DNAME for record in records):
        return None
    answer, ttl_s = _negative(names, offset, question, name)
    return Answer(answer, (), ttl_s if ttl_s is None else min([*ttls, ttl_s]), canonical_name, passed)


def _section(names: Names, offset: int, count: int, question: Question) -> tuple[list[_Record], int]:
    """Decode the records of one section; return them and the offset of the next section."""
    wire = names.wire
    records = []
    for _ in range(count):
        if wire[offset] == 0xC0 and wire[offset + 1] == 12:  # the usual case: a pointer to the question
            owner, offset = question.name, offset + 2
        elif wire[offset] == 0:  # the root, the owner of OPT records
            owner, offset = "", offset + 1
        else:
            owner, offset = names.read(offset)
        kind, class_, ttl, length = _RECORD.unpack_from(wire, offset)
        start = offset + 10
        offset = start + length
        records.append(_Record(owner, kind, class_, ttl, start, offset))
    if offset > len(wire):
        raise WireError("a record that ends behind the message")
    return records, offset


def _follow(
    names: Names, name: str, aliases: dict[str, _Record], by_owner: dict[str, list[_Record]]
) -> tuple[str | None, list[int], tuple[str, ...]]:
    """Follow a chain of CNAMEs; return its end (None for a loop), the TTLs of its links, and the names in between."""
    ttls: list[int] = []
    passed: list[str] = []
    while name in aliases and name not in by_owner:
        if len(ttls) == len(aliases):
            return None, ttls, ()
        alias = aliases[name]
        name = _name(names, alias.start, alias.end)
        ttls.append(_ttl(alias.ttl))
        passed.append(name)
    return name, ttls, tuple(passed[:-1])


def _negative(names: Names, offset: int, question: Question, name: str) -> tuple[Status | Failure, int | None]:
    """Return the status and TTL of a reply without the requested records (RFC 2308 sections 2 and 5)."""
    _, flags, status, _, _, authority_count, additional_count = _HEADER.unpack_from(names.wire)
    authority, offset = _section(names, offset, authority_count, question)
    additional, _ = _section(names, offset, additional_count, question)
    if any(record.type == _OPT and record.ttl >> 24 for record in additional):
        raise WireError("an extended rcode")  # RFC 6891 section 6.1.3
    if _is_misplaced(question, name, authority) or _is_misplaced(question, name, additional):
        return Failure.BAD_REPLY, None
    if status & 0xF == _NXDOMAIN:
        return Status.NXDOMAIN, _negative_ttl(names.wire, authority)
    kinds = {record.type for record in authority}
    if _NS in kinds and _SOA not in kinds and not flags & _AA and not status & _RA:
        return Failure.BAD_REPLY, None  # a referral: this server does not offer recursion
    return Status.NODATA, _negative_ttl(names.wire, authority)


def _is_misplaced(question: Question, name: str, section: list[_Record]) -> bool:
    """Return whether requested records are in the wrong section; for SOA, that is normal in negative answers."""
    kind = TYPES[question.type]
    return kind != _SOA and any(
        record.type == kind and record.owner == name and record.class_ == _IN for record in section
    )


def _negative_ttl(wire: bytes, authority: list[_Record]) -> int | None:
    for record in authority:
        if record.type == _SOA and record.end - record.start > _TIMES.size:
            minimum_s = int.from_bytes(wire[record.end - 4 : record.end])  # MINIMUM, the last field, follows two names
            return min(_ttl(record.ttl), _ttl(minimum_s))
    return None


def _ttl(value: int) -> int:
    """Return a TTL, or 0 if its most significant bit is set (RFC 2181 section 8)."""
    return value if value < 1 << 31 else 0


def _name(names: Names, start: int, end: int) -> str:
    name, stop = names.read(start)
    if stop != end:
        raise WireError("a name that does not fill its record")
    return name


def _a(names: Names, start: int, end: int) -> str:
    return inet_ntoa(names.wire[start:end])


def _aaaa(names: Names, start: int, end: int) -> str:
    return ipv6_text(names.wire[start:end])


def ipv6_text(packed: bytes) -> str:
    """Return an IPv6 address in the text form of ipaddress; raise OSError or ValueError if it is not 16 octets long."""
    text = inet_ntop(AF_INET6, packed)
    # For mapped and IPv4-compatible addresses, the text of the C library differs from that of ipaddress, which itself
    # differs between versions of Python; texts must compare equal.
    return text if "." not in text else canonical(IPv6Address(packed))


def _mx(names: Names, start: int, end: int) -> tuple[int, str]:
    return names.wire[start] << 8 | names.wire[start + 1], _name(names, start + 2, end)


def _soa(names: Names, start: int, end: int) -> SoaRecord:
    mname, offset = names.read(start)
    rname, offset = names.read(offset)
    if offset + _TIMES.size != end:
        raise WireError("a start of authority of a wrong length")
    serial, refresh, retry, expire, minimum = _TIMES.unpack_from(names.wire, offset)
    return SoaRecord(
        mname=mname,
        rname=rname,
        serial=serial,
        refresh_s=refresh,
        retry_s=retry,
        expire_s=expire,
        minimum_s=minimum,
    )


_READERS: dict[str, Callable[[Names, int, int], Any]] = {
    "A": _a,
    "AAAA": _aaaa,
    "NS": _name,
    "PTR": _name,
    "MX": _mx,
    "SOA": _soa,
}
