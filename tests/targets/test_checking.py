"""Checks of a list before the crawl."""

from __future__ import annotations

import gzip
import re

import pytest

from ipv6matrix.exceptions import ListError
from ipv6matrix.targets import checking, decoding, lists


def put(tmp_path, *contents):
    files = tuple(tmp_path / f"list{number}" for number in range(len(contents)))
    for file, content in zip(files, contents, strict=True):
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return files


def gzipped(content):
    """Compress a text without a time stamp, so that test names do not depend on it."""
    return gzip.compress(content, mtime=0)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "it has no rows"),
        ("\n\n \n", "it has no rows"),
        ("# nothing yet\n\n", "it has no rows"),
        ("rank,domain\n", "it has no rows"),
        (gzipped(b""), "it has no rows"),
    ],
)
def test_an_empty_list_is_rejected(tmp_path, content, why):
    """The error names the list and says that it is empty."""
    with pytest.raises(ListError, match=rf"{tmp_path}/list0'.*{why}.*\[LIST_EMPTY\]"):
        checking.check(put(tmp_path, content), 1)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("<!DOCTYPE html>\n<title>Not Found</title>\n", "it looks like a web page; read as names"),
        ('{"domains": [\n"a.example",\n"b.example"]}\n', "it looks like JSON"),
        ('["a.example", "b.example"]\n', "it looks like JSON"),
        ("||a.example^\n||b.example^\n", "it looks like a filter of an ad blocker"),
        ("[Adblock Plus]\n||a.example^\n", "it looks like a filter of an ad blocker"),
        (b"\x01\x02\0\0\x03\n" * 9, "it looks like a binary file"),
        (bytes(range(256)) * 9, "it looks like a binary file"),
        ("one\ntwo\nthree\n", "not domains: 'one', 'two', 'three'"),
        ("198.18.0.1\n198.18.0.2\n", "not domains: '198.18.0.1'"),
        ("a.example\n" + "no domain\n" * 300_000, "not domains: 'no domain'"),
        ("x" * 100_000, "not domains: 'xxx"),
    ],
)
def test_a_foreign_file_is_rejected(tmp_path, content, why):
    """The error has the type of the file, how it was read, and some of its rows."""
    with pytest.raises(ListError, match=re.escape(why)) as refused:
        checking.check(put(tmp_path, content), 0.5)

    assert "LIST_MOSTLY_INVALID" == refused.value.code
    assert f"'{tmp_path}/list0'" in str(refused.value)
    assert len(str(refused.value)) < 1_000


def test_half_of_the_rows_may_be_invalid(tmp_path):
    """Beyond the share of LIST_MAX_REFUSED a list is rejected; with 1 it is accepted if a single row is a domain."""
    (look,) = checking.check(put(tmp_path, "a.example\nno domain\n"), 0.5)
    assert (1, ["no domain"]) == (look.accepted, look.refused)

    worse = put(tmp_path, "a.example\nno domain\nno domain\n")
    with pytest.raises(ListError, match=r"1 of the first 3 rows.*\[LIST_MOSTLY_INVALID\]"):
        checking.check(worse, 0.5)
    assert 1 == checking.check(worse, 1)[0].accepted


def test_one_bad_file_of_several_is_rejected(tmp_path):
    """An empty file among others is accepted, a foreign file is not."""
    assert [1, 0] == [look.accepted for look in checking.check(put(tmp_path, "a.example\n", ""), 0.5)]
    with pytest.raises(ListError, match=r"list1.*\[LIST_MOSTLY_INVALID\]"):
        checking.check(put(tmp_path, "a.example\n", "<html>\n<body>\n"), 0.5)


def test_damage_after_the_first_rows_of_an_archive_is_found(tmp_path):
    """An archive is unpacked to its end, so that the crawl does not fail halfway."""
    content = gzipped(b"".join(b"d%d.example\n" % number for number in range(100_000)))

    with pytest.raises(ListError, match="LIST_NOT_READABLE"):
        checking.check(put(tmp_path, content[:-9]), 0.5)


def test_a_check_is_bounded(tmp_path, monkeypatch):
    """An endless preamble is not searched forever."""
    monkeypatch.setattr(lists, "_PREAMBLE", 10)
    monkeypatch.setattr(checking, "_LINES", 1_000)
    with pytest.raises(ListError, match="LIST_EMPTY"):
        checking.check(put(tmp_path, "\n" * 2_000 + "a.example\n"), 0.5)


def test_the_recognised_form_is_described(tmp_path):
    """Compression, encoding, form and numbers are on one log line."""
    (look,) = checking.check(put(tmp_path, gzipped("1,a.example\n".encode("utf-16"))), 0.5)

    assert (
        f"'{tmp_path}/list0': names in column 2 of a table with commas (gzip, UTF-16);"
        " 1 of the first 1 rows are domains"
    ) == str(look)
    assert decoding.Text(file=tmp_path / "list0", packing="gzip", encoding="utf-16") == look.text
