"""
Generates docs/readiness.md from the catalogue of readiness, ipv6matrix/data/readiness.toml.

    python -m tools.readiness
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from ipv6matrix.readiness.catalogue import RuleText, Service, Text, catalogue
from ipv6matrix.readiness.verdicts import Value

DOCUMENT: Final = Path(__file__).resolve().parents[1] / "docs" / "readiness.md"


def document() -> str:
    """Return the text of docs/readiness.md."""
    return "\n".join(_lines()).rstrip("\n") + "\n"


def _lines() -> Iterator[str]:
    read = catalogue()
    yield "# Readiness\n"
    yield read.document["introduction"]
    yield "This page is generated from `ipv6matrix/data/readiness.toml`.\n"
    yield f"## Levels\n\n{read.document['levels']}"
    yield from _table("level | name | needs", ((level.label, level.name, level.needs) for level in read.levels))
    yield f"## Verdicts\n\n{read.document['verdicts']}"
    services = ((f"`{word}`", text.title, text.asks, text.needs) for word, text in read.services.items())
    yield from _table("service | title | question | `yes` if", services)
    yield from _table("verdict | meaning", ((f"`{word}`", read.values[word]) for word in Value))
    yield f"## Comparisons\n\n{read.document['comparisons'].format(version=read.version)}"
    yield f"## Rules and advice\n\n{read.document['rules']}"
    for service, text in read.services.items():
        yield f"### {text.title}\n"
        yield from _rules(service, read.rules)
    yield "## Reasons of `unknown`\n\nThese say something about the test, not about the domain.\n"
    yield from _table("reason | text | advice", _reasons(read.unknown))


def _rules(service: Service, rules: Mapping[str, RuleText]) -> Iterator[str]:
    for rule in rules.values():
        if rule.service is service:
            words = " or ".join(f"`{metric}`" for metric in sorted(rule.basis))
            yield f"`{rule.id}`: {rule.text}" + (f"\nBasis: {words}." if words else "") + "\n"
            yield from _table("reason | text | advice", _reasons(rule.no))


def _reasons(texts: Mapping[str, Text]) -> Iterator[tuple[str, ...]]:
    for word, text in texts.items():
        yield (f"`{word}`", *(template.format(host="HOST", detail="DETAIL") for template in (text.text, text.advice)))


def _table(header: str, cells: Iterator[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {header} |"
    yield f"|{' --- |' * (header.count('|') + 1)}"
    yield from (f"| {' | '.join(row)} |" for row in cells)
    yield ""


if __name__ == "__main__":
    DOCUMENT.write_text(document())
