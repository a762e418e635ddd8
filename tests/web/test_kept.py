"""Answers that are kept in memory."""

from __future__ import annotations

from ipv6matrix.web.codings import Coded
from ipv6matrix.web.kept import KeptAnswers


def test_what_is_kept_is_given_back():
    """
    By its key, and nothing by another.
    """
    kept = KeptAnswers()
    kept.put(("tag", "gzip"), Coded(b"body"))

    assert (Coded(b"body"), None) == (kept.get(("tag", "gzip")), kept.get(("tag", "")))


def test_what_was_asked_for_longest_ago_goes_first():
    """
    To ask is to keep longer; so is to put it anew.
    """
    kept = KeptAnswers(12)
    for key in ("a", "b", "c", "d"):
        kept.put(key, Coded(b"123"))
    kept.get("a")
    kept.put("b", Coded(b"456"))
    kept.put("e", Coded(b"123"))
    kept.put("f", Coded(b"123"))

    there = {key for key in "abcdef" if kept.get(key)}

    assert set("abef") == there
    assert Coded(b"456") == kept.get("b")


def test_one_giant_does_not_push_all_others_out():
    """
    More than a quarter of the room is not kept, and what is there stays.
    """
    kept = KeptAnswers(12)
    kept.put("a", Coded(b"123"))
    kept.put("giant", Coded(b"1234"))

    assert (Coded(b"123"), None) == (kept.get("a"), kept.get("giant"))


def test_without_room_nothing_is_kept():
    """
    A cache of no octets is off.
    """
    kept = KeptAnswers(0)
    kept.put("a", Coded(b"1"))

    assert kept.get("a") is None
