"""
Generates docs/troubleshooting.md from the catalogue of error codes, ipv6matrix/data/errors.toml.

    python -m tools.troubleshooting
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
CATALOGUE: Final = ROOT / "ipv6matrix" / "data" / "errors.toml"
DOCUMENT: Final = ROOT / "docs" / "troubleshooting.md"


def catalogue() -> list[dict[str, Any]]:
    """Return the sections of the catalogue, each with its `errors`."""
    sections: list[dict[str, Any]] = tomllib.loads(CATALOGUE.read_text())["section"]
    return sections


def codes() -> set[str]:
    """Return every code of the catalogue."""
    return {code for section in catalogue() for code in section["errors"]}


def document() -> str:
    """Return the text of docs/troubleshooting.md."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# Troubleshooting"
    yield ""
    yield "Every error that a user can cause has a stable code, printed in brackets at the end of its message."
    yield "The message names the input and the fix; this page has the cause and the fix for each code."
    yield "It is generated from `ipv6matrix/data/errors.toml`."
    yield ""
    yield "To find warnings and errors in the log of a crawl:"
    yield ""
    yield "    grep -E 'WARNING|ERROR' crawls/crawl.log"
    yield ""
    yield "[operating.md](operating.md#symptoms-without-an-error) has symptoms that come without an error."
    yield ""
    yield "| exit status of a crawl | what to do |"
    yield "| --- | --- |"
    yield '| 0 | Nothing: the crawl has finished, and the log ends with "Results: …". |'
    yield "| 1 | Fix what the last ERROR names, if there is one, and rerun the same command: the crawl resumes. |"
    yield "| 2 | Fix the [setting or argument](#settings-and-arguments); nothing was opened. |"
    yield "| 3 | Nothing for the results: the crawl has finished, but its log is incomplete. |"
    for section in catalogue():
        yield ""
        yield f"## {section['title']}"
        yield ""
        # One sentence per line, as in all documents.
        yield section["text"].replace(". ", ".\n")
        yield ""
        yield "| code | cause | fix |"
        yield "| --- | --- | --- |"
        for code, entry in section["errors"].items():
            yield f"| {code} | {entry['cause']} | {entry['fix']} |"


if __name__ == "__main__":
    DOCUMENT.write_text(document())
