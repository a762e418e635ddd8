"""Domains and networks that are never probed."""

from __future__ import annotations

import os

import pytest

from ipv6matrix.exceptions import OptOutError
from ipv6matrix.targets.optouts import OptOuts

ENTRIES = """\
\ufeff# who does not want to be measured
example.com   # by mail, 2024-01-05
Bücher.EXAMPLE.
www.partly.example
192.0.2.7
198.51.100.0/24
2001:db8:1::/48

2001:db8::5
"""


def opt_outs(folder, text=ENTRIES):
    file = folder / "optout"
    file.write_text(text, "utf-8")
    return OptOuts(file)


def rewrite(file, text, *, at):
    """Change the file as an operator does during a crawl, with another modification time."""
    file.write_text(text, "utf-8")
    os.utime(file, (at, at))


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("example.com", True),
        ("www.example.com", True),
        ("a.b.example.com", True),
        ("notexample.com", False),
        ("com", False),
        ("example.com.example", False),
        ("xn--bcher-kva.example", True),
        ("partly.example", False),
        ("www.partly.example", True),
    ],
)
def test_a_domain_covers_all_names_below_it(tmp_path, name, answer):
    """Names are compared by whole labels, in the form of the DNS."""
    assert answer is opt_outs(tmp_path).contains_name(name)


@pytest.mark.parametrize(
    ("address", "answer"),
    [
        ("192.0.2.7", True),
        ("192.0.2.8", False),
        ("198.51.100.255", True),
        ("198.51.101.0", False),
        ("2001:db8:1:ffff::1", True),
        ("2001:db8:2::1", False),
        ("2001:db8::5", True),
        ("2002:c633:6401::1", True),
        ("2001:0:c633:6401::fefe:fefe", True),
        ("2001:0:101:101::39cc:9bfe", True),
        ("2a00::5efe:192.0.2.7", True),
        ("64:ff9b::192.0.2.7", True),
        ("::ffff:192.0.2.7", True),
        ("2002:c633:6501::1", False),
    ],
)
def test_addresses_and_networks_are_covered(tmp_path, address, answer):
    """
    An entry may be an address or a network of either family; an IPv4 entry also covers IPv6 addresses that embed it.
    """
    assert answer is opt_outs(tmp_path).contains_address(address)


@pytest.mark.parametrize("text", ["no domain", "localhost", "198.51.100.0/33", "me@example.com", "https://com/"])
def test_an_invalid_line_is_reported(tmp_path, text):
    """The error has the file, the number and the text of the line."""
    with pytest.raises(OptOutError, match="OPTOUT_INVALID") as raised:
        opt_outs(tmp_path, f"example.com\n{text}\n")

    assert f"'{tmp_path}/optout' line 2: {text!r}" in raised.value.message


def test_an_opt_out_during_a_crawl_is_respected(tmp_path):
    """A changed file is read at the next check."""
    held = opt_outs(tmp_path, "a.example\n")
    rewrite(tmp_path / "optout", "a.example\nb.example\n", at=2_000_000_000)
    held.look()

    assert held.contains_name("b.example")


def test_a_replaced_file_is_detected(tmp_path):
    """A file that replaces another is read, even with the same time and size."""
    held = opt_outs(tmp_path, "a.example\n")
    rewrite(tmp_path / "optout", "a.example\n", at=2_000_000_000)
    held.look()
    rewrite(tmp_path / "other", "b.example\n", at=2_000_000_000)
    (tmp_path / "other").rename(tmp_path / "optout")
    held.look()

    assert [False, True] == [held.contains_name("a.example"), held.contains_name("b.example")]


def test_an_unchanged_file_is_not_read_again(tmp_path, monkeypatch):
    """A check of the same file reads nothing."""
    held = opt_outs(tmp_path, "a.example\n")
    monkeypatch.setattr(held, "read", lambda: pytest.fail("the file was read again"))

    held.look()


@pytest.mark.parametrize(
    "spoil", [lambda file: file.unlink(), lambda file: rewrite(file, "no domain\n", at=2_000_000_000)]
)
def test_an_invalid_change_keeps_the_previous_entries(tmp_path, caplog, spoil):
    """A file that is deleted or damaged during a crawl is reported once and lifts no opt-out."""
    held = opt_outs(tmp_path, "a.example\n")
    spoil(tmp_path / "optout")
    for _ in range(2):
        held.look()

    assert held.contains_name("a.example")
    assert 1 == len(caplog.records)
    assert "OPTOUT_INVALID" in caplog.text


def test_a_restored_file_is_read(tmp_path):
    """After a gap the entries of the new file apply."""
    held = opt_outs(tmp_path, "a.example\n")
    (tmp_path / "optout").unlink()
    held.look()
    rewrite(tmp_path / "optout", "b.example\n", at=2_000_000_000)
    held.look()

    assert [False, True] == [held.contains_name("a.example"), held.contains_name("b.example")]


MANY = "".join(f"{letter}.example\n" for letter in "abcdefghij")


@pytest.mark.parametrize(
    ("before", "after", "lifted"),
    [
        ("a.example\n", "", False),
        ("a.example\n", "# nothing but a comment\n", False),
        (MANY, "", False),
        (MANY, "a.example\n", False),
        (MANY, "b.example\n192.0.2.0/24\n", False),
        (MANY, "192.0.2.0/24\n# entries: 2\n", False),
        (MANY, "# entries: 0\n", True),
        (MANY, "b.example # entries: 1\n", False),
        (MANY, "b.example\n#entries: 1\n", True),
        (MANY, MANY.removeprefix("a.example\n"), True),
        ("a.example\nb.example\n", "b.example\n", True),
    ],
)
def test_a_sudden_loss_of_entries_is_ignored(tmp_path, caplog, before, after, lifted):
    """
    A file with less than half of the entries, or none, counts as damaged, unless it declares its number of entries.
    """
    held = opt_outs(tmp_path, before)
    rewrite(tmp_path / "optout", after, at=2_000_000_000)
    for _ in range(2):
        held.look()

    assert lifted is not held.contains_name("a.example")
    assert (0 if lifted else 1) == len(caplog.records)
    assert lifted or "OPTOUT_SHRUNK" in caplog.text


def test_new_entries_of_a_damaged_file_apply_too(tmp_path):
    """The entries of such a file are added to the previous ones."""
    held = opt_outs(tmp_path, MANY)
    rewrite(tmp_path / "optout", "new.example\n", at=2_000_000_000)
    held.look()

    assert [True, True] == [held.contains_name("new.example"), held.contains_name("j.example")]


def test_a_file_rewritten_in_place_lifts_nothing_temporarily(tmp_path):
    """It is empty for a moment; then its entries apply."""
    held = opt_outs(tmp_path, MANY)
    rewrite(tmp_path / "optout", "", at=2_000_000_000)
    held.look()
    rewrite(tmp_path / "optout", MANY.removeprefix("a.example\n"), at=2_000_000_001)
    held.look()

    assert [False, True] == [held.contains_name("a.example"), held.contains_name("b.example")]


def test_a_shared_crawl_has_further_entries(tmp_path, caplog):
    """They replace those that it had before, and a file stays in force; a list that is invalid changes nothing."""
    held = opt_outs(tmp_path, MANY)
    for lines, expected in (
        (["shared.example  # by mail"], [True, True, False]),
        (["later.example"], [True, False, True]),
        (["not a domain"], [True, False, True]),
        ([], [True, False, False]),
    ):
        held.share(lines, "postgresql://server/crawl")
        assert expected == [held.contains_name(name) for name in ("a.example", "shared.example", "later.example")]
    assert "OPTOUT_INVALID" in caplog.text


def test_a_changed_file_leaves_the_entries_of_a_shared_crawl(tmp_path):
    """Both are in force."""
    held = opt_outs(tmp_path, MANY)
    held.share(["shared.example"], "postgresql://server/crawl")
    rewrite(tmp_path / "optout", MANY + "new.example\n", at=2_000_000_000)
    held.look()

    assert [True, True] == [held.contains_name("shared.example"), held.contains_name("new.example")]
