"""Lists of domains."""

from __future__ import annotations

import gzip
import hashlib
import os
import tracemalloc
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, strategies

from ipv6matrix.exceptions import ListError
from ipv6matrix.targets import lists
from ipv6matrix.targets.lists import Rejected

MAJESTIC = (
    "GlobalRank,TldRank,Domain,TLD,RefSubNets,RefIPs,IDN_Domain,IDN_TLD,PrevGlobalRank,PrevTldRank,"
    "PrevRefSubNets,PrevRefIPs"
)
# 253 octets: three labels of 63, one of 53 and "example", with the dots between them.
LONGEST = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 53, "example"])


def read(tmp_path: Path, content: bytes | str) -> list[str | Rejected]:
    file = tmp_path / "list"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(lists.read((file,)))


@pytest.mark.parametrize(
    ("content", "domains"),
    [
        ("a.example\nb.example\n", ["a.example", "b.example"]),
        ("a.example\nb.example", ["a.example", "b.example"]),
        ("# all\na.example # one\n#b.example\n", ["a.example"]),
        ("\n\na.example\n  \n\t\n", ["a.example"]),
        ("a.example\r\nb.example\r\n", ["a.example", "b.example"]),
        (b"\xef\xbb\xbfa.example\nb.example\n", ["a.example", "b.example"]),
        (b"\xef\xbb\xbf# all\na.example\n", ["a.example"]),
        ("  a.example\t\n", ["a.example"]),
        ("a.example.\n", ["a.example"]),
        ("WWW.Example.COM\n", ["www.example.com"]),
        ("bücher.example\n", ["xn--bcher-kva.example"]),
        ("BÜCHER.example.\n", ["xn--bcher-kva.example"]),
        ("例え.テスト\n", ["xn--r8jz45g.xn--zckzah"]),
        ("xn--bcher-kva.example\n", ["xn--bcher-kva.example"]),
        ("_dmarc.under_score.example\n", ["_dmarc.under_score.example"]),
        ("", []),
        ("1,a.example\r\n2,b.example\r\n", ["a.example", "b.example"]),
        ("1,Bücher.example\n\n20,b.example", ["xn--bcher-kva.example", "b.example"]),
    ],
)
def test_lines_become_comparable_names(tmp_path, content, domains):
    """
    Comments, blank lines, line ends, byte order marks, spaces, final dots, case and scripts make no difference to a
    name.
    """
    assert domains == read(tmp_path, content)


@pytest.mark.parametrize(
    "text",
    [
        "localhost",
        "a..example",
        ".example",
        "-a.example",
        "a-.example",
        "a b.example",
        "a/b.example",
        "https://a.example",
        "a.example:80",
        "user@a.example",
        "*.example",
        "192.0.2.1",
        "2001:db8::1",
        "a.example\x00",
        "a\u2028b.example",
        "ab\u200d.example",
    ],
)
def test_an_invalid_line_is_returned_as_written(tmp_path, text):
    """A line that cannot be a domain yields its text and the reason `invalid_name`."""
    assert [Rejected(text, "invalid_name"), "b.example"] == read(tmp_path, f"{text}\nb.example\n")


@pytest.mark.parametrize("text", [f"{'a' * 64}.example", LONGEST.replace("d.", "dd.")])
def test_names_that_are_too_long_have_their_own_reason(tmp_path, text):
    """A label of more than 63 octets or a name of more than 253 is `name_too_long`."""
    assert [Rejected(text, "name_too_long")] == read(tmp_path, text)


def test_a_name_of_253_octets_is_the_longest(tmp_path):
    """A name of exactly 253 octets is a domain."""
    assert 253 == len(LONGEST)
    assert [LONGEST] == read(tmp_path, LONGEST)


def test_bytes_that_are_not_utf_8_spoil_one_line(tmp_path):
    """A line in another encoding is invalid; the lines around it are read."""
    before, refused, after = read(tmp_path, b"a.example\nb\xfccher.example\nc.example\n")

    assert ("a.example", "c.example") == (before, after)
    assert isinstance(refused, Rejected)
    assert "invalid_name" == refused.reason


@given(strategies.text())
def test_cleaning_is_idempotent(text):
    """The result of cleaning is clean, and a domain."""
    name = lists.clean(text)
    if isinstance(name, str):
        assert name == lists.clean(name)
        assert lists.is_domain(name)


@pytest.mark.parametrize(
    "row",
    [
        "1,1,Example.COM,com,9,9,Example.COM,com,1,1,9,9",
        '1,1,"example.com",com,9,9,"example.com",com,1,1,9,9',
        '"1","1","example.com","com","9","9","x, y","com","1","1","9","9"',
    ],
)
@pytest.mark.parametrize("header", [MAJESTIC, MAJESTIC.replace("GlobalRank", '"GlobalRank"', 1), "\ufeff" + MAJESTIC])
def test_majestic_csv_is_recognised_by_its_header(tmp_path, header, row):
    """The Domain column of a Majestic CSV is read, quoted or not."""
    assert ["example.com", "b.example"] == read(tmp_path, f"{header}\r\n{row}\r\n2,1,b.example,example\r\n")


def test_majestic_columns_are_found_by_name(tmp_path):
    """The Domain column may be anywhere; short and empty rows are skipped."""
    assert ["a.example"] == read(tmp_path, "GlobalRank,TLD,Domain\n1,example,a.example\n2\n\n3,example,\n")


def test_majestic_csv_without_domains_is_reported(tmp_path):
    """A Majestic header without the column Domain is an error that quotes the header."""
    with pytest.raises(ListError, match=r"'GlobalRank,TldRank' \[LIST_NOT_READABLE\]"):
        read(tmp_path, "GlobalRank,TldRank\n1,1\n")


def test_a_plain_list_with_majestic_words_is_a_plain_list(tmp_path):
    """Only a first line that begins like the header makes a CSV."""
    assert ["globalrank.example", "a.example"] == read(tmp_path, "GlobalRank.example\na.example\n")


@pytest.mark.parametrize("tag", ["", "a", "universities-uk", "2026", "x" * 32])
def test_a_tag_is_a_word_for_addresses(tag):
    """A tag may have lower-case letters, digits and hyphens; without one the list is the main list."""
    assert lists.check_tag(tag) is None


@pytest.mark.parametrize("tag", ["A", "a b", "-a", "a-", "-", "ä", "a/b", "a\n", "x" * 33])
def test_other_tags_are_rejected(tag):
    """The error names the tag."""
    with pytest.raises(ListError) as caught:
        lists.check_tag(tag)

    assert "TAG_INVALID" == caught.value.code
    assert repr(tag) in str(caught.value)


def test_a_folder_is_read_in_the_order_of_names(tmp_path):
    """Every file of a folder is read, except hidden ones and subfolders."""
    (tmp_path / "b.txt").write_text("b.example\n")
    (tmp_path / "a.csv").write_text(f"{MAJESTIC}\n1,1,a.example,example\n")
    (tmp_path / ".hidden").write_text("hidden.example\n")
    (tmp_path / "folder").mkdir()

    assert ["a.example", "b.example"] == list(lists.read(lists.paths(str(tmp_path))))


def test_a_missing_file_is_reported_with_its_fix(tmp_path):
    """The error names the missing list and the fix."""
    with pytest.raises(ListError, match=rf"'{tmp_path}/missing' \(No such file or directory\)") as raised:
        lists.paths(str(tmp_path / "missing"))

    assert "LIST_NOT_READABLE" == raised.value.code
    assert "-a domains=" in raised.value.message


def test_an_empty_folder_is_reported_with_its_fix(tmp_path):
    """A folder without files is not a list."""
    with pytest.raises(ListError, match="LIST_EMPTY"):
        lists.paths(str(tmp_path))


def test_a_home_folder_is_expanded(tmp_path, monkeypatch):
    """~ stands for the home folder."""
    (tmp_path / "list").write_text("a.example\n")
    monkeypatch.setenv("HOME", str(tmp_path))

    assert (tmp_path / "list",) == lists.paths("~/list")


def test_the_digest_covers_all_files_in_order(tmp_path):
    """The digest is the SHA-256 of the concatenated files."""
    (tmp_path / "one").write_bytes(b"ab")
    (tmp_path / "two").write_bytes(b"c")

    assert (
        # FIPS 180-2, appendix B.1: the digest of "abc".
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        == lists.digest((tmp_path / "one", tmp_path / "two"))
    )


@pytest.mark.parametrize("row", ["d{}.example\n", "{0},1,d{0}.example,example,9,9\n"])
def test_a_long_list_is_streamed(tmp_path, row):
    """Memory does not grow with the list, and the first name is available before the last is read."""
    file = tmp_path / "list"
    rows = (row.format(number) for number in range(25_000))
    file.write_text((MAJESTIC + "\n" if "," in row else "") + "".join(rows))

    tracemalloc.start()
    try:
        names: Iterator[str | Rejected] = lists.read((file,))
        assert ["d0.example", "d1.example"] == list(islice(names, 2))
        assert 24_998 == sum(1 for _ in names)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 300_000 < file.stat().st_size


@pytest.mark.parametrize(("name", "expected"), [("a.example", "example"), ("a.co.uk", "uk"), ("xn--p1ai", "xn--p1ai")])
def test_the_tld_is_the_text_after_the_last_dot(name, expected):
    """A TLD is the text after the last dot."""
    assert expected == lists.tld(name)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("www.ipv6", True),
        ("localhost", True),
        ("_x.a", True),
        ("", False),
        ("a..b", False),
        ("A.b", False),
        ("é.b", False),
    ],
)
def test_hosts_may_have_a_single_label(name, answer):
    """A host name needs no dot, but lower-case labels of letters, digits, hyphens and underscores."""
    assert answer is lists.is_host(name)


@pytest.mark.parametrize(
    ("contents", "expected"),
    [((b"",), 0), ((b"a.example",), 1), ((b"a\nb\n", b"\nc"), 4), ((b"x\n" * (1 << 20),), 1 << 20)],
)
def test_lines_are_counted(tmp_path, contents, expected):
    """Lines of all files count together; the last needs no line end."""
    files = tuple(tmp_path / str(number) for number in range(len(contents)))
    for file, content in zip(files, contents, strict=True):
        file.write_bytes(content)

    assert expected == lists.lines(files)


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")], ids=["pipe", "endless"])
def test_a_file_that_can_be_read_only_once_is_rejected(tmp_path, make):
    """A pipe or a device is rejected immediately, without waiting for input."""
    make(tmp_path / "list")

    with pytest.raises(ListError, match=r"not a regular file.*\[LIST_NOT_READABLE\]"):
        lists.paths(str(tmp_path / "list"))


def test_a_very_long_entry_is_cheap(tmp_path):
    """An entry far longer than any name is rejected before its characters are mapped."""
    assert [Rejected("ü" * 60_000, "name_too_long")] == read(tmp_path, "ü" * 60_000)


def test_the_digest_of_a_compressed_list_is_that_of_its_file(tmp_path):
    """A compressed list can be compared with the checksum of its publisher."""
    packed = gzip.compress(b"a.example\n")
    (tmp_path / "list.gz").write_bytes(packed)

    assert hashlib.sha256(packed).hexdigest() == lists.digest((tmp_path / "list.gz",))
    assert ["a.example"] == list(lists.read((tmp_path / "list.gz",)))
    assert 1 == lists.lines((tmp_path / "list.gz",))
