"""From the bytes of a list to its lines."""

from __future__ import annotations

import gzip
import io
import os
import zipfile

import pytest

from ipv6matrix.exceptions import ListError
from ipv6matrix.targets import decoding
from ipv6matrix.targets.decoding import MAX_LINE, count, lines, texts

PLAIN = "a.example\nbücher.example\n"
GROWING = b"".join(b"d%d.example\n" % number for number in range(20_000))


def gzipped(content):
    """Compress a text without a time stamp, so that test names do not depend on it."""
    return gzip.compress(content, mtime=0)


def zipped(members, *, method=zipfile.ZIP_DEFLATED):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return packed.getvalue()


def put(tmp_path, content):
    file = tmp_path / "list"
    file.write_bytes(content)
    return file


def read(tmp_path, content):
    return [line for text in texts(put(tmp_path, content)) for line in lines(text)]


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.encode(),
        PLAIN.encode("utf-8-sig"),
        PLAIN.encode("utf-16"),
        b"\xff\xfe" + PLAIN.encode("utf-16-le"),
        b"\xfe\xff" + PLAIN.encode("utf-16-be"),
        PLAIN.encode("utf-16-le"),
        PLAIN.encode("utf-16-be"),
        PLAIN.encode("utf-32"),
        gzipped(PLAIN.encode()),
        gzipped(b"a.example\n") + gzipped("bücher.example\n".encode()),
        gzipped(PLAIN.encode("utf-16")),
        zipped({"top.csv": PLAIN}),
        zipped({"top.csv": PLAIN}, method=zipfile.ZIP_STORED),
        zipped({"b": "bücher.example\n", "a": "a.example\n"}),
        zipped({"lists/": "", "lists/a": PLAIN, "__MACOSX/lists/._a": "x", "lists/.hidden": "x"}),
        zipped({"top.csv": PLAIN.encode("utf-16")}),
    ],
)
def test_compression_and_encoding_make_no_difference(tmp_path, content):
    """The lines are the same in every encoding and archive; members of a ZIP archive are read by name."""
    assert PLAIN.splitlines(keepends=True) == read(tmp_path, content)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_line_ends_of_all_systems_are_read_and_counted(tmp_path, end, encoding):
    """LF, CR LF and CR end a line, and so does the end of the file."""
    file = put(tmp_path, f"a.example{end}b.example".encode(encoding))
    (text,) = texts(file)

    assert ["a.example\n", "b.example"] == list(lines(text))
    assert 2 == count(text)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"%PDF-1.7\n", "a PDF document"),
        (b"\x89PNG\r\n\x1a\n", "an image"),
        (b"SQLite format 3\0", "an SQLite database"),
        (b"BZh91AY", "a bzip2 archive"),
        (b"\xfd7zXZ\0", "an xz archive"),
        (b"x" * 257 + b"ustar\x0000", "a tar archive"),
        (gzipped(b"x" * 257 + b"ustar\x0000"), "a tar archive"),
        (gzipped(gzipped(b"a.example\n")), "a gzip archive"),
        (zipped({"a.csv.gz": gzipped(b"a.example\n")}), "a gzip archive"),
        (zipped({"[Content_Types].xml": "<x/>", "xl/workbook.xml": "<x/>"}), "an Office document"),
        (zipped({}), "a ZIP archive of 0 files"),
        (zipped({f"{number}": "" for number in range(1_001)}), "a ZIP archive of 1,001 files"),
    ],
)
def test_a_file_without_text_is_rejected_by_type(tmp_path, content, problem):
    """The error has the name and the type of the file."""
    with pytest.raises(ListError, match=f"{tmp_path}/list.*{problem}"):
        texts(put(tmp_path, content))


def flipped(content):
    middle = len(content) // 2
    return content[:middle] + bytes((content[middle] ^ 0xFF,)) + content[middle + 1 :]


@pytest.mark.parametrize(
    "content",
    [
        gzipped(GROWING)[:-100],
        gzipped(GROWING)[:-8] + b"\0" * 8,
        gzipped(GROWING) + b"rubbish",
        flipped(gzipped(GROWING)),
        flipped(zipped({"a": GROWING})),
        flipped(zipped({"a": GROWING}, method=zipfile.ZIP_STORED)),
        zipped({"a": GROWING})[:-30],
    ],
    ids=["cut", "checksum", "tail", "gzip", "zip", "stored", "cut-zip"],
)
@pytest.mark.parametrize("use", [count, lambda text: list(lines(text))], ids=["count", "lines"])
def test_damage_is_an_error(tmp_path, content, use):
    """A truncated, changed or too long archive is never a shorter list."""
    with pytest.raises(ListError, match="LIST_NOT_READABLE"):
        for text in texts(put(tmp_path, content)):
            use(text)


def test_an_encrypted_archive_is_rejected(tmp_path):
    """A crawl cannot ask for a password."""
    content = bytearray(zipped({"a": "a.example\n"}))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + at] |= 1

    with pytest.raises(ListError, match="encrypted"):
        texts(put(tmp_path, bytes(content)))


@pytest.mark.parametrize("pack", [gzipped, lambda content: zipped({"a": content})], ids=["gzip", "zip"])
@pytest.mark.parametrize("use", [count, lambda text: list(lines(text))], ids=["count", "lines"])
def test_a_decompression_bomb_is_rejected(tmp_path, monkeypatch, pack, use):
    """An archive that expands to far more than text would is not unpacked to its end."""
    monkeypatch.setattr(decoding, "_SMALL_BYTES", 1 << 20)
    (text,) = texts(put(tmp_path, pack(b"\n" * (4 << 20))))

    with pytest.raises(ListError, match="200 times"):
        use(text)


def test_a_line_has_a_maximum_length(tmp_path):
    """Only the beginning of a long line is read; the next line is complete."""
    content = "x" * (3 * MAX_LINE) + "\nb.example\n"

    assert ["x" * MAX_LINE, "b.example\n"] == [line for line in read(tmp_path, content.encode()) if line.strip()]


def test_an_endless_line_is_rejected(tmp_path):
    """A gigabyte of zeros is rejected after its first sixteen megabytes."""
    file = tmp_path / "list"
    with file.open("wb") as stream:
        os.truncate(stream.fileno(), 1 << 30)
    (text,) = texts(file)

    with pytest.raises(ListError, match="16,777,216 characters"):
        list(lines(text))
