"""
Elements of the Distinguished Encoding Rules, read one by one, so that one that is broken spoils no other.

Source: ITU-T X.690 sections 8.1 and 10.1.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple


class DerError(ValueError):
    """Octets that are not a DER element."""


class Element(NamedTuple):
    """One element: its identifier octet, its contents, and all of it."""

    tag: int
    contents: bytes
    whole: bytes


def elements(octets: bytes) -> Iterator[Element]:
    """Yield the elements that stand one after another in `octets`; DerError at the first that is broken."""
    offset = 0
    while offset < len(octets):
        start, end = _bounds(octets, offset)
        yield Element(octets[offset], octets[start:end], octets[offset:end])
        offset = end


def children(parent: Element, tag: int) -> Iterator[Element]:
    """Yield the elements within `parent`; DerError unless it has the given tag."""
    if parent.tag != tag:
        raise DerError(f"tag {parent.tag:#x} instead of {tag:#x}")
    return elements(parent.contents)


def _bounds(octets: bytes, offset: int) -> tuple[int, int]:
    """Return where the contents of the element at `offset` begin and end."""
    if octets[offset] & 0x1F == 0x1F or offset + 2 > len(octets):
        raise DerError("a tag of several octets, or no length")
    length, start = octets[offset + 1], offset + 2
    if length & 0x80:
        size = length & 0x7F
        if not 1 <= size <= 4:
            raise DerError("a length that is indefinite or beyond all measure")
        length, start = int.from_bytes(octets[start : start + size]), start + size
    if start + length > len(octets):
        raise DerError("an element that ends behind its parent")
    return start, start + length
