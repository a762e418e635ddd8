"""
Lists of domains: files, folders of files, the Majestic Million CSV and lists of Tranco's form, streamed.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import idna

MAX_NAME = 253  # octets of a name's text without the final dot (RFC 1035 section 2.3.4)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_MAJESTIC = "GlobalRank"
# The first line of a list of Tranco's form: rank, domain.
_RANKED = re.compile(r"\d+,[^,\s]+\s*")
_BOM = b"\xef\xbb\xbf"


class ListError(Exception):
    """A list that cannot be read; the message names it and the mend."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A line of a list that is no domain."""

    text: str
    reason: str
    "`invalid_name` or `name_too_long`."


def paths(location: str) -> tuple[Path, ...]:
    """
    Give the files of a list: the file itself, or every file of a folder by name.

    Raises ListError when there is nothing to read.
    """
    path = Path(location).expanduser()
    if path.is_dir():
        files = tuple(sorted(entry for entry in path.iterdir() if entry.is_file() and not entry.name.startswith(".")))
    else:
        files = (path,)
    if not files:
        raise ListError(f"the folder {location!r} holds no list: put a file with one domain a line into it")
    for file in files:
        _must_open(file)
    return files


def digest(files: tuple[Path, ...]) -> str:
    """Compute the SHA-256 of the files' bytes, one after another, in hexadecimal."""
    total = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                total.update(block)
    return total.hexdigest()


def lines(files: tuple[Path, ...]) -> int:
    """Count the lines of the files: about as many as entries, without taking them apart."""
    number = 0
    for file in files:
        with file.open("rb") as stream:
            last = b"\n"
            while block := stream.read(1 << 20):
                number += block.count(b"\n")
                last = block[-1:]
            number += last != b"\n"
    return number


def read(files: tuple[Path, ...]) -> Iterator[str | Refused]:
    """Yield each domain as a lower-case A-label name, or the refusal of what is none; never the whole list at once."""
    for file in files:
        with file.open("rb") as stream:
            yield from (clean(text) for text in _entries(stream))


def clean(text: str) -> str | Refused:
    """
    Make a name comparable: lower case, A-labels (RFC 5891), no final dot.

    Labels hold letters, digits, hyphens (not at an end) and underscores.
    """
    name = text.strip().rstrip(".").lower()
    if not name.isascii():
        try:
            name = idna.encode(name, uts46=True).decode()
        except (idna.IDNAError, UnicodeError):
            return Refused(text, "invalid_name")
    if len(name) > MAX_NAME or any(len(label) > 63 for label in name.split(".")):
        return Refused(text, "name_too_long")
    return name if is_domain(name) else Refused(text, "invalid_name")


def is_domain(name: str) -> bool:
    """Tell whether a lower-case name may be a domain of a list: a host name with a TLD that is not a number."""
    return "." in name and is_host(name) and not name.rpartition(".")[2].isdigit()


def is_host(name: str) -> bool:
    """Tell whether a lower-case name can be asked for (RFC 1123 section 2.1, and underscores)."""
    return len(name) <= MAX_NAME and all(map(_LABEL.fullmatch, name.split(".")))


def tld(name: str) -> str:
    """Give the text after the last dot."""
    return name.rpartition(".")[2]


def _entries(stream: io.BufferedReader) -> Iterator[str]:
    lines = (line.decode("utf-8", "surrogateescape") for line in _without_bom(stream))
    first = next(lines, "")
    if first.replace('"', "").startswith(_MAJESTIC + ","):
        yield from _majestic(first, lines)
        return
    if _RANKED.fullmatch(first):
        yield from (line.partition(",")[2].strip() for line in chain((first,), lines) if line.strip())
        return
    for line in chain((first,), lines):
        entry = line.partition("#")[0].strip()
        if entry:
            yield entry


def _without_bom(stream: io.BufferedReader) -> Iterator[bytes]:
    for number, line in enumerate(stream):
        yield line.removeprefix(_BOM) if number == 0 else line


def _majestic(header: str, lines: Iterator[str]) -> Iterator[str]:
    (columns,) = csv.reader([header])
    if "Domain" not in columns:
        raise ListError(f"the list begins like a Majestic CSV but has no column 'Domain': {header.strip()!r}")
    position = columns.index("Domain")
    for row in csv.reader(lines):
        if len(row) > position and row[position].strip():
            yield row[position]


def _must_open(file: Path) -> None:
    try:
        file.open("rb").close()
    except OSError as error:
        raise ListError(
            f"cannot read the list {str(file)!r} ({error.strerror}): give -a domains= a file or folder that is there,"
            " or majestic or tranco, which are fetched"
        ) from error
