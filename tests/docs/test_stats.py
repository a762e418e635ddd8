"""docs/stats.md has every stat that the package sets."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from functools import cache

import pytest

from tests.docs.texts import PROJECT, read, rows, sections


def test_stats_are_documented() -> None:
    """docs/stats.md has every stat that the package sets."""
    assert [] == stat_complaints(read("docs/stats.md"), _stats_of_the_package())


@pytest.mark.parametrize(
    ("old", "new"), [("| `list/known` |", "| `list/unknown` |"), ("| `stored/<item>` |", "| stored |")]
)
def test_a_wrong_stat_is_found(old: str, new: str) -> None:
    """A stat that is not set, or not documented, is reported."""
    text = read("docs/stats.md")
    assert old in text

    assert stat_complaints(text.replace(old, new), _stats_of_the_package())


def test_stats_are_read_from_the_source() -> None:
    """Literal and constructed names are found; a name that cannot be read is an error."""
    assert {"a/b", "refused/*"} == set(
        stats_of("stats.inc_value('a/b')\nself._stats.set_value(f'refused/{reason}', 1)")
    )
    with pytest.raises(ValueError, match="line 1"):
        list(stats_of("stats.inc_value(name)"))


def stat_complaints(text: str, stats: Iterable[str]) -> list[str]:
    """Compare the stats of the first section with those that are set."""
    (ours,) = sections(text, r"## Stats of this project")
    documented = {re.sub(r"<[^>]+>", "*", cells[0].strip("`")) for cells in rows(ours[-1]) if cells[0].startswith("`")}
    complaints = [
        f"{name}: not documented" for name in sorted(stats) if not any(fnmatch(name, pattern) for pattern in documented)
    ]
    return complaints + [f"{name}: nobody sets it" for name in sorted(documented - set(stats))]


def stats_of(source: str) -> Iterator[str]:
    """Yield the names of the stats that a source sets; `*` stands for parts known only at run time."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _SETTERS:
            yield _stat_name(node.args[0])


_SETTERS = ("inc_value", "set_value", "max_value", "min_value")


def _stat_name(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in node.values)
    raise ValueError(f"the name of a stat cannot be read in line {node.lineno}: write it out")


@cache
def _stats_of_the_package() -> set[str]:
    return {name for file in (PROJECT / "ipv6matrix").rglob("*.py") for name in stats_of(file.read_text())}
