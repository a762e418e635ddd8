r"""
DNS messages: the questions a crawl asks and the parts of a reply it reads.

dnspython builds a query in 64 us and reads a reply in 220 to 310 us; a crawl
asks some ten questions per domain. So the few record types it needs are read
here, with the results dnspython has (tests/probes/test_wire.py compares them).

Names are lower-case text without the final dot, odd octets escaped as in zone
files (RFC 1035 section 5.1): `\.` is a dot inside a label, `\032` a space.

Sources: RFC 1035 section 4 (messages, compression), RFC 2181 section 8 (TTL),
RFC 2308 (negative answers), RFC 3596 (AAAA), RFC 6891 (EDNS).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from ipaddress import IPv6Address
from socket import AF_INET6, inet_ntoa, inet_ntop
from typing import Any, NamedTuple

from ipv6matrix.addresses import canonical
from ipv6matrix.items import Failure, Records, SoaRecord, Status

TYPES = {"A": 1, "NS": 2, "SOA": 6, "PTR": 12, "MX": 15, "AAAA": 28}
# So small that no path has to fragment it (RFC 9715 section 3).
PAYLOAD_BYTES = 1232

_NS, _CNAME, _SOA, _OPT, _IN = 2, 5, 6, 41, 1
_QR, _OPCODE, _AA, _TC, _RA = 0x80, 0x78, 0x04, 0x02, 0x80
_RECURSION_DESIRED = 0x0100
_NXDOMAIN = 3
_RCODES = {1: Failure.FORMERR, 2: Failure.SERVFAIL, 4: Failure.NOTIMP, 5: Failure.REFUSED}

_HEADER = struct.Struct("!HBBHHHH")
_QUERY_HEADER = struct.Struct("!HHHHHH")
_RECORD = struct.Struct("!HHIH")
_TIMES = struct.Struct("!IIIII")
_EDNS = struct.pack("!BHHIH", 0, _OPT, PAYLOAD_BYTES, 0, 0)

_PLAIN = re.compile(rb"[a-z0-9_.*-]*")
_TOKEN = re.compile(rb"\\\d{3}|\\.|[^\\.]+|\.|\\", re.DOTALL)
_BACKSLASHED = frozenset(b'"().;\\@$')


class NameTooLongError(ValueError):
    """A label of more than 63 octets or a name of more than 255 (RFC 1035 section 2.3.4)."""


class WireError(ValueError):
    """A message that breaks its own format."""


class Question(NamedTuple):
    """One question: name and type, and both in the form they have in a message."""

    name: str
    type: str
    wire: bytes


class Answer(NamedTuple):
    """What a reply says to its question; the fields of a LookupObservation."""

    status: Status | Failure
    records: Records = ()
    ttl_s: int | None = None
    canonical_name: str | None = None


class _Record(NamedTuple):
    """A resource record whose data, from `start` to `end`, is not read yet."""

    owner: str
    type: int
    class_: int
    ttl: int
    start: int
    end: int


def question(name: str, rdtype: str) -> Question:
    """
    The question for the records of `rdtype` at `name`, with or without its final dot.

    Raises NameTooLongError, and ValueError for a name without a wire form or a type that is not in TYPES.
    """
    name = _without_final_dot(name.lower())
    return Question(name, rdtype, encode_name(name) + struct.pack("!HH", TYPES[rdtype], _IN))


def _without_final_dot(name: str) -> str:
    stem = name.removesuffix(".")
    backslashes = len(stem) - len(stem.rstrip("\\"))
    return name if backslashes % 2 else stem  # an odd one makes the dot a part of its label


def encode_name(name: str) -> bytes:
    """The wire form of a name without its final dot; the root is the empty name."""
    text = name.encode("ascii")
    labels = text.split(b".") if b"\\" not in text else _escaped_labels(text)
    if text and not all(labels):
        raise ValueError(f"an empty label in {name!r}")
    if len(max(labels, key=len)) > 63 or sum(map(len, labels)) + len(labels) > 254:
        raise NameTooLongError(f"a label of more than 63 octets or more than 255 in all: {name[:80]!r}")
    return b"".join([bytes((len(label),)) + label for label in labels if label]) + b"\0"


def _escaped_labels(text: bytes) -> list[bytes]:
    labels = [b""]
    for token in _TOKEN.findall(text):
        if token == b".":
            labels.append(b"")
        elif token == b"\\":
            raise ValueError("a backslash that escapes nothing")
        else:
            labels[-1] += _unescaped(token)
    return labels


def _unescaped(token: bytes) -> bytes:
    if token[:1] != b"\\":
        return token
    return bytes((int(token[1:]),)) if len(token) == 4 else token[1:]


def query(identifier: int, asked: Question, *, edns: bool = True) -> bytes:
    """A query with recursion desired."""
    header = _QUERY_HEADER.pack(identifier, _RECURSION_DESIRED, 1, 0, 0, 1 if edns else 0)
    return header + asked.wire + _EDNS if edns else header + asked.wire


def identifier(message: bytes) -> int:
    """The id of a message; -1 when there is not even a header."""
    return message[0] << 8 | message[1] if len(message) >= _HEADER.size else -1


def answers(reply: bytes, asked: Question) -> bool:
    """
    Whether `reply`, whose id and source are right, belongs to the question.

    Names match whatever their case. A server that could not read the question
    may leave it out, but only of an error.
    """
    _, flags, status, questions, _, _, _ = _HEADER.unpack_from(reply)
    if not flags & _QR or flags & _OPCODE:
        return False
    if questions == 0:
        return (status & 0xF) in _RCODES
    # lower() changes neither the length of a label, at most 63, nor a type of ours.
    return questions == 1 and reply[12 : 12 + len(asked.wire)].lower() == asked.wire


def truncated(reply: bytes) -> bool:
    """Whether the whole reply has to be asked for over TCP (RFC 2181 section 9)."""
    return bool(reply[2] & _TC)


def decode(reply: bytes, asked: Question) -> Answer:
    """What `reply`, which belongs to the question, says; `bad_reply` when it breaks its format."""
    try:
        return _decode(reply, asked)
    except (ValueError, IndexError, OSError, struct.error):
        return Answer(Failure.BAD_REPLY)


def _decode(reply: bytes, asked: Question) -> Answer:
    _, _, status, _, count, _, _ = _HEADER.unpack_from(reply)
    rcode = status & 0xF
    if rcode not in (0, _NXDOMAIN):
        return Answer(_RCODES.get(rcode, Failure.OTHER_RCODE))
    records, offset = _section(reply, 12 + len(asked.wire), count, asked)
    found: dict[str, list[_Record]] = {}
    aliases: dict[str, _Record] = {}
    for record in records:
        if record.class_ == _IN and record.type == TYPES[asked.type]:
            found.setdefault(record.owner, []).append(record)
        elif record.class_ == _IN and record.type == _CNAME:
            aliases.setdefault(record.owner, record)
    name, ttls = _follow(reply, asked.name, aliases, found)
    if name is None:
        return Answer(Failure.CNAME_LOOP)
    canonical_name = name if ttls else None
    if rcode == 0 and name in found:
        read = _READERS[asked.type]
        values = dict.fromkeys(read(reply, record.start, record.end) for record in found[name])
        return Answer(Status.OK, tuple(values), min(ttls + [_ttl(r.ttl) for r in found[name]]), canonical_name)
    answer, ttl_s = _negative(reply, offset, asked)
    return Answer(answer, (), ttl_s if ttl_s is None else min([*ttls, ttl_s]), canonical_name)


def _section(wire: bytes, offset: int, count: int, asked: Question) -> tuple[list[_Record], int]:
    """The records of one section and where the next begins."""
    records = []
    for _ in range(count):
        if wire[offset] == 0xC0 and wire[offset + 1] == 12:  # nearly always: a pointer to the question
            owner, offset = asked.name, offset + 2
        else:
            owner, offset = read_name(wire, offset)
        kind, class_, ttl, length = _RECORD.unpack_from(wire, offset)
        start = offset + 10
        offset = start + length
        records.append(_Record(owner, kind, class_, ttl, start, offset))
    if offset > len(wire):
        raise WireError("a record that ends behind the message")
    return records, offset


def _follow(
    wire: bytes, name: str, aliases: dict[str, _Record], found: dict[str, list[_Record]]
) -> tuple[str | None, list[int]]:
    """Where a chain of CNAMEs ends, None when it never does, and the TTLs of its links."""
    ttls: list[int] = []
    while name in aliases and name not in found:
        if len(ttls) == len(aliases):
            return None, ttls
        alias = aliases[name]
        name = _name(wire, alias.start, alias.end)
        ttls.append(_ttl(alias.ttl))
    return name, ttls


def _negative(wire: bytes, offset: int, asked: Question) -> tuple[Status | Failure, int | None]:
    """The status of a reply without the records asked for, and its TTL (RFC 2308 sections 2 and 5)."""
    _, flags, status, _, _, authority_count, additional_count = _HEADER.unpack_from(wire)
    authority, offset = _section(wire, offset, authority_count, asked)
    additional, _ = _section(wire, offset, additional_count, asked)
    if any(record.type == _OPT and record.ttl >> 24 for record in additional):
        return Failure.OTHER_RCODE, None  # an extended rcode (RFC 6891 section 6.1.3)
    if status & 0xF == _NXDOMAIN:
        return Status.NXDOMAIN, _negative_ttl(wire, authority)
    kinds = {record.type for record in authority}
    if _NS in kinds and _SOA not in kinds and not flags & _AA and not status & _RA:
        return Failure.BAD_REPLY, None  # a referral: this server does not look up for others
    return Status.NODATA, _negative_ttl(wire, authority)


def _negative_ttl(wire: bytes, authority: list[_Record]) -> int | None:
    for record in authority:
        if record.type == _SOA and record.end - record.start > _TIMES.size:
            minimum_s = int.from_bytes(wire[record.end - 4 : record.end])  # the last field, behind two names
            return min(_ttl(record.ttl), _ttl(minimum_s))
    return None


def _ttl(value: int) -> int:
    """A TTL with its highest bit set means 0 (RFC 2181 section 8)."""
    return value if value < 1 << 31 else 0


def read_name(wire: bytes, offset: int) -> tuple[str, int]:
    """
    The name at `offset`, and the offset behind it.

    Each compression pointer has to point before the name's last one, so a
    message cannot make the reader go round. Raises WireError and IndexError.
    """
    labels: list[bytes] = []
    end, first, length = 0, offset, 1
    while size := wire[offset]:
        if size < 64:
            labels.append(wire[offset + 1 : offset + 1 + size])
            offset += 1 + size
            length += 1 + size
        elif size >= 192:
            end = end or offset + 2
            offset = (size & 63) << 8 | wire[offset + 1]
            if offset >= first:
                raise WireError("a pointer that does not point back")
            first = offset
        else:
            raise WireError("a label of an unknown kind")
    if length > 255:
        raise WireError("a name of more than 255 octets")
    return _text(labels), end or offset + 1


def _text(labels: list[bytes]) -> str:
    name = b".".join(labels).lower()
    if _PLAIN.fullmatch(name) and name.count(b".") < max(len(labels), 1):
        return name.decode("ascii")
    return ".".join("".join(map(_escape, label.lower())) for label in labels)


def _escape(octet: int) -> str:
    if octet in _BACKSLASHED:
        return "\\" + chr(octet)
    return chr(octet) if 0x20 < octet < 0x7F else f"\\{octet:03d}"


def _name(wire: bytes, start: int, end: int) -> str:
    name, stop = read_name(wire, start)
    if stop != end:
        raise WireError("a name that does not fill its record")
    return name


def _a(wire: bytes, start: int, end: int) -> str:
    return inet_ntoa(wire[start:end])


def _aaaa(wire: bytes, start: int, end: int) -> str:
    text = inet_ntop(AF_INET6, wire[start:end])
    # Mapped and IPv4-compatible addresses: the C library's text is not ipaddress' (nor is that of all Pythons
    # the same), and texts have to compare equal.
    return text if "." not in text else canonical(IPv6Address(wire[start:end]))


def _mx(wire: bytes, start: int, end: int) -> tuple[int, str]:
    return wire[start] << 8 | wire[start + 1], _name(wire, start + 2, end)


def _soa(wire: bytes, start: int, end: int) -> SoaRecord:
    mname, offset = read_name(wire, start)
    rname, offset = read_name(wire, offset)
    if offset + _TIMES.size != end:
        raise WireError("a start of authority of a wrong length")
    serial, refresh, retry, expire, minimum = _TIMES.unpack_from(wire, offset)
    return SoaRecord(
        mname=mname,
        rname=rname,
        serial=serial,
        refresh_s=refresh,
        retry_s=retry,
        expire_s=expire,
        minimum_s=minimum,
    )


_READERS: dict[str, Callable[[bytes, int, int], Any]] = {
    "A": _a,
    "AAAA": _aaaa,
    "NS": _name,
    "PTR": _name,
    "MX": _mx,
    "SOA": _soa,
}
