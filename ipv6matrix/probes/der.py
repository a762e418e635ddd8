"""
A reader of DER elements, one by one, so that a malformed element does not affect the others.

Source: ITU-T X.690 sections 8.1 and 10.1.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple


class DerError(ValueError):
    """Data that is not a valid DER element."""


class Element(NamedTuple):
    """One element: identifier octet, contents, and complete encoding."""

    tag: int
    contents: bytes
    whole: bytes


def elements(octets: bytes) -> Iterator[Element]:
    """Yield consecutive elements in `octets`; raise DerError at the first malformed one."""
    offset = 0
    while offset < len(octets):
        start, end = _bounds(octets, offset)
        yield Element(octets[offset], octets[start:end], octets[offset:end])
        offset = end


def children(parent: Element, tag: int) -> Iterator[Element]:
    """Yield the elements inside `parent`; raise DerError if it does not have the given tag."""
    if parent.tag != tag:
        raise DerError(f"tag {parent.tag:#x} instead of {tag:#x}")
    return elements(parent.contents)


def _bounds(octets: bytes, offset: int) -> tuple[int, int]:
    """Return the start and end offsets of the contents of the element at `offset`."""
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
