"""
Reads the lines of a list. Compression, encoding and line endings are detected by the first bytes.

A file of a list contains one text, a ZIP archive one for each member. The
length of lines and the number of decompressed bytes are limited, so that no
file can exhaust memory or never end.
"""

from __future__ import annotations

import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, cast

from ipv6matrix.exceptions import ListError

# Maximum number of characters read of a line; a name has up to 253 octets, a row of CSV some hundred characters.
MAX_LINE: Final = 65_536
# A line of more than this many parts of MAX_LINE characters is an error.
_MAX_PARTS: Final = 256
# Text compresses to a fifth of its size, synthetic lists perhaps to a fiftieth.
# A file that decompresses to more than both limits is a decompression bomb.
_MAX_RATIO: Final = 200
_SMALL_BYTES: Final = 64 * 2**20
_MAX_MEMBERS: Final = 1_000
_HEAD_BYTES: Final = 4_096
_BLOCK_BYTES: Final = 1 << 20
_ZIP: Final = b"PK\x03\x04"
_EMPTY_ZIP: Final = b"PK\x05\x06"
_GZIP: Final = b"\x1f\x8b"
# UTF-32 comes first: its byte order mark begins like that of UTF-16.
_MARKS: Final = (
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
)
# Signatures of files that are not text (https://www.iana.org/assignments/media-types and the formats' own pages).
_OTHERS: Final = (
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"PAR1", "a Parquet file"),
    (b"\xd0\xcf\x11\xe0", "an Office document"),
    (b"\x7fELF", "a program"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\0", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (_GZIP, "a gzip archive"),
    (_ZIP, "a ZIP archive"),
)
_TAR: Final = slice(257, 262), b"ustar"
_BROKEN: Final = (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One text of a list: a file, or a member of a ZIP archive."""

    file: Path
    packing: str = ""
    "`gzip` or `ZIP`; empty for a plain file."
    member: str = ""
    "Name of the member of a ZIP archive."
    encoding: str = "utf-8"

    def __str__(self) -> str:
        return f"{self.file}: {self.member}" if self.member else str(self.file)


def texts(file: Path) -> list[Text]:
    """
    Return the texts of a file.

    Raises ListError if the file cannot be read or is not text.
    """
    with _reported(str(file)):
        with file.open("rb") as stream:
            head = stream.read(_HEAD_BYTES)
        if head.startswith((_ZIP, _EMPTY_ZIP)):
            packed = [Text(file=file, packing="ZIP", member=name) for name in _members(file)]
        elif head.startswith(_GZIP):
            packed = [Text(file=file, packing="gzip")]
        else:
            packed = [Text(file=file)]
        return [_recognised(text) for text in packed]


def lines(text: Text) -> Iterator[str]:
    """
    Yield the lines of a text with their line endings; LF, CR and CR LF all become LF.

    For a line longer than MAX_LINE, yields its first part, then an empty line for
    each further part, so that the reader regularly gets control. Raises ListError
    if the text is damaged, or decompresses to more than the limit.
    """
    errors = "surrogateescape" if text.encoding.startswith("utf-8") else "replace"
    with _reported(str(text)), _opened(text) as stream:
        reader = io.TextIOWrapper(stream, text.encoding, errors, newline=None)
        while line := reader.readline(MAX_LINE):
            yield line
            if len(line) == MAX_LINE and line[-1] != "\n":
                yield from _rest(reader, text)


def _rest(reader: io.TextIOWrapper, text: Text) -> Iterator[str]:
    """Skip the rest of a long line; yield an empty line for each part."""
    for _ in range(_MAX_PARTS):
        yield ""
        line = reader.readline(MAX_LINE)
        if len(line) < MAX_LINE or line[-1] == "\n":
            return
    raise ListError(
        f"The list '{text}' has a line of more than {_MAX_PARTS * MAX_LINE:,} characters:"
        " use a file with one domain per line"
    )


def count(text: Text) -> int:
    """Return the number of lines of a text without parsing them; raises ListError if it is damaged."""
    if not text.encoding.startswith("utf-8"):
        return sum(1 for _ in lines(text))
    feeds = returns = 0
    last = b"\n"
    with _reported(str(text)), _opened(text) as stream:
        while block := stream.read(_BLOCK_BYTES):
            feeds += block.count(b"\n")
            returns += block.count(b"\r")
            last = block[-1:]
    return max(feeds, returns) + (last not in b"\r\n")


@contextmanager
def _opened(text: Text) -> Iterator[BinaryIO]:
    with ExitStack() as stack:
        raw = stack.enter_context(text.file.open("rb"))
        limit = max(_SMALL_BYTES, _MAX_RATIO * text.file.stat().st_size)
        if text.packing == "ZIP":
            archive = stack.enter_context(zipfile.ZipFile(raw))
            unpacked = cast(io.BufferedIOBase, stack.enter_context(archive.open(text.member)))
            yield cast(BinaryIO, io.BufferedReader(_Limited(unpacked, limit, text)))
        elif text.packing:
            unpacked = stack.enter_context(gzip.GzipFile(fileobj=raw))
            yield cast(BinaryIO, io.BufferedReader(_Limited(unpacked, limit, text)))
        else:
            yield cast(BinaryIO, raw)


class _Limited(io.RawIOBase):
    """A stream that raises ListError after `limit` bytes."""

    def __init__(self, stream: io.BufferedIOBase, limit: int, text: Text) -> None:
        self._stream = stream
        self._remaining = limit
        self._text = text

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        number = self._stream.readinto(buffer)
        self._remaining -= number
        if self._remaining < 0:
            raise ListError(
                f"The list '{self._text}' unpacks to more than {_MAX_RATIO} times its size: unpack and check it first"
            )
        return number


def _members(file: Path) -> list[str]:
    with zipfile.ZipFile(file) as archive:
        infos = [info for info in archive.infolist() if not info.is_dir()]
    if any(info.filename == "[Content_Types].xml" for info in infos):
        raise ListError(f"The list '{file}' is an Office document: save its table as CSV")
    if any(info.flag_bits & 1 for info in infos):
        raise ListError(f"The list '{file}' is encrypted: unpack it first")
    names = sorted(info.filename for info in infos if not re.search(r"(^|/)(\.|__MACOSX/)", info.filename))
    if not 0 < len(names) <= _MAX_MEMBERS:
        raise ListError(f"The list '{file}' is a ZIP archive of {len(names):,} files: unpack those that are lists")
    return names


def _recognised(text: Text) -> Text:
    with _opened(text) as stream:
        head = stream.read(_HEAD_BYTES)
    others = [kind for magic, kind in _OTHERS if head.startswith(magic)]
    if others or head[_TAR[0]] == _TAR[1]:
        kind = others[0] if others else "a tar archive"
        raise ListError(f"The list '{text}' is {kind}: use a text file, plain or compressed once with gzip or ZIP")
    return Text(file=text.file, packing=text.packing, member=text.member, encoding=_encoding(head))


def _encoding(head: bytes) -> str:
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    # Without a byte order mark: in UTF-16 every other octet of an ASCII character is zero.
    half = len(head) // 2
    if half and head[1::2].count(0) > half * 0.7:
        return "utf-16-le"
    if half and head[0::2].count(0) > half * 0.7:
        return "utf-16-be"
    return "utf-8"


@contextmanager
def _reported(name: str) -> Iterator[None]:
    """Turn the errors that a damaged file causes into ListError."""
    try:
        yield
    except _BROKEN as error:
        raise ListError(
            f"Cannot read the list '{name}' ({getattr(error, 'strerror', None) or error}):"
            " download or compress it again"
        ) from error
