"""The command `scrapy optout`."""

from __future__ import annotations

from functools import partial

import pytest

from tests import typed

pytestmark = pytest.mark.crawl

run = partial(typed.run, "optout")


def test_entries_are_added_and_removed(tmp_path):
    """An added entry is listed, a removed one is not."""
    file = tmp_path / "optout.txt"
    added = run("add", "example.com", "192.0.2.0/24", "--comment", "by\nmail", OPTOUT_FILE=file)
    listed = run("list", OPTOUT_FILE=file)
    removed = run("remove", "192.0.2.0/24", OPTOUT_FILE=file)

    assert (0, "example.com is opted out\n192.0.2.0/24 is opted out\n") == (added.returncode, added.stdout)
    assert (0, "example.com  # by mail\n192.0.2.0/24  # by mail\n") == (listed.returncode, listed.stdout)
    assert (0, "192.0.2.0/24 is taken out\n") == (removed.returncode, removed.stdout)
    assert "example.com  # by mail\n" == file.read_text()


def test_an_invalid_entry_is_reported(tmp_path):
    """Exit status 1, the error on standard error, and no file."""
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
def test_invalid_arguments_are_reported(arguments, file, code):
    """Exit status 2 and an error message."""
    ended = run(*arguments, OPTOUT_FILE=file)

    assert 2 == ended.returncode
    assert code in ended.stderr + ended.stdout
    assert "Traceback" not in ended.stderr


def test_an_empty_list_is_reported(tmp_path):
    """The output says that there are no entries."""
    assert "no entries\n" == run("list", OPTOUT_FILE=tmp_path / "none").stdout
