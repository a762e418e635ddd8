"""
Pieces of gzip that were compressed before, put together as one (RFC 1951, RFC 1952).

Each piece is compressed by itself up to a full flush: it ends at an octet and
refers to nothing before it, so pieces may follow one another. What gzip wants to
know of the whole, its CRC-32, follows from those of its parts.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

# Compressed once and read often.
_LEVEL: Final = 9
_RAW: Final = -15
# No name, no time, system not known (RFC 1952 section 2.3).
_HEAD: Final = b"\x1f\x8b\x08" + bytes(6) + b"\xff"
# The last block: stored, and empty.
_END: Final = b"\x01\x00\x00\xff\xff"
# The polynomial of CRC-32, its lowest bit first; x to the power of 0 is the highest bit.
_POLYNOMIAL: Final = 0xEDB88320
_ONE: Final = 1 << 31
_LONGEST: Final = 0xFFFF


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text, compressed."""

    data: bytes
    crc: int
    "CRC-32 of the text."
    length: int
    "Octets of the text."


def compress(text: bytes) -> Piece:
    """Compress a text as a piece."""
    compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW)
    data = compressor.compress(text) + compressor.flush(zlib.Z_FULL_FLUSH)
    return Piece(data, zlib.crc32(text), len(text))


def stored(text: bytes) -> Piece:
    """Make a piece of a short text, as it is (RFC 1951 section 3.2.4)."""
    assert len(text) <= _LONGEST
    size = len(text)
    head = b"\x00" + size.to_bytes(2, "little") + (size ^ _LONGEST).to_bytes(2, "little")
    return Piece(head + text if text else b"", zlib.crc32(text), size)


def gzipped(pieces: Iterable[Piece]) -> bytes:
    """Put pieces together as one member of gzip."""
    crc, length, found = 0, 0, [_HEAD]
    for piece in pieces:
        crc = _combined(crc, piece)
        length += piece.length
        found.append(piece.data)
    trailer = crc.to_bytes(4, "little") + (length & 0xFFFFFFFF).to_bytes(4, "little")
    return b"".join([*found, _END, trailer])


def plain(pieces: Iterable[Piece]) -> bytes:
    """Give the text of pieces."""
    return zlib.decompress(b"".join([*(piece.data for piece in pieces), _END]), _RAW)


def _combined(crc: int, piece: Piece) -> int:
    """Give the CRC-32 of a text whose beginning has this one, and that ends with a piece."""
    return _product(_shift(piece.length), crc) ^ piece.crc


@lru_cache(maxsize=10_000)
def _shift(length: int) -> int:
    """Give x to the power of so many octets' bits, modulo the polynomial."""
    power, square = _ONE, 1 << 23  # x to the power of 8
    while length:
        if length & 1:
            power = _product(square, power)
        square = _product(square, square)
        length >>= 1
    return power


def _product(one: int, other: int) -> int:
    """Multiply two polynomials modulo that of CRC-32."""
    product = 0
    for place in range(31, -1, -1):
        if one >> place & 1:
            product ^= other
        other = other >> 1 ^ (_POLYNOMIAL if other & 1 else 0)
    return product
