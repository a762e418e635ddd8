"""Decisions are numbered, complete and listed."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.docs.texts import PROJECT, read


def test_decisions_are_numbered_and_complete() -> None:
    """Decisions are numbered without a gap, have context, decision and consequences, and are listed."""
    files = sorted((PROJECT / "docs/decisions").glob("0*.md"))

    assert [] == decision_complaints({file.name: file.read_text() for file in files}, read("docs/decisions/README.md"))


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("0002-second.md", "# 0002 Second", "0002-second.md has number 2, expected 1"),
        ("0001-first.md", "# 0001 First\n\n## Context\n\n## Decision\n", "0001-first.md has no Consequences"),
        ("0001-first.md", "x\n" * 61, "0001-first.md is longer than a page"),
        ("0001-other.md", "# 0001 Other", "0001-other.md is not listed"),
    ],
)
def test_a_faulty_decision_is_found(name: str, text: str, complaint: str) -> None:
    """A gap in the numbers, a missing part, a long text and an unlisted file are reported."""
    assert complaint in decision_complaints({name: text}, "[first](0001-first.md) [second](0002-second.md)")


def decision_complaints(files: Mapping[str, str], index: str) -> list[str]:
    """Check numbers, parts, length and index of the decisions."""
    complaints = []
    for expected, (name, text) in enumerate(sorted(files.items()), start=1):
        if int(name[:4]) != expected:
            complaints.append(f"{name} has number {int(name[:4])}, expected {expected}")
        complaints += [
            f"{name} has no {part}" for part in ("Context", "Decision", "Consequences") if f"\n## {part}\n" not in text
        ]
        if len(text.splitlines()) > 60:
            complaints.append(f"{name} is longer than a page")
        if f"({name})" not in index:
            complaints.append(f"{name} is not listed")
    return complaints
