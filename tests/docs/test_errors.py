"""The catalogue of error codes, the sources that raise them, and the document generated from it."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest

from tests.docs.texts import PROJECT, read
from tools import troubleshooting

# A code ends a message in brackets, is passed as `code=`, or is the default of an error class.
_CODE = re.compile(r"""\[([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\]"|\bcode ?= ?"([A-Z0-9_]+)\"""")


def used(sources: Iterable[str]) -> set[str]:
    """Return the codes in some sources."""
    return {code or other for text in sources for code, other in _CODE.findall(text)}


def _sources() -> list[str]:
    return [path.read_text() for path in (PROJECT / "ipv6matrix").rglob("*.py")]


def test_every_code_is_in_the_catalogue() -> None:
    """A code in the sources has a cause and a fix."""
    assert set() == used(_sources()) - troubleshooting.codes()


def test_every_entry_is_used() -> None:
    """The catalogue contains no code that nothing raises."""
    assert set() == troubleshooting.codes() - used(_sources())


@pytest.mark.parametrize("text", ['raise E("x", code="NEW_CODE")', '"Cannot do: do not [NEW_CODE]"'])
def test_a_new_code_is_found(text: str) -> None:
    """Both ways to attach a code to a message are recognised."""
    assert {"NEW_CODE"} == used([text])


def test_the_document_is_up_to_date() -> None:
    """docs/troubleshooting.md is what `python -m tools.troubleshooting` writes."""
    assert troubleshooting.document() == read("docs/troubleshooting.md")
