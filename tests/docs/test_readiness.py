"""The document about readiness is what its catalogue says."""

from __future__ import annotations

from tests.docs.texts import read
from tools import readiness


def test_the_document_is_up_to_date() -> None:
    """docs/readiness.md is what `python -m tools.readiness` writes."""
    assert readiness.document() == read("docs/readiness.md")
