"""
Lists of domains: files and folders of files in common formats, read as a stream.
"""

from __future__ import annotations

import hashlib
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import idna

from ipv6matrix.exceptions import ListError
from ipv6matrix.targets import decoding, forms
from ipv6matrix.targets.decoding import Text
from ipv6matrix.targets.forms import Form

MAX_NAME = 253  # octets of a name's text without the final dot (RFC 1035 section 2.3.4)
# Maximum number of characters of a name in U-labels; encoding longer names would take long.
_MAX_TEXT = 4 * MAX_NAME
# Maximum number of lines read to find the rows that determine a format; some lists begin with a long comment.
_PREAMBLE = 100_000
_TAG = re.compile(r"(?!-)[a-z0-9-]{1,32}(?<!-)")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line of a list that is not a domain."""

    text: str
    reason: str
    "`invalid_name` or `name_too_long`."


@dataclass(slots=True)
class Locations:
    """Where the list of a crawl is: `domains`, and `supplemental`, which is read after it."""

    domains: str = ""
    supplemental: str = ""
    tag: str = ""
    "The name of a list of one's own; empty for the main list."

    def files(self) -> tuple[Path, ...]:
        """Return the files of the list; raise ListError for one that cannot be read."""
        return tuple(file for location in (self.domains, self.supplemental) if location for file in paths(location))

    def ranks(self) -> int:
        """Return how many domains have a rank: the rows of `domains`, if that is one file of numbered rows, else 0."""
        files = paths(self.domains) if self.domains else ()
        texts = [text for file in files for text in decoding.texts(file)]
        return decoding.count(texts[0]) if len(texts) == 1 and recognised(texts[0])[0].ranked else 0


def check_tag(tag: str) -> None:
    """Raise ListError for a tag that is not a word of lower-case letters, digits and hyphens."""
    if tag and not _TAG.fullmatch(tag):
        raise ListError(
            f"Invalid tag={tag!r}: must be up to 32 lower-case letters, digits and hyphens, without a hyphen at an end",
            code="TAG_INVALID",
        )


def paths(location: str) -> tuple[Path, ...]:
    """
    Return the files of a list: the file itself, or every file of a folder, sorted by name.

    Raises ListError if there is nothing to read.
    """
    path = Path(location).expanduser()
    if path.is_dir():
        files = tuple(sorted(entry for entry in path.iterdir() if entry.is_file() and not entry.name.startswith(".")))
    else:
        files = (path,)
    if not files:
        raise ListError(
            f"The folder {location!r} contains no list: add a file with one domain per line", code="LIST_EMPTY"
        )
    for file in files:
        _must_open(file)
    return files


def digest(files: tuple[Path, ...]) -> str:
    """Return the SHA-256 of the concatenated files, in hexadecimal."""
    total = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                total.update(block)
    return total.hexdigest()


def lines(files: Iterable[Path]) -> int:
    """Return the number of lines of the files, without parsing them; roughly the number of entries."""
    return sum(decoding.count(text) for file in files for text in decoding.texts(file))


def read(files: Iterable[Path]) -> Iterator[str | Rejected]:
    """
    Yield each domain as a lower-case name in A-labels, or a Rejected for an entry that is not a domain.

    Never holds the whole list in memory. Raises ListError for a file that cannot be read to its end.
    """
    return (entry for file in files for entry in entries(file) if entry is not None)


def entries(file: Path) -> Iterator[str | Rejected | None]:
    """Yield the same as `read`, and None for each line without an entry."""
    for text in decoding.texts(file):
        yield from recognised(text)[1]


def recognised(text: Text) -> tuple[Form, Iterator[str | Rejected | None]]:
    """Return the format of a text, and its entries."""
    rows = map(forms.row, decoding.lines(text))
    first = list(islice(filter(None, islice(rows, _PREAMBLE)), forms.SAMPLE))
    form = forms.recognise(first, lambda cell: isinstance(clean(cell), str))
    return form, (clean(entry) if entry else None for entry in forms.entries(form, chain(first, rows)))


def clean(text: str) -> str | Rejected:
    """
    Return the normal form of a name: lower case, A-labels (RFC 5891), no final dot.

    Labels consist of letters, digits, hyphens (not at an end) and underscores.
    """
    name = text.strip().rstrip(".").lower()
    if len(name) > _MAX_TEXT:
        return Rejected(text, "name_too_long")
    if not name.isascii():
        try:
            name = idna.encode(name, uts46=True).decode()
        except (idna.IDNAError, UnicodeError):
            return Rejected(text, "invalid_name")
    if len(name) > MAX_NAME or any(len(label) > 63 for label in name.split(".")):
        return Rejected(text, "name_too_long")
    return name if is_domain(name) else Rejected(text, "invalid_name")


def is_domain(name: str) -> bool:
    """Return whether a lower-case name may be a domain of a list: a host name whose TLD is not a number."""
    return "." in name and is_host(name) and not name.rpartition(".")[2].isdigit()


def is_host(name: str) -> bool:
    """Return whether a lower-case name can be queried (RFC 1123 section 2.1, and underscores)."""
    return len(name) <= MAX_NAME and all(map(_LABEL.fullmatch, name.split(".")))


def tld(name: str) -> str:
    """Return the text after the last dot."""
    return name.rpartition(".")[2]


def _must_open(file: Path) -> None:
    """Raise ListError if a file cannot be read, or only once: a crawl reads its list several times."""
    try:
        # Opening a pipe would block until a writer opens it.
        is_regular = stat.S_ISREG(file.stat().st_mode)
        if is_regular:
            file.open("rb").close()
    except OSError as error:
        raise ListError(
            f"Cannot read the list {str(file)!r} ({error.strerror}): pass -a domains= an existing file or folder,"
            " or majestic or tranco, which are downloaded"
        ) from error
    if not is_regular:
        raise ListError(
            f"The list {str(file)!r} is not a regular file: save it to one, because it is read several times"
        )
