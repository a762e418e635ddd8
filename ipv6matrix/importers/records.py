"""
Splits CSV files into records, so that a broken one does not affect others.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Final

# Lines that one record may span: texts of GeoIP files and reverse names contain a line end or two, if any.
_LONGEST: Final = 64

Complain = Callable[[int, str], None]
"Called with the number of a line, from 1, and what is wrong with it."


def records(lines: Iterable[str], columns: int, complain: Complain) -> Iterator[tuple[int, list[str]]]:
    """
    Yield each record (RFC 4180) with the number of its first line.

    The lines keep their ends, as in a file opened with newline="". A quoted text
    may span several lines. A line that does not begin a record of that many columns
    is reported, and the next line is read on its own.
    """
    numbered, waiting = enumerate(lines, start=1), deque[tuple[int, str]]()
    while first := waiting.popleft() if waiting else next(numbered, None):
        number, text = first
        used = 0
        # A record has an even number of quotes, because a quote within a text is doubled.
        while text.count('"') % 2 and used < _LONGEST:
            if used == len(waiting):
                following = next(numbered, None)
                if following is None:
                    break
                waiting.append(following)
            text += waiting[used][1]
            used += 1
        row = _row(text)
        if row is not None and len(row) == columns:
            for _ in range(used):
                waiting.popleft()
            yield number, row
        else:
            complain(number, "its quotes are not closed" if row is None else f"{len(row)} columns, not {columns}")


def _row(text: str) -> list[str] | None:
    try:
        return next(csv.reader((text,), strict=True), [])
    except csv.Error:
        return None
