"""
DNS messages as bytes (RFC 1035 section 4), written by hand for speed.

A reply repeats the question exactly, including its case; the owner of a
record is a pointer into it if the question contains that name.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from socket import AF_INET, AF_INET6, inet_pton
from struct import Struct
from typing import Final

TYPES: Final = {
    "A": 1,
    "NS": 2,
    "CNAME": 5,
    "SOA": 6,
    "PTR": 12,
    "MX": 15,
    "TXT": 16,
    "AAAA": 28,
    "HTTPS": 65,
    "ANY": 255,
}
TYPE_NAMES: Final = {number: name for name, number in TYPES.items()}
OPT: Final = 41
# QR, and RA; RD is copied from the query.
FLAGS: Final = 0x8080
RECURSION_AVAILABLE: Final = 0x0080
AUTHORITATIVE: Final = 0x0400
TRUNCATED: Final = 0x0200
RECURSION_DESIRED: Final = 0x0100
# DNSSEC (RFC 4035 sections 3.2.2 and 3.2.3).
AUTHENTIC_DATA: Final = 0x0020
CHECKING_DISABLED: Final = 0x0010
# The server's own limit for UDP, and that of a client without EDNS (RFC 6891 section 6.2.3).
EDNS_SIZE: Final = 1232
PLAIN_SIZE: Final = 512

_HEADER: Final = Struct("!HHHHHH")
_RECORD: Final = Struct("!HHIH")
_OPT_REPLY: Final = b"\x00" + _RECORD.pack(OPT, EDNS_SIZE, 0, 0)


@dataclass(slots=True)
class Query:
    """The question of a message."""

    id: int
    flags: int
    question: bytes
    name: str
    "Lower case, without the final dot."
    type: str
    "A name, or `TYPE65` for a type without a name in this module."
    size: int
    "Largest reply that the client accepts over UDP."
    edns: bool


def parse(message: bytes) -> Query | None:
    """Parse a query with one question; return None for anything else."""
    if len(message) < 17 or message[2] & 0x80 or message[4:6] != b"\x00\x01":
        return None
    labels, at = [], 12
    while length := message[at]:
        labels.append(message[at + 1 : at + 1 + length])
        at += 1 + length
        if at + 5 > len(message):
            return None
    name = b".".join(labels).decode("latin-1").lower()
    end = at + 5
    number = message[at + 1] << 8 | message[at + 2]
    # Of additional records, queries contain only OPT: root owner, type 41, class = payload size.
    edns = message[end : end + 3] == b"\x00\x00\x29"
    size = max(PLAIN_SIZE, min(EDNS_SIZE, message[end + 3] << 8 | message[end + 4])) if edns else PLAIN_SIZE
    return Query(
        id=message[0] << 8 | message[1],
        flags=message[2] << 8 | message[3],
        question=message[12:end],
        name=name,
        type=TYPE_NAMES.get(number) or f"TYPE{number}",
        size=size,
        edns=edns,
    )


@dataclass(frozen=True, slots=True)
class Body:
    """A reply without what differs between queries: id, case of the question, EDNS."""

    rcode: int
    answers: tuple[bytes, ...]
    authority: tuple[bytes, ...] = ()
    additional: tuple[bytes, ...] = ()
    "Glue; the OPT record is added separately."
    authoritative: bool = False
    secure: bool = False
    "Validated; reported to clients that set AD (RFC 6840 section 5.8)."
    bogus: bool = False


def message(query: Query, body: Body, *, limit: int, shift: int = 0) -> bytes:
    """Assemble a reply; above `limit` bytes it is cut to its question, with TC (RFC 2181 section 9)."""
    answers = body.answers
    if shift and len(answers) > 1:
        shift %= len(answers)
        answers = answers[shift:] + answers[:shift]
    flags = FLAGS | (query.flags & (RECURSION_DESIRED | CHECKING_DISABLED)) | body.rcode
    if body.secure:
        flags |= query.flags & AUTHENTIC_DATA
    if body.authoritative:
        flags ^= AUTHORITATIVE | RECURSION_AVAILABLE
    opt = _OPT_REPLY if query.edns else b""
    text = query.question + b"".join(answers) + b"".join(body.authority) + b"".join(body.additional) + opt
    if len(text) + 12 > limit:
        return truncated(query)
    extra = len(body.additional) + bool(opt)
    return _HEADER.pack(query.id, flags, 1, len(answers), len(body.authority), extra) + text


def truncated(query: Query) -> bytes:
    """Return a reply that makes the client retry over TCP."""
    flags = FLAGS | (query.flags & RECURSION_DESIRED) | TRUNCATED
    opt = _OPT_REPLY if query.edns else b""
    return _HEADER.pack(query.id, flags, 1, 0, 0, 1 if opt else 0) + query.question + opt


def record(qname: str, owner: str, rdtype: str, ttl_s: int, text: str) -> bytes:
    """Encode one resource record of a reply to a question about `qname`."""
    rdata = _rdata(rdtype, text)
    return _owner(qname, owner) + _RECORD.pack(TYPES[rdtype], 1, ttl_s, len(rdata)) + rdata


def _owner(qname: str, owner: str) -> bytes:
    lower = owner.lower()
    if qname == lower:
        return b"\xc0\x0c"
    if lower and qname.endswith("." + lower):
        return (0xC000 | 12 + len(qname) - len(lower)).to_bytes(2, "big")
    return encode_name(owner)


@lru_cache(maxsize=65536)
def encode_name(name: str) -> bytes:
    """Encode a name, uncompressed; the root is an empty text or a dot."""
    labels = [label.encode("latin-1") for label in name.split(".") if label]
    return b"".join(bytes((len(label),)) + label for label in labels) + b"\x00"


@lru_cache(maxsize=16384)
def _rdata(rdtype: str, text: str) -> bytes:
    if rdtype in ("A", "AAAA"):
        return inet_pton(AF_INET if rdtype == "A" else AF_INET6, text)
    if rdtype == "MX":
        preference, _, host = text.partition(" ")
        return int(preference).to_bytes(2, "big") + encode_name(host)
    if rdtype == "SOA":
        mname, rname, *numbers = text.split()
        return encode_name(mname) + encode_name(rname) + b"".join(int(number).to_bytes(4, "big") for number in numbers)
    if rdtype == "HTTPS":
        return _https(text)
    if rdtype == "TXT":
        raw = text.encode("latin-1")
        return b"".join(bytes((len(part),)) + part for part in (raw[at : at + 255] for at in range(0, len(raw), 255)))
    return encode_name(text)


# Parameters of HTTPS records (RFC 9460 section 14.3.2, RFC 9848 section 3): key, encoder of one value.
_PARAMETERS: Final[dict[str, tuple[int, Callable[[str], bytes]]]] = {
    "alpn": (1, lambda value: bytes((len(value),)) + value.encode()),
    "port": (3, lambda value: int(value).to_bytes(2, "big")),
    "ipv4hint": (4, lambda value: inet_pton(AF_INET, value)),
    "ech": (5, b64decode),
    "ipv6hint": (6, lambda value: inet_pton(AF_INET6, value)),
}


def _https(text: str) -> bytes:
    """Encode a text such as `1 . alpn=h2,h3 port=8443` (RFC 9460 section 2.2); keys in ascending order."""
    priority, target, *parameters = text.split()
    encoded = int(priority).to_bytes(2, "big") + encode_name(target)
    for key, _, values in (parameter.partition("=") for parameter in parameters):
        number, encode = _PARAMETERS[key]
        value = b"".join(map(encode, values.split(",")))
        encoded += number.to_bytes(2, "big") + len(value).to_bytes(2, "big") + value
    return encoded
