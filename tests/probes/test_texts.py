"""Texts from untrusted servers."""

from __future__ import annotations

import pytest

from ipv6matrix.probes.texts import MAX_CHARACTERS, cleaned, decoded


@pytest.mark.parametrize(
    "character",
    [
        *("\0", "\t", "\n", "\r", "\x1b", "\x7f", "\x85", "\x9b", "\u2028", "\u2029", "\u202e", "\u2066"),
        *("\u200f", "\u061c", "\ufeff", "\u200b", "\u2060", "\ud800", "\U000e0041"),
    ],
)
def test_a_character_that_acts_on_its_surroundings_is_replaced(character):
    """Control characters, line ends, direction marks, invisible characters and surrogates become U+FFFD."""
    assert "a\ufffdb" == cleaned(f"a{character}b")


@pytest.mark.parametrize("text", ["mail.example", "Übergrößen GmbH, Köln", "株式会社", "क्\u200dष", "\U0001f600"])
def test_an_ordinary_text_is_unchanged(text):
    """Letters of any script are unchanged, with the joiners that some need."""
    assert text == cleaned(text)


def test_a_long_text_is_cut():
    """The first MAX_CHARACTERS characters are stored."""
    assert "x" * MAX_CHARACTERS == cleaned("x" * 10_000)


@pytest.mark.parametrize(("octets", "text"), [(b"caf\xc3\xa9", "café"), (b"caf\xe9", "café"), (b"\xff\xfe", "ÿþ")])
def test_an_unnamed_encoding_is_guessed(octets, text):
    """Text that is not UTF-8 is read as Latin-1."""
    assert text == decoded(octets)
