"""Changes to an opt-out file."""

from __future__ import annotations

import threading

import pytest

from ipv6matrix.exceptions import OptOutError
from ipv6matrix.targets.optout_file import OptOutFile
from ipv6matrix.targets.optouts import OptOuts

TEXT = """\
# who does not want to be measured

example.com   # by mail, 2024-01-05
198.51.100.0/24
2001:db8:1::/48
"""


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "optout.txt"
    file.write_text(TEXT)
    return file


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("example.net", "example.net"),
        ("WWW.Bücher.example.", "www.xn--bcher-kva.example"),
        ("192.0.2.7", "192.0.2.7"),
        ("192.0.2.7/24", "192.0.2.0/24"),
        ("2001:DB8:2:0::/48", "2001:db8:2::/48"),
        ("198.51.0.0/16", "198.51.0.0/16"),
        ("notexample.com", "notexample.com"),
        ("https://www.Example.net:8443/opt-out?a=1", "www.example.net"),
        ("example.net/", "example.net"),
        ("http://192.0.2.7/", "192.0.2.7"),
        ("https://[2001:DB8:2::7]/", "2001:db8:2::7"),
        ("[2001:db8:2::7]", "2001:db8:2::7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::7%eth0", "fe80::7"),
    ],
)
def test_an_entry_is_added_at_the_end(path, text, line):
    """It is written in canonical form, and the rest of the file is unchanged."""
    assert [f"{line} is opted out"] == OptOutFile(path).add([text])
    assert f"{TEXT}{line}\n" == path.read_text()


def test_an_entry_may_have_a_comment(path):
    """The comment, with reason and date, follows the entry."""
    OptOutFile(path).add(["example.net", "192.0.2.7"], "by mail, 2026-11-01")

    assert path.read_text().endswith("example.net  # by mail, 2026-11-01\n192.0.2.7  # by mail, 2026-11-01\n")


@pytest.mark.parametrize(
    ("text", "cover"),
    [
        ("example.com", "example.com"),
        ("www.example.com", "example.com"),
        ("198.51.100.7", "198.51.100.0/24"),
        ("198.51.100.128/25", "198.51.100.0/24"),
        ("2001:db8:1:2::1", "2001:db8:1::/48"),
    ],
)
def test_a_covered_entry_is_not_added(path, text, cover):
    """The error names the broader entry, and the file is unchanged."""
    assert [f"{text} is covered already, by {cover}"] == OptOutFile(path).add([text])
    assert path.read_text() == TEXT


def test_entries_of_one_command_may_cover_one_another(path):
    """An entry that the first one covers is not written."""
    messages = OptOutFile(path).add(["example.net", "www.example.net"])

    assert ["example.net is opted out", "www.example.net is covered already, by example.net"] == messages


@pytest.mark.parametrize("text", ["com", "", "no domain", "me@example.com", "198.51.100.0/33", "1.2.3", "a\nb.c"])
def test_an_invalid_entry_changes_nothing(path, text):
    """One invalid entry rejects the whole command, before anything is written."""
    with pytest.raises(OptOutError, match="OPTOUT_INVALID") as raised:
        OptOutFile(path).add(["example.net", text])

    assert repr(text) in raised.value.message
    assert path.read_text() == TEXT


@pytest.mark.parametrize(("text", "line"), [("EXAMPLE.com", "example.com   #"), ("198.51.100.9/24", "198.51.100.0/24")])
def test_an_entry_is_removed_with_its_comment(path, text, line):
    """Spelling does not matter; other lines stay."""
    assert [f"{text} is taken out"] == OptOutFile(path).remove([text])
    assert [entry for entry in TEXT.splitlines() if not entry.startswith(line)] == path.read_text().splitlines()


def test_a_missing_entry_cannot_be_removed(path):
    """The error names the broader entry that covers it."""
    assert ["example.net is not listed"] == OptOutFile(path).remove(["example.net"])
    assert ["www.example.com is not listed, but stays opted out by example.com"] == OptOutFile(path).remove(
        ["www.example.com"]
    )
    assert path.read_text() == TEXT


def test_an_entry_covered_by_another_stays_opted_out(path):
    """The user is told if removing an entry has no effect."""
    path.write_text("www.example.com\nexample.com\n")

    assert ["www.example.com is taken out, but stays opted out by example.com"] == OptOutFile(path).remove(
        ["www.example.com"]
    )


def test_entries_are_listed_with_their_comments(path, tmp_path):
    """Comment lines and blank lines are not entries; a missing file has none."""
    assert ["example.com   # by mail, 2024-01-05", "198.51.100.0/24", "2001:db8:1::/48"] == OptOutFile(path).entries()
    assert [] == OptOutFile(tmp_path / "none").entries()


def test_a_missing_file_is_created(tmp_path):
    """Its folder is created too."""
    OptOutFile(tmp_path / "new/optout.txt").add(["example.com"])

    assert "example.com\n" == (tmp_path / "new/optout.txt").read_text()


def test_a_file_that_a_crawl_would_reject_is_reported(path):
    """Nothing is added to a file that crawls cannot read."""
    path.write_text("example.com\nno domain\n")

    with pytest.raises(OptOutError, match=r"line 2: 'no domain'.*\[OPTOUT_INVALID\]"):
        OptOutFile(path).add(["example.net"])


@pytest.mark.parametrize("content", [None, b"b\xfccher.example\n"])
def test_an_unreadable_file_is_reported(path, content):
    """The error names a folder or a file without text."""
    path.unlink()
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)

    with pytest.raises(OptOutError, match=r"'.*optout.txt' .*\[OPTOUT_INVALID\]"):
        OptOutFile(path).add(["example.net"])


def test_an_unwritable_file_is_reported(tmp_path):
    """The error names the file."""
    (tmp_path / "file").write_text("")

    with pytest.raises(OptOutError, match=r"'.*/file/optout.txt'.*\[OUTPUT_NOT_WRITABLE\]"):
        OptOutFile(tmp_path / "file/optout.txt").add(["example.com"])


def test_permissions_and_links_stay(path, tmp_path):
    """A symbolic link still points to the file, and the file keeps its mode."""
    path.chmod(0o640)
    (tmp_path / "link").symlink_to(path)
    OptOutFile(tmp_path / "link").add(["example.net"])

    assert (tmp_path / "link").is_symlink()
    assert 0o640 == path.stat().st_mode & 0o777
    assert path.read_text().endswith("example.net\n")


def test_a_crawl_reads_a_complete_file(path):
    """It sees either the old file or the new one."""
    held = OptOuts(path)
    OptOutFile(path).add(["example.net"])
    held.look()

    assert held.contains_name("www.example.net")
    assert ["optout.txt"] == [file.name for file in path.parent.iterdir()]


def test_concurrent_changes_are_not_lost(path):
    """Changes wait for one another."""
    threads = [threading.Thread(target=OptOutFile(path).add, args=([f"{number}.example.net"],)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 23 == len(OptOutFile(path).entries())


def test_a_crawl_accepts_a_file_emptied_by_the_command(path):
    """Removed entries are lifted, however few are left; the file declares its number of entries."""
    held = OptOuts(path)
    OptOutFile(path).remove(["example.com", "198.51.100.0/24", "2001:db8:1::/48"])
    held.look()

    assert not held.contains_name("example.com")
    assert path.read_text().endswith("\n# entries: 0\n")


def test_an_outdated_number_of_entries_is_removed(path):
    """It is written only if a crawl needs it."""
    OptOutFile(path).remove(["example.com", "198.51.100.0/24", "2001:db8:1::/48"])
    OptOutFile(path).add(["example.net"])

    assert "entries" not in path.read_text()
