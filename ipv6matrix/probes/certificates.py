"""
Fields of an X.509 certificate (RFC 5280), each decoded separately: one malformed field does not hide the others.

Libraries parse a certificate completely or not at all. This module needs only
five fields, but also those of certificates that violate the standard. It accepts
times in every form of X.680 and text in every string type.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from itertools import islice
from typing import Final, TypeVar

from ipv6matrix.items import Certificate
from ipv6matrix.probes.der import DerError, Element, children, elements
from ipv6matrix.probes.texts import MAX_CHARACTERS, cleaned, decoded

MAX_NAMES: Final = 250
# Maximum number of RDNs per name, and of attributes per RDN. The text of an ordinary name is truncated long before.
_MAX_PARTS: Final = 100
_MAX_IDENTIFIER_OCTETS: Final = 64

_SEQUENCE, _SET, _OCTETS, _UTC_TIME, _GENERALIZED_TIME = 0x30, 0x31, 0x04, 0x17, 0x18
_VERSION, _EXTENSIONS, _DNS_NAME = 0xA0, 0xA3, 0x82
_ALTERNATIVE_NAMES: Final = bytes.fromhex("0603551d11")
# Attribute keywords of RFC 4514 section 3, by the content octets of the OBJECT IDENTIFIER.
_KEYWORDS: Final = {
    bytes.fromhex("550403"): "CN",
    bytes.fromhex("550407"): "L",
    bytes.fromhex("550408"): "ST",
    bytes.fromhex("55040a"): "O",
    bytes.fromhex("55040b"): "OU",
    bytes.fromhex("550406"): "C",
    bytes.fromhex("550409"): "STREET",
    bytes.fromhex("0992268993f22c640119"): "DC",
    bytes.fromhex("0992268993f22c640101"): "UID",
}
_STRINGS: Final[dict[int, Callable[[bytes], str]]] = {
    **dict.fromkeys((0x0C, 0x12, 0x13, 0x14, 0x16, 0x1A), decoded),  # UTF8, Numeric, Printable, Teletex, IA5, Visible
    0x1C: lambda octets: octets.decode("utf-32-be", "replace"),  # Universal
    0x1E: lambda octets: octets.decode("utf-16-be", "replace"),  # BMP
}
_REST_OF_TIME: Final = rb"(?P<rest>[0-9]{8})(?P<seconds>[0-9]{2})?(?:[.,][0-9]+)?(?P<zone>Z|[+-][0-9]{4})"
_TIMES: Final = {
    _UTC_TIME: re.compile(rb"(?P<year>[0-9]{2})" + _REST_OF_TIME),
    _GENERALIZED_TIME: re.compile(rb"(?P<year>[0-9]{4})" + _REST_OF_TIME),
}
_T = TypeVar("_T")


def certificate_of(der: bytes) -> Certificate:
    """Return the fields of a DER-encoded certificate; None for each field that cannot be decoded."""
    fields = _or_none(lambda: _fields(der)) or []
    names = _or_none(lambda: list(_names(der)))
    return Certificate(
        sha256=sha256(der).hexdigest(),
        issuer=_or_none(lambda: _name(fields[2])),
        not_before=_or_none(lambda: _time(fields[3], 0)),
        not_after=_or_none(lambda: _time(fields[3], 1)),
        subject=_or_none(lambda: _name(fields[4])),
        names=None if names is None else tuple(cleaned(decoded(name)) for name in names[:MAX_NAMES]),
        names_total=None if names is None else len(names),
    )


def dns_names(der: bytes) -> list[str]:
    """Return the subject alternative names of type dNSName; none if they cannot be decoded."""
    return [decoded(name) for name in _or_none(lambda: list(_names(der))) or ()]


def _or_none(read: Callable[[], _T]) -> _T | None:
    try:
        return read()
    except (ValueError, IndexError, OverflowError):
        return None


def _signed(der: bytes) -> Element:
    """Return the TBSCertificate."""
    (certificate,) = islice(elements(der), 1)
    (signed,) = islice(children(certificate, _SEQUENCE), 1)
    return signed


def _fields(der: bytes) -> list[Element]:
    """Return the fields of TBSCertificate from the serial number on, up to the first malformed one."""
    fields: list[Element] = []
    with contextlib.suppress(DerError):
        fields.extend(children(_signed(der), _SEQUENCE))
    return fields[1:] if fields and fields[0].tag == _VERSION else fields


def _name(name: Element) -> str:
    """Return a Name as an RFC 4514 string, most specific RDN first."""
    parts = list(children(name, _SEQUENCE))[-_MAX_PARTS:]
    return cleaned(",".join(map(_part, reversed(parts))))


def _part(part: Element) -> str:
    attributes = islice(children(part, _SET), _MAX_PARTS)
    return "+".join(_or_none(partial(_attribute, attribute)) or _hexadecimal(attribute) for attribute in attributes)


def _attribute(attribute: Element) -> str:
    kind, value = islice(children(attribute, _SEQUENCE), 2)
    decode = _STRINGS.get(value.tag)
    text = _escaped(cleaned(decode(value.contents))) if decode else _hexadecimal(value)
    return f"{_KEYWORDS.get(kind.contents) or _dotted(kind.contents)}={text}"


def _hexadecimal(element: Element) -> str:
    """Return an element that is not text in the hexadecimal form of RFC 4514 section 2.4."""
    return f"#{element.whole[:MAX_CHARACTERS].hex()}"


def _escaped(text: str) -> str:
    """Escape special characters (RFC 4514 section 2.4)."""
    escaped = re.sub(r'([\\",+;<>])', r"\\\1", text)
    if escaped.startswith(("#", " ")):
        escaped = f"\\{escaped}"
    return f"{escaped[:-1]}\\ " if escaped.endswith(" ") and len(text) > 1 else escaped


def _dotted(contents: bytes) -> str:
    """Return an OBJECT IDENTIFIER in dotted decimal form (X.690 section 8.19)."""
    if len(contents) > _MAX_IDENTIFIER_OCTETS:
        raise DerError("an identifier beyond all measure")
    numbers, number = [], 0
    for octet in contents:
        number = number << 7 | octet & 0x7F
        if not octet & 0x80:
            numbers.append(number)
            number = 0
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:])))


def _time(validity: Element, place: int) -> float:
    element = list(children(validity, _SEQUENCE))[place]
    match = _TIMES[element.tag].fullmatch(element.contents) if element.tag in _TIMES else None
    if match is None:
        raise DerError("an unknown form of time")
    year = int(match["year"])
    if element.tag == _UTC_TIME:
        year += 1900 if year >= 50 else 2000  # RFC 5280 section 4.1.2.5.1
    month, day, hour, minute = (int(match["rest"][at : at + 2]) for at in range(0, 8, 2))
    local = datetime(year, month, day, hour, minute, int(match["seconds"] or 0), tzinfo=UTC)
    return (local - _offset(match["zone"])).timestamp()


def _offset(zone: bytes) -> timedelta:
    if zone == b"Z":
        return timedelta()
    return timedelta(hours=int(zone[:3]), minutes=int(zone[:1] + zone[3:]))


def _names(der: bytes) -> Iterator[bytes]:
    """Yield the dNSName subject alternative names; raise DerError if it cannot be determined whether there are any."""
    for field in children(_signed(der), _SEQUENCE):
        for extensions in elements(field.contents) if field.tag == _EXTENSIONS else ():
            for extension in children(extensions, _SEQUENCE):
                kind, *_, value = children(extension, _SEQUENCE)
                if kind.whole == _ALTERNATIVE_NAMES:
                    yield from _dns_names(value)
                    return  # even if later elements are malformed


def _dns_names(value: Element) -> Iterator[bytes]:
    (names,) = children(value, _OCTETS)
    return (name.contents for name in children(names, _SEQUENCE) if name.tag == _DNS_NAME)
