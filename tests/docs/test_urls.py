"""The examples in docs/urls.md are valid request URLs."""

from __future__ import annotations

from collections.abc import Iterable

from ipv6matrix import urls
from ipv6matrix.measurements import REGISTRY
from tests.docs.texts import fenced, read


def test_examples_of_urls_are_valid() -> None:
    """Every URL in docs/urls.md can be parsed, and every scheme has an example."""
    blocks = fenced(read("docs/urls.md"), "urls")

    assert [] == invalid_urls(blocks)
    assert {*REGISTRY.schemes} == {url.partition(":")[0] for block in blocks for url in block.splitlines()}


def test_an_invalid_url_is_found() -> None:
    """A URL that requests nothing is a complaint."""
    assert ["tcp://192.0.2.1"] == invalid_urls(["ping://192.0.2.1\ntcp://192.0.2.1\n"])


def invalid_urls(blocks: Iterable[str]) -> list[str]:
    """Return the URLs that cannot be parsed."""
    lines = [line.split()[0] for block in blocks for line in block.splitlines()]
    return [url for url in lines if not _is_valid(url)]


def _is_valid(url: str) -> bool:
    try:
        urls.parse(url)
    except urls.InvalidUrlError:
        return False
    return True
