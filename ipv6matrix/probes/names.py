r"""
Names in DNS messages: from text to labels, and from a message, with its compression pointers, to text.

The text of a name is in lower case and without the final dot, with unusual octets escaped as in
zone files (RFC 1035 section 5.1): `\.` is a dot inside a label, `\032` a space.

The work per message is bounded, whatever it contains: each offset is decoded as a
name only once, and all names and pointers together cost at most _MAX_NAMES_COST.

Source: RFC 1035 sections 3.1 and 4.1.4.
"""

from __future__ import annotations

import re
from typing import Final

import dns.exception
import dns.name

# A name has at most 127 labels, and in an ordinary name each pointer leads to at least one label.
_MAX_POINTERS: Final = 127
# Budget for all names in one message: 1 per octet plus 4 per label or pointer. A reply of 65,535 octets has room for
# 3,600 distinct names of about 60 octets each.
_MAX_NAMES_COST: Final = 300_000

_PLAIN = re.compile(rb"[a-z0-9_.*-]*")
# Escaped form of each octet of a label.
_ESCAPES: Final = {octet: dns.name.Name([bytes((octet,)), b""]).to_text(omit_final_dot=True) for octet in range(256)}


class NameTooLongError(ValueError):
    """A label of more than 63 octets or a name of more than 255 octets (RFC 1035 section 2.3.4)."""


class WireError(ValueError):
    """A message that is malformed, or not an ordinary answer."""


class CostlyError(Exception):
    """A message that would take more work to decode than any legitimate one."""


def encode_name(name: str) -> bytes:
    """Return the wire form of a name without its final dot; the empty name is the root."""
    text = name.encode("ascii")
    if b"\\" in text:
        return _encode_escaped(name)
    labels = text.split(b".")
    if text and not all(labels):
        raise ValueError(f"an empty label in {name!r}")
    if len(max(labels, key=len)) > 63 or sum(map(len, labels)) + len(labels) > 254:
        raise NameTooLongError(f"a label of more than 63 octets or more than 255 in all: {name[:80]!r}")
    return b"".join([bytes((len(label),)) + label for label in labels if label]) + b"\0"


def _encode_escaped(name: str) -> bytes:
    try:
        return dns.name.from_text(name).canonicalize().to_wire() or b""
    except (dns.name.LabelTooLong, dns.name.NameTooLong) as error:
        raise NameTooLongError(f"a label of more than 63 octets or more than 255 in all: {name[:80]!r}") from error
    except dns.exception.DNSException as error:
        raise ValueError(f"{name[:80]!r} has no wire form ({error})") from error


class Names:
    """The names in one message, each decoded once, within a budget for the whole message."""

    __slots__ = ("_known", "_left", "wire")

    def __init__(self, wire: bytes) -> None:
        self.wire = wire
        self._left = _MAX_NAMES_COST
        self._known: dict[int, tuple[str, int]] = {}

    def read(self, offset: int) -> tuple[str, int]:
        """
        Return the name at `offset`, and the offset after it.

        A name that consists only of a pointer is the name it points to, which is decoded
        once. Raises WireError, CostlyError and IndexError.
        """
        wire = self.wire
        if wire[offset] >= 192:
            target = (wire[offset] & 63) << 8 | wire[offset + 1]
            if target < offset and wire[target] < 192:
                return self._read_once(target)[0], offset + 2
        return self._read_once(offset)

    def _read_once(self, offset: int) -> tuple[str, int]:
        cached = self._known.get(offset)
        if cached is None:
            cached = self._known[offset] = self._read(offset)
        return cached

    def _read(self, offset: int) -> tuple[str, int]:
        """
        Decode a name, label by label.

        Each compression pointer must point before the start of the preceding part, so a
        message cannot cause an endless loop.
        """
        wire = self.wire
        labels: list[bytes] = []
        end, first, length, pointers = 0, offset, 1, 0
        while size := wire[offset]:
            if size < 64:
                labels.append(wire[offset + 1 : offset + 1 + size])
                offset += 1 + size
                length += 1 + size
                if length > 255:
                    raise WireError("a name of more than 255 octets")
            elif size >= 192:
                end = end or offset + 2
                offset = (size & 63) << 8 | wire[offset + 1]
                pointers += 1
                if pointers > _MAX_POINTERS:
                    raise CostlyError("a name of too many pointers")
                if offset >= first:
                    raise WireError("a pointer that does not point back")
                first = offset
            else:
                raise WireError("a label of an unknown kind")
        self._left -= length + 4 * (len(labels) + pointers)
        if self._left < 0:
            raise CostlyError("too many names")
        return text(labels), end or offset + 1


def text(labels: list[bytes]) -> str:
    """Return the text of a name from its labels, without the root label."""
    name = b".".join(labels).lower()
    if _PLAIN.fullmatch(name) and name.count(b".") < max(len(labels), 1):
        return name.decode("ascii")
    return ".".join(label.lower().decode("latin-1").translate(_ESCAPES) for label in labels)
