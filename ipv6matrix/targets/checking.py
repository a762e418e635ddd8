"""
Check of a list before the crawl: does it contain domains?
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

from ipv6matrix.exceptions import ListError
from ipv6matrix.targets import decoding, lists
from ipv6matrix.targets.decoding import Text

# Rows checked in each text; takes some 20 ms.
ROWS: Final = 10_000
# Maximum number of lines read to find that many rows.
_LINES: Final = 1_000_000
_EXAMPLES: Final = 3
# Lines examined to guess the kind of a file that is not a list.
_START: Final = 20
_HINTS: Final = (
    ("<", "it looks like a web page"),
    ("{", "it looks like JSON"),
    ("[Adblock", "it looks like a filter of an ad blocker"),
    ("[", "it looks like JSON"),
    ("||", "it looks like a filter of an ad blocker"),
    ("!", "it looks like a filter of an ad blocker"),
)


@dataclass(slots=True, kw_only=True)
class Look:
    """Format of a text, and what its first rows are."""

    text: Text
    form: str
    accepted: int = 0
    refused: list[str] = field(default_factory=list)
    "Rows that are not domains."

    @property
    def rows(self) -> int:
        return self.accepted + len(self.refused)

    def __str__(self) -> str:
        coding = ", ".join(filter(None, (self.text.packing, self.text.encoding.upper())))
        return f"'{self.text}': {self.form} ({coding}); {self.accepted:,} of the first {self.rows:,} rows are domains"


def check(files: Iterable[Path], max_refused: float) -> list[Look]:
    """
    Check the first rows of each text of a list, and decompress compressed texts completely.

    Raises ListError if no row is a domain, or if the share of rows that are not
    domains exceeds `max_refused` in any text.
    """
    looks = [_look(text) for file in files for text in decoding.texts(file)]
    for look in looks:
        if len(look.refused) > max_refused * look.rows:
            raise ListError(
                f"Only {look.accepted:,} of the first {look.rows:,} rows of the list '{look.text}' are domains"
                f" ({_why(look)}): use a list of domains, or accept it with -s LIST_MAX_REFUSED=1",
                code="LIST_MOSTLY_INVALID",
            )
    if not any(look.accepted for look in looks):
        names = ", ".join(f"'{look.text}'" for look in looks)
        why = _why(looks[0]) if looks[0].rows else "it has no rows"
        raise ListError(
            f"The list {names} contains no domains ({why}): use a file with one domain per line", code="LIST_EMPTY"
        )
    return looks


def _look(text: Text) -> Look:
    if text.packing:
        # Detect damaged files and decompression bombs now, not in the middle of the crawl.
        decoding.count(text)
    form, entries = lists.recognised(text)
    look = Look(text=text, form=str(form))
    for entry in islice(_some(entries), ROWS):
        if isinstance(entry, str):
            look.accepted += 1
        else:
            look.refused.append(entry.text[:100])
    return look


def _some(entries: Iterable[str | lists.Rejected | None]) -> Iterator[str | lists.Rejected]:
    return (entry for entry in islice(entries, _LINES) if entry is not None)


def _why(look: Look) -> str:
    start = "".join(islice(decoding.lines(look.text), _START)).lstrip()
    hint = next((f"{words}; " for mark, words in _HINTS if start.startswith(mark)), "")
    hint = "it looks like a binary file; " if "\0" in start else hint
    examples = ", ".join(map(repr, look.refused[:_EXAMPLES]))
    return f"{hint}read as {look.form}; not domains: {examples or 'none'}"
