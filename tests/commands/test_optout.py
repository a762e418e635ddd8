"""scrapy optout."""

from __future__ import annotations

from functools import partial

import pytest

from tests import typed

run = partial(typed.run, "optout")


def test_entries_come_and_go(tmp_path):
    """
    What is added is listed, and what is removed is not.
    """
    file = tmp_path / "optout.txt"
    added = run("add", "example.com", "192.0.2.0/24", "--comment", "by\nmail", OPTOUT_FILE=file)
    listed = run("list", OPTOUT_FILE=file)
    removed = run("remove", "192.0.2.0/24", OPTOUT_FILE=file)

    assert (0, "example.com is opted out\n192.0.2.0/24 is opted out\n") == (added.returncode, added.stdout)
    assert (0, "example.com  # by mail\n192.0.2.0/24  # by mail\n") == (listed.returncode, listed.stdout)
    assert (0, "192.0.2.0/24 is taken out\n") == (removed.returncode, removed.stdout)
    assert "example.com  # by mail\n" == file.read_text()


def test_a_wrong_entry_is_told(tmp_path):
    """
    Exit status 1, the sentence on standard error, and no file.
    """
    ended = run("add", "me@example.com", OPTOUT_FILE=tmp_path / "optout.txt")

    assert 1 == ended.returncode
    assert "'me@example.com'" in ended.stderr
    assert "OPTOUT_INVALID" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "optout.txt").exists()


@pytest.mark.parametrize(
    ("arguments", "file", "code"),
    [
        ((), "x", "ARGUMENT_INVALID"),
        (("add",), "x", "ARGUMENT_INVALID"),
        (("list", "example.com"), "x", "ARGUMENT_INVALID"),
        (("delete", "example.com"), "x", "ARGUMENT_INVALID"),
        (("list",), "", "SETTING_MISSING"),
    ],
)
def test_what_makes_no_sense_is_told(arguments, file, code):
    """
    Exit status 2 and a sentence.
    """
    ended = run(*arguments, OPTOUT_FILE=file)

    assert 2 == ended.returncode
    assert code in ended.stderr + ended.stdout
    assert "Traceback" not in ended.stderr


def test_nobody_is_said_too(tmp_path):
    """
    An empty list is told in words.
    """
    assert "no entries\n" == run("list", OPTOUT_FILE=tmp_path / "none").stdout
