"""
The examples of docs/questions.md are valid URLs.
"""

from __future__ import annotations

from collections.abc import Iterable

from ipv6matrix import urls
from tests.docs.texts import fenced, read


def test_example_urls_are_valid() -> None:
    """
    Every URL of docs/questions.md can be parsed, and every scheme has one.
    """
    found_urls = fenced(read("docs/questions.md"), "urls")

    assert [] == bad_urls(found_urls)
    assert set(urls.SLOTS) == {urls.parse(url.split()[0]).scheme for block in found_urls for url in block.splitlines()}


def test_an_invalid_url_is_found() -> None:
    """
    A URL that requests nothing is reported.
    """
    assert ["tcp://192.0.2.1"] == bad_urls(["ping://192.0.2.1\ntcp://192.0.2.1\n"])


def bad_urls(blocks: Iterable[str]) -> list[str]:
    """Return the URLs that request nothing."""
    return [
        url for block in blocks for url in (line.split()[0] for line in block.splitlines()) if not _is_question(url)
    ]


def _is_question(url: str) -> bool:
    try:
        urls.parse(url)
    except urls.InvalidUrlError:
        return False
    return True
