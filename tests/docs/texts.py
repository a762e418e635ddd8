"""The documents as guards read them: completely, by section, by table row, by fenced block."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md")])
NAMES = [str(path.relative_to(PROJECT)) for path in DOCUMENTS]


def read(name: str) -> str:
    return (PROJECT / name).read_text("utf-8")


def sections(text: str, heading: str) -> Iterator[tuple[str, ...]]:
    """Yield the groups matched in a heading and the text up to the next heading of its level or above."""
    level = heading.index(" ")
    for match in re.finditer(rf"^{heading}$(.*?)(?=^#{{1,{level}}} |\Z)", text, re.MULTILINE | re.DOTALL):
        yield match.groups()


def rows(text: str) -> Iterator[list[str]]:
    """Yield the cells of each table row, without header and delimiter rows."""
    lines = text.splitlines()
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if line.startswith("|") and not line.startswith("| ---") and not following.startswith("| ---"):
            yield [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def fenced(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def without_code(text: str) -> str:
    return re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)


@cache
def sources() -> str:
    return "\n".join(file.read_text() for file in (PROJECT / "ipv6matrix").rglob("*.py"))


def without_fences(text: str) -> str:
    return re.sub(r"^ *```.*?^ *```$", "", text, flags=re.MULTILINE | re.DOTALL)
