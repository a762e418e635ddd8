"""
docs/questions.md gives examples that are questions.
"""

from __future__ import annotations

from collections.abc import Iterable

from ipv6matrix import urls
from tests.docs.texts import fenced, read


def test_examples_of_questions_are_questions() -> None:
    """
    Every URL of docs/questions.md can be taken apart, and every scheme has one.
    """
    found_urls = fenced(read("docs/questions.md"), "urls")

    assert [] == bad_urls(found_urls)
    assert set(urls.SLOTS) == {urls.parse(url.split()[0]).scheme for block in found_urls for url in block.splitlines()}


def test_a_wrong_question_is_found() -> None:
    """
    A URL that asks nothing is a complaint.
    """
    assert ["tcp://192.0.2.1"] == bad_urls(["ping://192.0.2.1\ntcp://192.0.2.1\n"])


def bad_urls(blocks: Iterable[str]) -> list[str]:
    """Give the URLs that ask nothing."""
    return [
        url for block in blocks for url in (line.split()[0] for line in block.splitlines()) if not _is_question(url)
    ]


def _is_question(url: str) -> bool:
    try:
        urls.parse(url)
    except urls.InvalidUrlError:
        return False
    return True
