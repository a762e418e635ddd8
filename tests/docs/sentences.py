"""
The sentences that the package can say, as its sources have them; "…" stands for what varies.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

# Errors whose first argument is told to whoever gave a command.
ERRORS = {
    "DownloadError",
    "ExportError",
    "GeoIpError",
    "ImportRefusedError",
    "ListError",
    "NameserverError",
    "OptOutError",
    "OutdatedError",
    "StartRefusedError",
    "StoreError",
    "UsageError",
}
# What a component says in the log, or through a method of its own that does.
TELLERS = {"warning", "error", "exception", "_missing", "_refused", "_stop"}
# Modules whose functions return sentences: checks of settings, tools and permissions.
RETURNING = ("options.py", "probes/icmp.py", "probes/mtr.py")


def quotable(source: str) -> Iterator[str]:
    """Give every text of a source."""
    for node in ast.walk(ast.parse(source)):
        if (text := _text(node)) is not None:
            yield text


def told(source: str, *, returns: bool = False) -> Iterator[str]:
    """Give the sentences that a source tells a user; with `returns` those that its functions return as well."""
    tree = ast.parse(source)
    constants = _assigned(tree.body)
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)):
        names = constants | _assigned(ast.walk(function))
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and node.args and _name(node.func) in ERRORS | TELLERS:
                yield from _sentences(node.args[0], names)
            if returns and isinstance(node, ast.Return) and node.value:
                yield from _sentences(node.value, names)


def _sentences(node: ast.expr, names: dict[str, str]) -> Iterator[str]:
    """Give the sentences that an expression may be; one without words of its own only hands others on."""
    if isinstance(node, ast.IfExp):
        yield from _sentences(node.body, names)
        yield from _sentences(node.orelse, names)
    text = names.get(node.id) if isinstance(node, ast.Name) else _text(node)
    if text and re.search(r"\w ?\w", text):
        yield text


def _assigned(nodes: object) -> dict[str, str]:
    """Give the names that stand for a text."""
    found = {}
    for node in nodes:  # type: ignore[attr-defined]
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        text = _text(node.value) if isinstance(node, ast.Assign | ast.AnnAssign) and node.value else None
        if isinstance(target, ast.Name) and text is not None:
            found[target.id] = text
    return found


def _text(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        parts = re.sub(r"%[-.\w]*?[sdrf]", "…", node.value)
    elif isinstance(node, ast.JoinedStr):
        parts = "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
    else:
        return None
    return re.sub("…+", "…", parts)


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
